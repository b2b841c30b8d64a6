/** RSA keys (RFC 8017): PKCS#1, and what follows of a key from some of its numbers. */
import { Null } from 'asn1js';
import type { RsaParts, RsaPrivateKey, RsaPublicKey } from './asymmetric-key.ts';
import { commonDivisor, inverse } from '#crypto/big-numbers';
import { integers, integersOf, nullValue, readDer, toDer } from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import type { ContentsOf } from './key-contents.ts';

/** RFC 8017 appendix A.1, rsaEncryption. */
const rsaEncryption = '1.2.840.113549.1.1.1';

/** RFC 8017 appendix A.1.1. */
export function readRsaPublic(bytes: Uint8Array): RsaPublicKey {
  const what = 'the PKCS#1 public key';
  const [modulus, publicExponent, more] = integersOf(readDer(bytes, what), what);
  if (modulus === undefined || publicExponent === undefined || more !== undefined) {
    throw invalidField(`${what} must have two numbers`);
  }
  return { family: 'RSA', half: 'public', modulus, publicExponent };
}

export const writeRsaPublic = ({ modulus, publicExponent }: RsaPublicKey): Uint8Array =>
  toDer(integers(modulus, publicExponent));

/** RFC 8017 appendix A.1.2, of two primes. */
export function readRsaPrivate(bytes: Uint8Array): RsaPrivateKey {
  const what = 'the PKCS#1 private key';
  const numbers = integersOf(readDer(bytes, what), what);
  const [structureVersion, modulus = 0n, publicExponent = 0n, privateExponent = 0n, p = 0n, q = 0n] = numbers;
  const [primeExponentP = 0n, primeExponentQ = 0n, crtCoefficient = 0n] = numbers.slice(6);
  if (structureVersion !== 0n || numbers.length !== 9)
    throw invalidField(`${what} must be of version 0 and have nine numbers`);
  const parts = { privateExponent, publicExponent, p, q, primeExponentP, primeExponentQ, crtCoefficient };
  return { family: 'RSA', half: 'private', modulus, parts };
}

export function writeRsaPrivate({ modulus, parts }: RsaPrivateKey): Uint8Array | undefined {
  if (parts === undefined) return undefined;
  const { privateExponent, publicExponent, p, q, primeExponentP, primeExponentQ, crtCoefficient } = parts;
  return toDer(
    integers(0n, modulus, publicExponent, privateExponent, p, q, primeExponentP, primeExponentQ, crtCoefficient),
  );
}

export const rsaContents: ContentsOf<RsaPublicKey, RsaPrivateKey> = {
  owns: (oid) => oid === rsaEncryption,
  readPublic({ parameters, key }) {
    checkNoParameters(parameters);
    return readRsaPublic(key);
  },
  readPrivate({ parameters, key }) {
    checkNoParameters(parameters);
    return readRsaPrivate(key);
  },
  writePublic: (key) => ({ oid: rsaEncryption, parameters: nullValue(), key: writeRsaPublic(key) }),
  writePrivate(key) {
    const written = writeRsaPrivate(key);
    return written && { oid: rsaEncryption, parameters: nullValue(), key: written };
  },
};

/** RFC 8017 appendix A.1: NULL; some leave it out. */
function checkNoParameters(parameters: unknown): void {
  if (parameters !== undefined && !(parameters instanceof Null))
    throw invalidField('the parameters of an RSA key must be NULL');
}

/**
 * The whole key from two primes and one of the exponents; undefined when these are not given. RFC 8017 §3.2: the
 * exponents are inverse modulo lcm(p - 1, q - 1), so a Private Exponent modulo that or modulo (p - 1)(q - 1) is right.
 */
export function completeParts(given: Partial<RsaParts>): RsaParts | undefined {
  const { p, q } = given;
  if (p === undefined || q === undefined || p < 2n || q < 2n || p === q) return undefined;
  const publicExponent = given.publicExponent ?? publicExponentOf(given.privateExponent, p, q);
  if (publicExponent === undefined || publicExponent < 2n) return undefined;
  const privateExponent = given.privateExponent ?? inverse(publicExponent, (p - 1n) * (q - 1n));
  const crtCoefficient = given.crtCoefficient ?? inverse(q, p);
  if (privateExponent === undefined || crtCoefficient === undefined) return undefined;
  return {
    privateExponent,
    publicExponent,
    p,
    q,
    primeExponentP: given.primeExponentP ?? privateExponent % (p - 1n),
    primeExponentQ: given.primeExponentQ ?? privateExponent % (q - 1n),
    crtCoefficient,
  };
}

function publicExponentOf(privateExponent: bigint | undefined, p: bigint, q: bigint): bigint | undefined {
  const order = ((p - 1n) * (q - 1n)) / commonDivisor(p - 1n, q - 1n);
  return privateExponent === undefined ? undefined : inverse(privateExponent, order);
}
