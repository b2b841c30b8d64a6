/**
 * Signatures as Cryptographic Parameters say (KMIP 2.1 §4.16): RSA with PKCS#1 v1.5 or PSS (RFC 8017 §8), ECDSA and DSA
 * in DER (FIPS 186-4), Ed25519 and Ed448.
 */
import { constants, sign, verify, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { hashName } from './hashes.ts';

/** RFC 8032: they hash by themselves. */
const withoutHash: readonly (string | undefined)[] = ['ed25519', 'ed448'];

/**
 * @throws KmipError BadCryptographicParameters without a hash where one is needed, FeatureNotSupported for what is not
 * there, InvalidField when the key is too short.
 */
export function makeSignature(key: KeyObject, data: Uint8Array, parameters: CryptographicParameters): Uint8Array {
  const { hash, input } = schemeOf(key, parameters, constants.RSA_PSS_SALTLEN_DIGEST);
  try {
    return sign(hash, data, input);
  } catch {
    throw new KmipError('InvalidField', 'the key does not sign with such parameters');
  }
}

/** Whether the signature is one of this data. @throws KmipError as `makeSignature` does, but for a key that is too short. */
export function checkSignature(
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  parameters: CryptographicParameters,
): boolean {
  const { hash, input } = schemeOf(key, parameters, constants.RSA_PSS_SALTLEN_AUTO);
  try {
    return verify(hash, data, input, signature);
  } catch {
    return false;
  }
}

interface Scheme {
  readonly hash: string | null;
  readonly input: SignKeyObjectInput;
}

/**
 * @param defaultSalt of PSS: as long as the hash when signing, any when verifying: the official cases (CS-AC-M-2) have
 * the longest and do not say so.
 */
function schemeOf(key: KeyObject, parameters: CryptographicParameters, defaultSalt: number): Scheme {
  if (withoutHash.includes(key.asymmetricKeyType)) return { hash: null, input: { key } };
  const { digitalSignatureAlgorithm, paddingMethod, saltLength } = parameters;
  const algorithm = hashOf(digitalSignatureAlgorithm) ?? parameters.hashingAlgorithm;
  if (algorithm === undefined) {
    throw new KmipError('BadCryptographicParameters', 'the Cryptographic Parameters name no Hashing Algorithm');
  }
  const hash = hashName(algorithm);
  if (hash === undefined) throw new KmipError('FeatureNotSupported', `${algorithm} is not supported`);
  if (key.asymmetricKeyType !== 'rsa') return { hash, input: { key, dsaEncoding: 'der' } };
  if (paddingMethod !== 'PSS' && digitalSignatureAlgorithm !== 'RSASSA_PSS') {
    return { hash, input: { key, padding: constants.RSA_PKCS1_PADDING } };
  }
  const maskHash = parameters.maskGeneratorHashingAlgorithm ?? algorithm;
  if (maskHash !== algorithm) {
    throw new KmipError('FeatureNotSupported', `PSS of ${algorithm} with a mask of ${maskHash} is not supported`);
  }
  return { hash, input: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength ?? defaultSalt } };
}

/** The hash in the name of a Digital Signature Algorithm: SHA_256 of SHA_256WithRSAEncryption and of ECDSAWithSHA256. */
function hashOf(signatureAlgorithm: string | undefined): string | undefined {
  const [, before, after] = /^(?:(.+)WithRSAEncryption|(?:EC)?DSAWith(.+))$/.exec(signatureAlgorithm ?? '') ?? [];
  return before ?? after?.replace(/^SHA_?/, 'SHA_');
}
