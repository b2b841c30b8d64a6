/** Message authentication codes: HMAC (RFC 2104) and AES-CMAC (SP 800-38B, RFC 4493). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cmac } from '@noble/ciphers/aes.js';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { hashName } from '#crypto/hashes';
import type { SymmetricKey } from './material-cipher.ts';

/** A code in the making, its data given in parts. */
export interface MacRun {
  update(data: Uint8Array): unknown;
  /** Once, at the end. */
  digest(): Uint8Array;
  /** Wipes what OpenSSL does not; `digest` has done so. Nothing comes after it. */
  wipe?(): void;
}

/**
 * By the Cryptographic Algorithm of the parameters (KMIP 2.1 §6.1.32), else of the key: one of HMAC names its hash, and
 * any key makes it but those that are for another one; an AES key makes a CMAC when the parameters name that mode, or
 * AES and no mode.
 * @throws KmipError BadCryptographicParameters without what is needed, FeatureNotSupported for algorithms without a
 * MAC.
 */
export function startMac(key: SymmetricKey, parameters: CryptographicParameters): MacRun {
  const { cryptographicAlgorithm, blockCipherMode } = parameters;
  const algorithm = cryptographicAlgorithm ?? key.algorithm;
  const hash = hashName(hashOfHmac(algorithm));
  if (hash !== undefined) {
    if (algorithm !== key.algorithm && hashOfHmac(key.algorithm) !== '') {
      throw new KmipError('BadCryptographicParameters', `the key is for ${key.algorithm}, not for ${algorithm}`);
    }
    return createHmac(hash, key.bytes);
  }
  const mode = blockCipherMode ?? (cryptographicAlgorithm === undefined ? undefined : 'CMAC');
  if (algorithm === 'AES' && key.algorithm === 'AES' && mode === 'CMAC') return startCmac(key.bytes);
  if (cryptographicAlgorithm !== undefined && cryptographicAlgorithm !== 'AES') {
    throw new KmipError('FeatureNotSupported', `a MAC with ${cryptographicAlgorithm} is not supported`);
  }
  throw new KmipError(
    'BadCryptographicParameters',
    'a MAC requires an HMAC as Cryptographic Algorithm, or an AES key and Block Cipher Mode CMAC',
  );
}

function startCmac(key: Uint8Array): MacRun {
  const running = cmac.create(key);
  return {
    update: (data) => running.update(data),
    digest: () => running.digest(),
    wipe: () => running.destroy(),
  };
}

/** The whole at once. @throws KmipError as `startMac` does. */
export function mac(key: SymmetricKey, data: Uint8Array, parameters: CryptographicParameters): Uint8Array {
  const running = startMac(key, parameters);
  running.update(data);
  return running.digest();
}

/** A code of a block cipher, which takes its time. */
export const isCmac = (
  { algorithm: own }: SymmetricKey,
  { cryptographicAlgorithm }: CryptographicParameters,
): boolean => (cryptographicAlgorithm ?? own) === 'AES';

/** In a time that does not tell where they differ. A truncated code is not the same. */
export const isSameMac = (made: Uint8Array, given: Uint8Array): boolean =>
  made.length === given.length && timingSafeEqual(made, given);

/** HMAC_SHA256 is of SHA_256, HMAC_SHA3_256 of SHA3_256; other algorithms have no hash, which gives an empty name. */
export const hashOfHmac = (algorithm: string): string =>
  algorithm.startsWith('HMAC_') ? algorithm.slice('HMAC_'.length).replace(/^SHA(?=\d+$)/, 'SHA_') : '';
