/**
 * Replaces the data key: a new one is put into use, every record is sealed again under it, and then the old ones are
 * deleted. Servers may run meanwhile. The root record says which data keys are retiring, so an interrupted rotation is
 * taken up where it stopped, by the next process that runs one; and two at once do no more than the same work twice.
 *
 * A record that is sealed again gets its next revision: a writer who read it before meets a conflict and reads again,
 * instead of bringing the old key back, and caches notice. See keyring.ts for why none is left behind.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetUses } from './data-key-uses.ts';
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { StoredRecord } from '#store/engines/engine';
import { Keyring, rotationGrace, withNewDataKey } from './keyring.ts';
import type { KeyringOptions } from './keyring.ts';
import { sealedKinds } from './kind-register.ts';
import { SealError } from './seal.ts';
import { keyNumbersOf, resealRecord } from './sealed-record.ts';

export interface RotationProgress {
  /** Records done, of about `total`. */
  readonly done: number;
  readonly total: number;
}

export interface RotationOptions extends KeyringOptions {
  /** How the rotation waits for other processes to see the new data key. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** The number of records that are sealed again in one turn, which engines put into one transaction. */
const recordsAtOnce = 128;

/**
 * Runs while it is iterated, to the end. Throws OperatorError; DamagedRecordError, keeping the old data key, for a
 * damaged record.
 */
export async function* rotateDataKey(options: RotationOptions): AsyncGenerator<RotationProgress, void> {
  const { engine, wait = sleep } = options;
  const keyring = await Keyring.open(options);
  await keyring.update((keys) => {
    if (keys.retiring.size > 0) return undefined;
    return { ...withNewDataKey(keys, keyring.newDataKey()), retiring: new Set(keys.data.keys()) };
  });
  const { retiring } = keyring.keys;
  await wait(1.25 * rotationGrace);

  let total = 0;
  for await (const _ of allRecords()) total++;
  let done = 0;
  yield { done, total };

  // Repeats until a whole pass has found no record to seal.
  for (let found = true; found;) {
    found = false;
    let damage: DamagedRecordError | undefined;
    const noteDamage = (error: DamagedRecordError) => void (damage ??= error);
    for await (const group of groupsOf(allRecords(noteDamage), recordsAtOnce)) {
      const old = group.filter(isOld);
      found ||= old.length > 0;
      const error = await resealGroup(old);
      if (error !== undefined) noteDamage(error);
      done = Math.min(done + group.length, total);
      if (done < total) yield { done, total };
    }
    if (damage !== undefined) throw damage;
  }

  await keyring.update((keys) => {
    const data = new Map([...keys.data].filter(([number]) => !retiring.has(number)));
    const left = new Set([...keys.retiring].filter((number) => !retiring.has(number)));
    return data.size === keys.data.size ? undefined : { ...keys, data, retiring: left };
  });
  await forgetUses(engine, retiring);
  yield { done: total, total };

  async function* allRecords(damaged?: (error: DamagedRecordError) => void): AsyncGenerator<StoredRecord> {
    for (const kind of await sealedKinds(engine)) yield* engine.find({ kind, terms: [] }, damaged);
  }

  function isOld(record: StoredRecord): boolean {
    try {
      return keyNumbersOf(record).some((number) => retiring.has(number));
    } catch {
      return true;
    }
  }

  /** Returns the error of a record that cannot be opened, after all others. */
  async function resealGroup(records: readonly StoredRecord[]): Promise<DamagedRecordError | undefined> {
    const sealing = await keyring.sealing(2 * records.length);
    const results = await Promise.allSettled(
      records.map(async (record) => {
        let resealed: StoredRecord;
        try {
          await keyring.know(keyNumbersOf(record));
          resealed = resealRecord(keyring, sealing, record);
        } catch (error) {
          if (!(error instanceof SealError)) throw error;
          throw new SealError(record);
        }
        await succeeds(engine.commit([{ put: resealed }]));
      }),
    );
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const serious = errors.find((error) => !(error instanceof DamagedRecordError));
    if (serious !== undefined) throw serious;
    return errors[0];
  }
}

async function* groupsOf<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  for await (const one of all) {
    if (group.push(one) < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
