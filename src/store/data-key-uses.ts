/**
 * How often each data key was used. Nonces are random, so a key is replaced long before 2^32 uses. A process
 * reserves uses in blocks before it seals; what it has left when it ends is lost. The count lies in 'data-key'/NUMBER,
 * sealed under the key that it counts.
 */
import type { KeyObject } from 'node:crypto';
import { succeeds } from './engine.ts';
import type { Engine } from './engine.ts';
import { open, seal } from './seal.ts';

export const dataKeyKind = 'data-key';
const countLength = 6;

/** False, with nothing reserved, when more than `limit` uses would be. */
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
    // One more: the count is sealed too.
    const count = (present ? open(key, { ...place, revision }, record.body).readUIntBE(0, countLength) : 0) + uses + 1;
    if (count > limit) return false;

    const plain = Buffer.alloc(countLength);
    plain.writeUIntBE(count, 0, countLength);
    const body = seal(key, keyNumber, nonce(), { ...place, revision: revision + 1 }, plain);
    const put = { kind: place.kind, id: place.id, revision: revision + 1, terms: [], body };
    if (await succeeds(engine.commit([{ put }]))) return true;
  }
}

/** For data keys that are gone. */
export async function forgetUses(engine: Engine, keyNumbers: Iterable<number>): Promise<void> {
  for (const number of keyNumbers) {
    const record = await engine.get(dataKeyKind, String(number));
    if (record === undefined || record === 'unchanged') continue;
    const { kind, id, revision } = record;
    // Another rotation may be at it.
    await succeeds(engine.commit([{ remove: { kind, id, revision } }]));
  }
}
