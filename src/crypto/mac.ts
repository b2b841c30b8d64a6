/** Message authentication codes: HMAC (RFC 2104) and CMAC (SP 800-38B). */
import { createHmac } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { blockCipher, encipher, type Cipher } from './block-cipher.ts';
import { hashName } from './hashes.ts';
import type { SymmetricKey } from './material-cipher.ts';

/**
 * By the key's algorithm, which names the hash of HMAC; a block cipher's key makes a CMAC when the parameters say so.
 * @throws KmipError FeatureNotSupported for a key that makes none here.
 */
export function mac(key: SymmetricKey, data: Uint8Array, { blockCipherMode }: CryptographicParameters): Uint8Array {
  const hash = hashName(hashOf(key.algorithm));
  if (hash !== undefined) return createHmac(hash, key.bytes).update(data).digest();
  const cipher = blockCipherMode === 'CMAC' ? blockCipher(key.algorithm, key.bytes.length, 'CBC') : undefined;
  if (cipher !== undefined) return cmac(cipher, key.bytes, data);
  throw new KmipError('FeatureNotSupported', `a key for ${key.algorithm} makes no MAC here without mode CMAC`);
}

/** HMAC_SHA256 is of SHA_256, HMAC_SHA3_256 of SHA3_256. */
const hashOf = (algorithm: string): string =>
  algorithm.startsWith('HMAC_') ? algorithm.slice('HMAC_'.length).replace(/^SHA(?=\d+$)/, 'SHA_') : '';

/** SP 800-38B §6.2: the last block of CBC, the last of the message being masked with a subkey. */
function cmac(cipher: Cipher, key: Uint8Array, data: Uint8Array): Uint8Array {
  const { blockSize } = cipher;
  const noRandom = (): never => {
    throw new Error('a MAC takes no randomness');
  };
  const cbc = (plain: Uint8Array): Uint8Array =>
    encipher(cipher, plain, { key, iv: new Uint8Array(blockSize) }, noRandom).data;
  const isWhole = data.length > 0 && data.length % blockSize === 0;
  const padded = isWhole
    ? Buffer.from(data)
    : Buffer.concat([data, Uint8Array.of(0x80), new Uint8Array(blockSize - 1 - (data.length % blockSize))]);
  const first = doubled(cbc(new Uint8Array(blockSize)));
  const subkey = isWhole ? first : doubled(first);
  const last = padded.length - blockSize;
  subkey.forEach((byte, place) => (padded[last + place] = (padded[last + place] as number) ^ byte));
  return cbc(padded).subarray(last);
}

/** SP 800-38B §6.1, in the field of §5.3: R is 0x87 for blocks of 128 bits, 0x1b for 64. */
function doubled(block: Uint8Array): Uint8Array {
  const carry = (block[0] as number) >>> 7;
  return block.map((byte, place) => {
    const next = block[place + 1];
    const shifted = (byte << 1) | ((next ?? 0) >>> 7);
    return next === undefined && carry === 1 ? shifted ^ (block.length === 16 ? 0x87 : 0x1b) : shifted;
  });
}
