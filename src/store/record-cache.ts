/**
 * A bounded cache of opened records. Every hit is to be checked against its revision. When it is full it drops the
 * oldest entry that was not asked for since it was last passed over: nearly what was not asked for longest, and a hit
 * costs no more than a mark.
 */

export interface Cached {
  /** How many bytes it is reckoned to take. */
  readonly weight: number;
}

interface Entry<T> {
  readonly record: T;
  wanted: boolean;
}

export class RecordCache<T extends Cached> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #capacity: number;
  #weight = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(kind: string, id: string): T | undefined {
    const entry = this.#entries.get(keyOf(kind, id));
    if (entry === undefined) return undefined;
    entry.wanted = true;
    return entry.record;
  }

  set(kind: string, id: string, record: T): void {
    this.delete(kind, id);
    if (record.weight > this.#capacity) return;
    this.#entries.set(keyOf(kind, id), { record, wanted: false });
    this.#weight += record.weight;
    // A Map remembers the order of insertion, and goes on to what is inserted meanwhile.
    for (const [key, entry] of this.#entries) {
      if (this.#weight <= this.#capacity) break;
      this.#entries.delete(key);
      if (entry.wanted) this.#entries.set(key, { ...entry, wanted: false });
      else this.#weight -= entry.record.weight;
    }
  }

  delete(kind: string, id: string): void {
    const key = keyOf(kind, id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.record.weight;
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }
}

/** Kinds hold no NUL. */
function keyOf(kind: string, id: string): string {
  return `${kind}\0${id}`;
}
