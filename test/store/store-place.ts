/** A store and the directory of its root key file, for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '#store/engine';
import { jsonKind } from '#store/json-kind';
import { openLmdb } from '#store/lmdb';
import { openStore } from '#store/open-store';
import type { StoreOptions } from '#store/open-store';
import { rootKeyFile } from '#store/root-key-file';
import type { Store } from '#store/store';

export interface StorePlace {
  readonly directory: string;
  readonly keyFile: string;
  openEngine(): Promise<Engine>;
  open(options?: Partial<StoreOptions>): Promise<Store>;
  /** Closes what was opened here. */
  remove(): Promise<void>;
}

/** On LMDB in the directory, unless `openAnother` opens an engine elsewhere. */
export async function makeStorePlace(openAnother?: () => Promise<Engine>): Promise<StorePlace> {
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-store-'));
  const keyFile = join(directory, 'root.key');
  const opened: { close(): Promise<void> }[] = [];

  async function openEngine(): Promise<Engine> {
    const engine = await (openAnother?.() ?? openLmdb(join(directory, 'store')));
    opened.push(engine);
    return engine;
  }

  return {
    directory,
    keyFile,
    openEngine,
    async open(options) {
      const engine = options?.engine ?? (await openEngine());
      const store = await openStore({ rootKey: rootKeyFile(keyFile), ...options, engine });
      opened.push(store);
      return store;
    },
    async remove() {
      // Engines last, since stores close theirs.
      for (const one of opened.reverse()) await one.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface Note {
  readonly title: string;
  readonly pages: number;
}

export const note = jsonKind<Note>('note', ({ title }, term) => [term('title', title)]);
