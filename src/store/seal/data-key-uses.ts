/**
 * How often each data key was used. Nonces are random, so a key is replaced long before 2^32 uses. A process
 * reserves uses in blocks before it seals; what it has left when it ends is lost. The count lies in 'data-key'/NUMBER,
 * sealed under the key that it counts.
 */
import type { KeyObject } from 'node:crypto';
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Engine, StoredRecord } from '#store/engines/engine';
import { SealError, open, seal } from './seal.ts';

export const dataKeyKind = 'data-key';
const countLength = 6;

/**
 * False, with nothing reserved, when more than `limit` uses would be reserved. Throws DamagedRecordError when the count
 * cannot be read.
 */
export async function reserveUses(
  engine: Engine,
  key: KeyObject,
  keyNumber: number,
  uses: number,
  limit: number,
  nonce: () => Uint8Array,
): Promise<boolean> {
  const place = { kind: dataKeyKind, id: String(keyNumber), part: 'body' } as const;
  for (;;) {
    const record = await engine.get(place.kind, place.id);
    const present = record !== undefined && record !== 'unchanged';
    const revision = present ? record.revision : 0;
    // One more, because the count is sealed too.
    const count = (present ? countIn(key, record) : 0) + uses + 1;
    if (count > limit) return false;

    const plain = Buffer.alloc(countLength);
    plain.writeUIntBE(count, 0, countLength);
    const body = seal(key, keyNumber, nonce(), { ...place, revision: revision + 1 }, plain);
    const put = { kind: place.kind, id: place.id, revision: revision + 1, terms: [], body };
    if (await succeeds(engine.commit([{ put }]))) return true;
  }
}

/** @throws DamagedRecordError. */
export function countIn(key: KeyObject, record: StoredRecord): number {
  const { kind, id, revision, body } = record;
  try {
    return open(key, { kind, id, part: 'body', revision }, body).readUIntBE(0, countLength);
  } catch (error) {
    if (!(error instanceof SealError || error instanceof RangeError)) throw error;
    throw new SealError(record);
  }
}

/** For data keys that were deleted. */
export async function forgetUses(engine: Engine, keyNumbers: Iterable<number>): Promise<void> {
  for (const number of keyNumbers) {
    const revision = await revisionOf(engine, String(number));
    if (revision === undefined) continue;
    // Another rotation may be doing the same.
    await succeeds(engine.commit([{ remove: { kind: dataKeyKind, id: String(number), revision } }]));
  }
}

async function revisionOf(engine: Engine, id: string): Promise<number | undefined> {
  try {
    const record = await engine.get(dataKeyKind, id);
    return record === 'unchanged' ? undefined : record?.revision;
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    return error.revision;
  }
}
