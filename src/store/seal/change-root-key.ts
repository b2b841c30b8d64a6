/**
 * Changes the root key. The whole keyring lies in the root record, so one compare-and-set decides on every engine:
 * before it the old root key opens everything, after it the new one. Both are on the disk at that moment
 * (root-key-file.ts). Servers that run go on with the keys that they hold, and ask their source for the new root key
 * when they need it.
 */
import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { succeeds } from '#store/engines/engine';
import type { Engine } from '#store/engines/engine';
import { OperatorError } from '#operator-error';
import { unlock, wrappingOf } from './open-root.ts';
import { lockFor } from './root-key.ts';
import type { RandomBytes, RootKeySource } from './root-key.ts';
import { makeRootRecord, readRootRecord, wrappingKey } from './root-record.ts';
import type { Lock } from './root-record.ts';
import { nonceLength } from './seal.ts';

export interface RootKeyChange {
  readonly engine: Engine;
  readonly from: RootKeySource;
  /** May be the same file as `from`: it is replaced. */
  readonly to: RootKeySource;
  readonly randomBytes?: RandomBytes;
}

/** 'already' when the store is locked with the key of `to`: an earlier run got so far. Throws OperatorError. */
export async function changeRootKey(change: RootKeyChange): Promise<'changed' | 'already'> {
  const { engine, from, to, randomBytes = nodeRandomBytes } = change;
  for (;;) {
    const root = await readRootRecord(engine);
    if (root === undefined) throw new OperatorError('the store has no root key yet', 'start kmipd on it first');
    const wrapping = await wrappingOf(root.lock, from).catch(async (error: unknown) => {
      if (await opens(to, root.lock)) return undefined;
      throw error;
    });
    if (wrapping === undefined) return 'already';
    const { keys } = unlock(root, wrapping);
    const made = await to.make(root.lock);
    const record = makeRootRecord(
      wrappingKey(made.key),
      lockFor(made),
      keys,
      root.revision + 1,
      randomBytes(nonceLength),
    );
    made.key.fill(0);
    // When a data key was made meanwhile, all over again.
    if (!(await succeeds(engine.commit([{ put: record }])))) continue;
    await made.settle?.();
    return 'changed';
  }
}

async function opens(source: RootKeySource, lock: Lock): Promise<boolean> {
  try {
    (await source.open(lock)).fill(0);
    return true;
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
}
