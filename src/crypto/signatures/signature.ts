/**
 * Signatures: RSA with PKCS#1 v1.5 or PSS (RFC 8017 §8), ECDSA and DSA in DER (FIPS 186-4), Ed25519 and Ed448 (RFC
 * 8032).
 */
import {
  constants,
  createHash,
  createSign,
  createVerify,
  sign,
  verify,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { checkDigest, signDigest } from './digest-signature.ts';
import type { Random } from '#crypto/padding';
import { schemeOf, type Scheme } from './signature-scheme.ts';
import { unsupportedParameters } from '#crypto/refusals';

/** What is signed. */
export type Content = { readonly data: Uint8Array } | { readonly digest: Uint8Array };

/**
 * A signature whose data comes in parts. With RSA the data is hashed, and `end` gives the digest, which is signed
 * later.
 */
export interface Signing {
  update(data: Uint8Array): unknown;
  /** Once, at the end. */
  end(): { readonly signature: Uint8Array } | { readonly digest: Uint8Array };
}
/** The same for a signature that is to be verified. */
export interface Verifying {
  update(data: Uint8Array): unknown;
  end(signature: Uint8Array): { readonly isGenuine: boolean } | { readonly digest: Uint8Array };
}

/**
 * @throws KmipError as `schemeOf` does, CryptographicFailure for a key that is too short, and as `signDigest` does.
 */
export function makeSignature(
  key: KeyObject,
  content: Content,
  parameters: CryptographicParameters,
  random: Random,
): Uint8Array {
  const scheme = schemeOf(key, parameters);
  if ('digest' in content) return signDigest(key, content.digest, scheme, random);
  if (!isNative(scheme)) return signDigest(key, digestOf(scheme, content.data), scheme, random);
  const input = inputOf(key, scheme, constants.RSA_PSS_SALTLEN_DIGEST);
  try {
    return sign(hashOf(scheme), content.data, input);
  } catch {
    throw doesNotSign();
  }
}

/**
 * Whether the signature is one of this content.
 * @throws KmipError as `makeSignature` does, but for a key that is too short.
 */
export function checkSignature(
  key: KeyObject,
  content: Content,
  signature: Uint8Array,
  parameters: CryptographicParameters,
): boolean {
  const scheme = schemeOf(key, parameters);
  if (!hasModulusLength(key, signature)) return false;
  if ('digest' in content) return checkDigest(key, content.digest, signature, scheme);
  if (!isNative(scheme)) return checkDigest(key, digestOf(scheme, content.data), signature, scheme);
  try {
    return verify(hashOf(scheme), content.data, inputOf(key, scheme, constants.RSA_PSS_SALTLEN_AUTO), signature);
  } catch {
    return false;
  }
}

/** With RSA both services hash the data, and use the key on the digest alone. */
function startDigest(hash: string): { update(data: Uint8Array): unknown; end(): { readonly digest: Uint8Array } } {
  const running = createHash(hash);
  return {
    update: (data) => running.update(data),
    end: () => ({ digest: running.digest() }),
  };
}

/** @throws KmipError as `makeSignature` does; what it throws of a key that is too short comes with `sign`. */
export function startSigning(key: KeyObject, parameters: CryptographicParameters): Signing {
  const scheme = schemeOf(key, parameters);
  const hash = streamedHash(scheme);
  if (isOfRsa(scheme)) return startDigest(hash);
  const running = createSign(hash);
  return {
    update: (data) => running.update(data),
    end() {
      try {
        return { signature: running.sign(inputOf(key, scheme, constants.RSA_PSS_SALTLEN_DIGEST)) };
      } catch {
        throw doesNotSign();
      }
    },
  };
}

/** @throws KmipError as `checkSignature` does. */
export function startVerifying(key: KeyObject, parameters: CryptographicParameters): Verifying {
  const scheme = schemeOf(key, parameters);
  const hash = streamedHash(scheme);
  if (isOfRsa(scheme)) return startDigest(hash);
  const running = createVerify(hash);
  return {
    update: (data) => running.update(data),
    end(signature) {
      try {
        return { isGenuine: running.verify(inputOf(key, scheme, constants.RSA_PSS_SALTLEN_AUTO), signature) };
      } catch {
        return { isGenuine: false };
      }
    },
  };
}

/** RFC 8017 §8.1.2, §8.2.2: as long as the modulus. OpenSSL takes one of PSS without its leading zeros too. */
const hasModulusLength = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, signature: Uint8Array): boolean =>
  asymmetricKeyType !== 'rsa' || signature.length === Math.ceil((asymmetricKeyDetails?.modulusLength ?? 0) / 8);

const doesNotSign = (): KmipError =>
  new KmipError('CryptographicFailure', 'the key is too short to sign with these Cryptographic Parameters');

/** node:crypto has PSS with one hash for both only. */
const isNative = (scheme: Scheme): boolean => scheme.kind !== 'PSS' || scheme.hash === scheme.maskHash;
const isOfRsa = ({ kind }: Scheme): boolean => kind === 'PKCS1' || kind === 'PSS';
const hashOf = (scheme: Scheme): string | null => (scheme.kind === 'EdDSA' ? null : scheme.hash);

/** RFC 8032 §5.1.6 hashes the data twice, the second time knowing what the first gave. */
function streamedHash(scheme: Scheme): string {
  if (scheme.kind !== 'EdDSA') return scheme.hash;
  throw unsupportedParameters('EdDSA does not support streaming: send the whole data in one request');
}

const digestOf = (scheme: Scheme, data: Uint8Array): Uint8Array =>
  createHash(streamedHash(scheme)).update(data).digest();

/** @param defaultSalt of PSS, where no Salt Length is given: as long as the hash when signing, any when verifying. */
function inputOf(key: KeyObject, scheme: Scheme, defaultSalt: number): SignKeyObjectInput {
  if (scheme.kind === 'PKCS1') return { key, padding: constants.RSA_PKCS1_PADDING };
  if (scheme.kind !== 'PSS') return { key, dsaEncoding: 'der' };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength ?? defaultSalt };
}
