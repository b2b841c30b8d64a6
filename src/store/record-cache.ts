/** A bounded cache of opened records, which drops what was not asked for longest. Every hit is to be checked against its revision. */

export interface Cached {
  /** How many bytes it is reckoned to take. */
  readonly weight: number;
}

export class RecordCache<T extends Cached> {
  readonly #entries = new Map<string, T>();
  readonly #capacity: number;
  #weight = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(kind: string, id: string): T | undefined {
    const key = keyOf(kind, id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // A Map remembers the order of insertion: the first is the one to drop.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(kind: string, id: string, entry: T): void {
    this.delete(kind, id);
    if (entry.weight > this.#capacity) return;
    this.#entries.set(keyOf(kind, id), entry);
    this.#weight += entry.weight;
    for (const [key, { weight }] of this.#entries) {
      if (this.#weight <= this.#capacity) break;
      this.#entries.delete(key);
      this.#weight -= weight;
    }
  }

  delete(kind: string, id: string): void {
    const key = keyOf(kind, id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
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
