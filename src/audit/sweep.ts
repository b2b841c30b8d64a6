/** Removes from the store the records of changes that are on disk in a file, in batches and in the background. */
import { ConflictError } from '#store/engine';
import type { Store, StoreChange } from '#store/store';
import { pendingKind } from './pending.ts';
import type { Leftover } from './recover.ts';

/** Of one commit: small enough to delay nobody for long. */
const BATCH = 500;

export class Sweep {
  readonly #store: Store;
  #waiting: Leftover[] = [];
  #running: Promise<void> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  add(leftovers: readonly Leftover[]): void {
    for (const leftover of leftovers) this.#waiting.push(leftover);
  }

  /** Rejects when the store does; what is left is removed at the next call. */
  run(): Promise<void> {
    this.#running ??= this.#removeAll().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #removeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      await this.#remove(batch.map(({ id, revision }) => ({ kind: pendingKind, id, revision, removed: true })));
      this.#waiting.splice(0, batch.length);
    }
  }

  async #remove(changes: readonly StoreChange[]): Promise<void> {
    try {
      await this.#store.commit(changes);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // One is not there, as after a commit that seemed to succeed or that another process swept. The others still are.
      if (changes.length > 1) for (const change of changes) await this.#remove([change]);
    }
  }
}
