/** Padding, which fills data up to whole blocks, by Padding Method (KMIP 2.1 §11.37). */
import { KmipError } from '#protocol/kmip-error';

export type Random = (length: number) => Uint8Array;

interface Method {
  /** The value of all padding bytes but the last; when it is absent they are random. */
  readonly filling?: (added: number) => number;
  /** The value of the last byte, which tells how many bytes were added. */
  readonly count: (added: number) => number;
}

const methods: { readonly [method: string]: Method } = {
  PKCS5: { filling: (added) => added, count: (added) => added }, // RFC 8018 §6.1.1, for blocks of up to 255 bytes
  ANSIX9_23: { filling: () => 0, count: (added) => added },
  ISO10126: { count: (added) => added },
  SSL3: { count: (added) => added - 1 }, // RFC 6101 §5.2.3.2: the last byte does not count itself
};

/**
 * The padding for data of so many bytes. `Zeros` cannot be distinguished from zeros at the end of the data; `None`
 * takes whole blocks only.
 * @throws KmipError FeatureNotSupported for another method, InvalidField for data that does not fill its blocks.
 */
export function paddingFor(length: number, blockSize: number, method: string, random: Random): Uint8Array {
  const missing = blockSize - (length % blockSize);
  const known = methods[method];
  if (known !== undefined) {
    const { filling, count } = known;
    const padding = filling === undefined ? Buffer.from(random(missing)) : Buffer.alloc(missing, filling(missing));
    padding[missing - 1] = count(missing);
    return padding;
  }
  if (method !== 'None' && method !== 'Zeros') {
    throw new KmipError('FeatureNotSupported', `Padding Method ${method} is not supported for block ciphers`);
  }
  if (missing === blockSize) return new Uint8Array(0);
  if (method === 'Zeros') return new Uint8Array(missing);
  throw new KmipError(
    'InvalidField',
    `data of ${length} bytes requires padding: without it the length must be a multiple of ${blockSize}`,
  );
}

export const isPadding = (method: string): boolean =>
  method === 'None' || method === 'Zeros' || Object.hasOwn(methods, method);

/**
 * The data without its padding; of `Zeros` as many bytes are removed as may have been added. Undefined when the padding
 * is wrong: the time does not depend on where.
 */
export function unpadded(data: Uint8Array, blockSize: number, method: string): Uint8Array | undefined {
  const known = methods[method];
  if (known === undefined) {
    if (method === 'None') return data;
    const certain = data.findLastIndex((byte) => byte !== 0) + 1;
    return data.subarray(0, Math.max(certain, data.length - blockSize + 1, 0));
  }
  const { filling, count } = known;
  const added = (data.at(-1) ?? -1) - count(0);
  const expected = filling?.(added);
  let wrong = added < 1 || added > blockSize || added > data.length ? 1 : 0;
  for (let back = 2; expected !== undefined && back <= blockSize; back++) {
    const difference = (data.at(-back) ?? 0) ^ expected;
    wrong |= back <= added ? difference : 0;
  }
  return wrong === 0 ? data.subarray(0, data.length - added) : undefined;
}
