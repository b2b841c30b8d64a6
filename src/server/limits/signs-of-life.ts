/**
 * Which servers of a store are alive: each has a record that it changes at intervals. The change is the sign, not the
 * time in it, because the clocks of machines differ. A server that ends in order removes its record.
 */
import { randomUUID } from 'node:crypto';
import { ConflictError, DamagedRecordError, succeeds } from '#store/engines/engine';
import { create, remove, update, type Store } from '#store/store';
import { usageWriterKind } from '#repository/usage-record';

export interface SignsOfLifeOptions {
  readonly store: Store;
  /** Milliseconds without a change after which a server counts as dead. */
  readonly gone: number;
  /** Called when another server has died. When several servers notice it, only one is called. */
  readonly onGone: () => void;
}

export class SignsOfLife {
  readonly #options: SignsOfLifeOptions;
  /** The last sign of each other server, and when it was seen. */
  readonly #others = new Map<string, { readonly revision: number; readonly since: number }>();
  #own = randomUUID();

  constructor(options: SignsOfLifeOptions) {
    this.#options = options;
  }

  /** Changes this server's record, and reads those of the others. */
  async beat(): Promise<void> {
    const { store, gone, onGone } = this.#options;
    const seen = performance.now();
    let isThere = false;
    for await (const kept of store.find(usageWriterKind, { terms: [] })) {
      if (kept.id === this.#own) {
        isThere = true;
        await succeeds(store.commit([update(kept, {})]));
        continue;
      }
      const before = this.#others.get(kept.id);
      if (before?.revision !== kept.revision) this.#others.set(kept.id, { revision: kept.revision, since: seen });
      else if (seen - before.since >= gone && (await succeeds(store.commit([remove(kept)])))) {
        this.#others.delete(kept.id);
        onGone();
      }
    }
    if (isThere) return;
    // Other servers may have taken this process for dead.
    this.#own = randomUUID();
    await store.commit([create(usageWriterKind, this.#own, {})]);
  }

  /** This server ends in order. */
  async end(): Promise<void> {
    const { store } = this.#options;
    for (;;) {
      try {
        const kept = await store.get(usageWriterKind, this.#own);
        if (kept === undefined) return;
        return await store.commit([remove(kept)]);
      } catch (error) {
        // A damaged record stays; `store check` names it.
        if (error instanceof DamagedRecordError) return;
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }
}
