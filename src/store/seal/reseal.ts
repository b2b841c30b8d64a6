import { succeeds } from '#store/engines/engine';
import type { Change, Engine, StoredRecord } from '#store/engines/engine';
import type { Keyring } from './keyring.ts';
import { resealRecord } from './sealed-record.ts';

/**
 * After a commit: when the data key was replaced meanwhile, a rotation may have gone past these records, so they are
 * sealed again under the one in use now. Only records that were created can be in question, since a rotation moves the
 * revision of every other.
 */
export async function resealReplaced(
  engine: Engine,
  keyring: Keyring,
  keyNumber: number,
  changes: readonly Change[],
): Promise<void> {
  let records = changes.flatMap((change) => ('put' in change ? [change.put] : []));
  while (records.length > 0 && (await keyring.isReplaced(keyNumber))) {
    const sealing = await keyring.sealing(2 * records.length);
    const resealed: StoredRecord[] = [];
    for (const record of records) {
      const next = resealRecord(keyring, sealing, record);
      // When another process changed the record first, it has sealed it under its data key.
      if (await succeeds(engine.commit([{ put: next }]))) resealed.push(next);
    }
    records = resealed;
    keyNumber = sealing.keyNumber;
  }
}
