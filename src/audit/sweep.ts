/** Removes from the store the records of changes that are on disk in a file, in batches and in the background. */
import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import type { Store } from '#store/store';
import { pendingKind } from './pending.ts';
import type { Leftover } from './pending.ts';

/** The maximum of one commit: small enough to delay no other work for long. */
const entriesPerCommit = 500;

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

  /** Rejects with the error of the store; the next call removes the rest. */
  run(): Promise<void> {
    this.#running ??= this.#removeAll().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #removeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, entriesPerCommit);
      await this.#remove(batch);
      this.#waiting.splice(0, batch.length);
    }
  }

  async #remove(batch: readonly Leftover[]): Promise<void> {
    try {
      await this.#store.commit(batch.map(({ id, revision }) => ({ kind: pendingKind, id, revision, removed: true })));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      for (const { id } of batch) await this.#removeOne(id);
    }
  }

  /** Not there when its commit had failed or another process was first; of a higher revision after a change of keys. */
  async #removeOne(id: string): Promise<void> {
    const revision = await this.#revisionOf(id);
    if (revision === undefined) return;
    try {
      await this.#store.commit([{ kind: pendingKind, id, revision, removed: true }]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      await this.#removeOne(id);
    }
  }

  async #revisionOf(id: string): Promise<number | undefined> {
    try {
      return (await this.#store.get(pendingKind, id))?.revision;
    } catch (error) {
      // What it says is on disk in a file: it may go unread.
      if (error instanceof DamagedRecordError) return error.revision;
      throw error;
    }
  }
}
