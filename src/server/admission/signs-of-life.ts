/**
 * Which servers of a store are alive: each has a record that it changes again and again. A change is the sign, not the
 * time of one, since the clocks of machines differ. A server that ends in order takes its record away.
 */
import { randomUUID } from 'node:crypto';
import { ConflictError, DamagedRecordError, succeeds } from '#store/engines/engine';
import { create, remove, update, type Store } from '#store/store';
import { usageWriterKind } from '#repository/usage-record';

export interface SignsOfLifeOptions {
  readonly store: Store;
  /** Milliseconds after which a server that gave no sign is gone. */
  readonly gone: number;
  /** Another server ended, and not in order. Of several that notice it one alone is called. */
  readonly onGone: () => void;
}

export class SignsOfLife {
  readonly #options: SignsOfLifeOptions;
  /** Of other servers: which sign was seen last, and when. */
  readonly #others = new Map<string, { readonly revision: number; readonly since: number }>();
  #own = randomUUID();

  constructor(options: SignsOfLifeOptions) {
    this.#options = options;
  }

  /** Gives one, and looks at those of others. */
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
    // Others may have thought this process gone.
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
        // A damaged one stays, and is named by `store check`.
        if (error instanceof DamagedRecordError) return;
        if (!(error instanceof ConflictError)) throw error;
      }
    }
  }
}
