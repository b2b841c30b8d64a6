import { ConflictError } from './engine.ts';
import type { Change, Engine, StoredRecord } from './engine.ts';
import type { Keyring, Sealing } from './keyring.ts';
import { resealRecord } from './sealed-record.ts';

/**
 * After a commit that took so long that a rotation may have gone past its records: seals them under the data key in use now.
 * Only records that this commit created can be in question, since a rotation moves the revision of every other.
 */
export async function sealAnew(
  engine: Engine,
  keyring: Keyring,
  late: Sealing,
  changes: readonly Change[],
): Promise<void> {
  let records = changes.flatMap((change) => ('put' in change ? [change.put] : []));
  for (let sealing = late; sealing.isLate();) {
    await keyring.check();
    if (sealing.keyNumber === keyring.keys.current) return;
    sealing = await keyring.sealing(2 * records.length);
    const resealed: StoredRecord[] = [];
    for (const record of records) {
      const next = resealRecord(keyring, sealing, record);
      if (await replaces(engine, next)) resealed.push(next);
    }
    records = resealed;
  }
}

/** False when somebody else changed the record first: it is sealed under their data key then. */
export async function replaces(engine: Engine, record: StoredRecord): Promise<boolean> {
  try {
    await engine.commit([{ put: record }]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
