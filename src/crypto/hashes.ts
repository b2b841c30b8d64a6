import { createHash, type Hash } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import { unsupportedParameters } from './refusals.ts';

/**
 * Hashing Algorithms (KMIP 2.1 §11.21) by what OpenSSL calls them. It does not have the others, or for old data only.
 */
const names: { readonly [algorithm: string]: string } = {
  MD5: 'md5',
  SHA_1: 'sha1',
  SHA_224: 'sha224',
  SHA_256: 'sha256',
  SHA_384: 'sha384',
  SHA_512: 'sha512',
  RIPEMD_160: 'ripemd160',
  SHA_512_224: 'sha512-224',
  SHA_512_256: 'sha512-256',
  SHA3_224: 'sha3-224',
  SHA3_256: 'sha3-256',
  SHA3_384: 'sha3-384',
  SHA3_512: 'sha3-512',
};

export const hashName = (algorithm: string): string | undefined => names[algorithm];

/** The name for OpenSSL. @throws KmipError UnsupportedCryptographicParameters when it does not have the algorithm. */
export function hashOf(algorithm: string): string {
  const name = hashName(algorithm);
  if (name === undefined) throw unsupportedParameters(`Hashing Algorithm ${algorithm} is not supported`);
  return name;
}

/** @throws KmipError FeatureNotSupported for an algorithm that is not in the table. */
export function startHash(algorithm: string): Hash {
  const name = hashName(algorithm);
  if (name === undefined) throw new KmipError('FeatureNotSupported', `${algorithm} is not supported`);
  return createHash(name);
}
