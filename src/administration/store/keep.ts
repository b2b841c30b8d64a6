/** Maintenance of the store: whether it is intact, and the keys that seal it. */
import { resolve } from 'node:path';

import { checkClients } from '#access/check-clients';
import { recordKinds } from '#administration/record-kinds';
import { rootKeyPath } from '#administration/places';
import { defineUseCase } from '#administration/use-case';
import { OperatorError } from '#operator-error';
import { checkStore, type Finding } from '#store/check-store';
import { changeRootKey } from '#store/seal/change-root-key';
import { passphraseFile } from '#store/seal/passphrase';
import { rootKeyFile } from '#store/seal/root-key-file';
import { rotateDataKey } from '#store/seal/rotate-data-key';

export interface StoreCheck {
  /** What is damaged or missing, while the store is read. */
  readonly findings: AsyncIterable<Finding>;
  /** The number of records that were read so far. */
  records(): number;
}

/** Writes the index entries of records that can be read when it is to repair; nothing else can be mended. */
export const checkWholeStore = defineUseCase({
  name: 'store check',
  effect: 'changes',
  run({ repair = false }: { readonly repair?: boolean }, { engine, rootKey, log, store }): StoreCheck {
    let records = 0;
    async function* findings(): AsyncGenerator<Finding> {
      const options = { engine, rootKey, log, kinds: recordKinds, repair };
      yield* checkStore({ ...options, progress: (count) => (records = count) });
      yield* checkClients(store);
    }
    return { findings: findings(), records: () => records };
  },
});

/** One of the two; with neither, the file of the root key is replaced. */
export interface NewRootKeyPlace {
  readonly rootKeyFile?: string;
  readonly passphraseFile?: string;
}

export interface ChangedRootKey {
  /** The path of the new root key, or of its passphrase. */
  readonly path: string;
  readonly setting: 'root-key-file' | 'passphrase-file';
  /** Whether the settings name that path already. */
  readonly isInPlace: boolean;
}

export const replaceRootKey = defineUseCase({
  name: 'root-key change',
  effect: 'changes',
  async run(to: NewRootKeyPlace, { config, engine, log, rootKey }): Promise<ChangedRootKey> {
    if (to.rootKeyFile !== undefined && to.passphraseFile !== undefined) {
      throw new OperatorError('a new root key comes from a file or from a passphrase, not from both');
    }
    const place = to.passphraseFile ?? to.rootKeyFile;
    const path = place === undefined ? rootKeyPath(config) : resolve(place);
    const source = to.passphraseFile === undefined ? rootKeyFile(path, { log }) : passphraseFile(path);
    await changeRootKey({ engine, from: rootKey, to: source });
    const isInPlace = to.passphraseFile === undefined && path === rootKeyPath(config);
    return { path, setting: to.passphraseFile === undefined ? 'root-key-file' : 'passphrase-file', isInPlace };
  },
});

/** Runs while it is iterated, to the end. After an interruption the next run continues where it stopped. */
export const replaceDataKey = defineUseCase({
  name: 'data-key rotate',
  effect: 'changes',
  run: (_: void, { engine, rootKey, log }) => rotateDataKey({ engine, rootKey, log }),
});
