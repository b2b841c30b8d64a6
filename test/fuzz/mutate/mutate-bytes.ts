/** Damages bytes: as bytes, and by the structure of the format that they are in (DER, PEM, TTLV, OpenPGP). */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Chance } from '#test/fixtures/chance';
import { mutateDer, mutatePlain } from '#test/fixtures/mutate-der';

/** How an item that stands in bytes is damaged; given by who knows Items. */
export type MutateItem = (item: ReturnType<typeof decode>, chance: Chance) => ReturnType<typeof decode>;

/** @param mutateItem for TTLV within bytes, as in a wrapped Key Value. */
export function mutateBytes(bytes: Uint8Array, chance: Chance, mutateItem: MutateItem): Buffer {
  const whole = Buffer.from(bytes);
  if (chance.oneIn(3)) return mutatePlain(whole, chance);
  if (whole.subarray(0, 5).equals(Buffer.from('-----'))) return mutatePem(whole, chance);
  if (whole[0] === 0x30 && whole.length > 2) return mutateDer(whole, chance);
  if (whole[0] === 0x42 && whole.length >= 8 && whole.length % 8 === 0) {
    try {
      return Buffer.from(encode(mutateItem(decode(whole), chance)));
    } catch {
      return mutatePlain(whole, chance);
    }
  }
  return mutatePlain(whole, chance);
}

function mutatePem(bytes: Buffer, chance: Chance): Buffer {
  const [, first = '', body = '', last = ''] = /^(-+[^\n]*\n)([^-]*)(-+[^\n]*\n?)/.exec(bytes.toString('latin1')) ?? [];
  const der = mutateDer(Buffer.from(body, 'base64'), chance);
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return Buffer.from(chance.oneIn(8) ? `${first}${first}${lines}\n${last}` : `${first}${lines}\n${last}`, 'latin1');
}
