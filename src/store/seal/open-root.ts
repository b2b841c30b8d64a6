/** Opens the root record; makes it first in a new store. */
import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { succeeds } from '#store/engines/engine';
import type { Engine } from '#store/engines/engine';
import { OperatorError } from '#operator-error';
import { lockFor } from './root-key.ts';
import type { RandomBytes, RootKeySource } from './root-key.ts';
import { keyLength, makeRootRecord, openKeyring, readRootRecord, wrappingKey } from './root-record.ts';
import type { Keys, Lock, RootRecord } from './root-record.ts';
import { nonceLength } from './seal.ts';

export interface OpenRoot {
  readonly revision: number;
  readonly lock: Lock;
  readonly wrapping: KeyObject;
  readonly keys: Keys;
}

/** Throws OperatorError: a store that has data keys must not be given a new root key. */
export async function openRoot(engine: Engine, source: RootKeySource, randomBytes: RandomBytes): Promise<OpenRoot> {
  for (;;) {
    const root = await readRootRecord(engine);
    if (root !== undefined) return unlock(root, await wrappingOf(root.lock, source));
    if (!(await isEmpty(engine))) {
      // Unless another process has just made it.
      if ((await readRootRecord(engine)) !== undefined) continue;
      throw new OperatorError('the store has data keys, but its root record is missing', 'restore it from a backup');
    }
    await initialise(engine, source, randomBytes);
  }
}

export function unlock(root: RootRecord, wrapping: KeyObject): OpenRoot {
  return { revision: root.revision, lock: root.lock, wrapping, keys: openKeyring(wrapping, root) };
}

export async function wrappingOf(lock: Lock, source: RootKeySource): Promise<KeyObject> {
  const key = await source.open(lock);
  const wrapping = wrappingKey(key);
  key.fill(0);
  return wrapping;
}

export function newKey(randomBytes: RandomBytes): KeyObject {
  const bytes = randomBytes(keyLength);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** When several processes do this at once, the first commit decides. */
async function initialise(engine: Engine, source: RootKeySource, randomBytes: RandomBytes): Promise<void> {
  const made = await source.make();
  const keys: Keys = {
    current: 1,
    data: new Map([[1, newKey(randomBytes)]]),
    retiring: new Set(),
    index: newKey(randomBytes),
  };
  const record = makeRootRecord(wrappingKey(made.key), lockFor(made), keys, 1, randomBytes(nonceLength));
  made.key.fill(0);
  await succeeds(engine.commit([{ put: record }]));
}

/** The store must be empty, of unreadable records too: new keys could not open them. */
async function isEmpty(engine: Engine): Promise<boolean> {
  return (await engine.kinds()).length === 0;
}
