/** Data made to fill whole blocks, by Padding Method (KMIP 2.1 §11.37). */
import { KmipError } from '#protocol/kmip-error';

export type Random = (length: number) => Uint8Array;

/** What stands before the last byte, which tells how many were added. */
const fillings: { readonly [method: string]: (added: number, random: Random) => Uint8Array } = {
  PKCS5: (added) => new Uint8Array(added - 1).fill(added), // RFC 8018 §6.1.1, for blocks of up to 255 bytes
  ANSIX9_23: (added) => new Uint8Array(added - 1),
  ISO10126: (added, random) => random(added - 1),
};

/**
 * `Zeros` cannot be told from zeros at the end of the data; `None` takes whole blocks only.
 * @throws KmipError FeatureNotSupported for another method, InvalidField for data that does not fill its blocks.
 */
export function pad(data: Uint8Array, blockSize: number, method: string, random: Random): Uint8Array {
  const added = blockSize - (data.length % blockSize);
  const filling = fillings[method];
  if (filling !== undefined) return Buffer.concat([data, filling(added, random), Uint8Array.of(added)]);
  if (method !== 'None' && method !== 'Zeros') {
    throw new KmipError('FeatureNotSupported', `Padding Method ${method} is none of a block cipher here`);
  }
  if (added === blockSize) return data;
  if (method === 'Zeros') return Buffer.concat([data, new Uint8Array(added)]);
  throw new KmipError('InvalidField', `${data.length} bytes are no whole blocks of ${blockSize}, and need padding`);
}

/** Undoes `pad`; of `Zeros` all at the end go. @throws KmipError CryptographicFailure when the padding is none. */
export function unpad(data: Uint8Array, blockSize: number, method: string): Uint8Array {
  if (method === 'None') return data;
  if (method === 'Zeros') return data.subarray(0, data.findLastIndex((byte) => byte !== 0) + 1);
  const added = data.at(-1) ?? 0;
  const filling = data.subarray(data.length - added, -1);
  const expected = method === 'PKCS5' ? added : 0;
  const fits = method === 'ISO10126' || filling.every((byte) => byte === expected);
  if (added === 0 || added > blockSize || added > data.length || !fits) {
    throw new KmipError('CryptographicFailure', 'the decrypted data has no valid padding');
  }
  return data.subarray(0, data.length - added);
}
