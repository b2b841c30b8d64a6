/**
 * Signatures of what was hashed elsewhere (Digested Data, KMIP 2.1 §6.1.55). node:crypto hashes whatever it signs, so
 * the padding of RSA is made in pss.ts, and ECDSA comes from another library, which has fewer curves.
 */
import { constants, createHash, privateEncrypt, publicDecrypt, type KeyObject } from 'node:crypto';
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { KmipError } from '#protocol/kmip-error';
import { nullValue, octets, oid, sequence, toDer } from '#crypto/der';
import { readEcPrivate } from '#crypto/keys/ec-keys';
import { readPublicInfo } from '#crypto/keys/key-containers';
import type { Random } from '#crypto/padding';
import { encodePss, verifyPss } from './pss.ts';
import type { Scheme } from './signature-scheme.ts';
import { unsupportedParameters } from '#crypto/refusals';

const nist = (number: number): string => `2.16.840.1.101.3.4.2.${number}`;
/**
 * What DigestInfo calls the hashes (RFC 8017 §A.2.4; of SHA-3 the NIST's register; of RIPEMD-160 ISO/IEC 10118-3), by
 * OpenSSL's names.
 */
const hashOids: { readonly [hash: string]: string } = {
  md5: '1.2.840.113549.2.5',
  sha1: '1.3.14.3.2.26',
  sha224: nist(4),
  sha256: nist(1),
  sha384: nist(2),
  sha512: nist(3),
  ripemd160: '1.3.36.3.2.1',
  'sha512-224': nist(5),
  'sha512-256': nist(6),
  'sha3-224': nist(7),
  'sha3-256': nist(8),
  'sha3-384': nist(9),
  'sha3-512': nist(10),
};

/** RFC 8017 §9.2, without the padding. */
const digestInfo = (hash: string, digest: Uint8Array): Uint8Array =>
  toDer(sequence(sequence(oid(hashOids[hash] as string), nullValue()), octets(digest)));

/** By OpenSSL's names. */
const curves = {
  ...{ prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 },
  ...{ brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 },
};
type DigestCurve = (typeof curves)[keyof typeof curves];
/** What is signed is a digest, in DER, and of the two values that fit OpenSSL takes either. */
const asOpenSsl = { prehash: false, format: 'der', lowS: false } as const;

/**
 * @throws KmipError InvalidField for a digest of another length than that of the scheme's hash,
 * UnsupportedCryptographicParameters for a key that cannot sign digests, CryptographicFailure for a key that is too
 * short.
 */
export function signDigest(key: KeyObject, digest: Uint8Array, scheme: Scheme, random: Random): Uint8Array {
  const hashing = hashingOf(scheme, digest);
  if (hashing.kind === 'ECDSA') return signOnCurve(curveOf(key), key, digest);
  try {
    if (hashing.kind === 'PKCS1') {
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(hashing.hash, digest));
    }
    const encoded = encodePss(hashing, digest, modulusBitsOf(key), random);
    return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
  } catch {
    throw new KmipError('CryptographicFailure', 'the key cannot sign this digest with these Cryptographic Parameters');
  }
}

/** With the deterministic number of RFC 6979. */
function signOnCurve(curve: DigestCurve, key: KeyObject, digest: Uint8Array): Uint8Array {
  const der = key.export({ type: 'sec1', format: 'der' });
  const { secret } = readEcPrivate(der);
  try {
    return curve.sign(digest, secret, asOpenSsl);
  } finally {
    secret.fill(0);
    der.fill(0);
  }
}

/**
 * Whether the signature is one of this digest.
 * @throws KmipError as `signDigest` does, but for a key that is too short.
 */
export function checkDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array, scheme: Scheme): boolean {
  const hashing = hashingOf(scheme, digest);
  if (hashing.kind === 'ECDSA') {
    const curve = curveOf(key);
    try {
      return curve.verify(signature, digest, pointOf(key), asOpenSsl);
    } catch {
      return false;
    }
  }
  const modulusBits = modulusBitsOf(key);
  // RFC 8017 §8.1.2 and §8.2.2 demand it; OpenSSL takes shorter ones too.
  if (signature.length !== Math.ceil(modulusBits / 8)) return false;
  try {
    if (hashing.kind === 'PKCS1') {
      const found = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
      return found.equals(digestInfo(hashing.hash, digest));
    }
    const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    return verifyPss(hashing, digest, encoded, modulusBits);
  } catch {
    return false;
  }
}

function hashingOf(scheme: Scheme, digest: Uint8Array): Exclude<Scheme, { kind: 'DSA' | 'EdDSA' }> {
  if (scheme.kind === 'EdDSA' || scheme.kind === 'DSA') {
    throw unsupportedParameters(`${scheme.kind} does not support Digested Data: send the Data`);
  }
  const length = createHash(scheme.hash).digest().length;
  if (digest.length === length) return scheme;
  throw new KmipError('InvalidField', `Digested Data must have ${length} bytes, as its Hashing Algorithm produces`);
}

function curveOf(key: KeyObject): DigestCurve {
  const name = key.asymmetricKeyDetails?.namedCurve ?? '';
  if (name in curves) return curves[name as keyof typeof curves];
  throw unsupportedParameters(`keys on ${name} do not support Digested Data: send the Data`);
}

function pointOf(key: KeyObject): Uint8Array {
  const read = readPublicInfo(key.export({ type: 'spki', format: 'der' }));
  if (read.family !== 'EC') throw new Error(`${read.family} has no points`);
  return read.point;
}

const modulusBitsOf = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0;
