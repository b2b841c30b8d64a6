/** Whether the numbers of an RSA key belong together (RFC 8017 §3). */
import { randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import type { RsaPrivateKey, RsaPublicKey } from './asymmetric-key.ts';
import { bitLength, isOdd } from '#crypto/big-numbers';
import { invalid } from './der.ts';
import { keyObjectOf } from './key-objects.ts';

/** In bits. Shorter ones are broken; longer ones take seconds for each use. */
export const rsaLengths = { minimum: 1024, maximum: 8192 } as const;
/** FIPS 186-5 §5.4(e). */
const maximumExponentBits = 256;

/** @throws KmipError InvalidField when the numbers are none of an RSA key. */
export function checkRsaPublic({ modulus, publicExponent }: RsaPublicKey): void {
  checkModulus(modulus);
  checkPublicExponent(publicExponent, modulus);
}

/** With a signature that the public half must find good. */
export function checkRsaPrivate(key: RsaPrivateKey): void {
  const { modulus, parts } = key;
  checkModulus(modulus);
  if (parts === undefined) return;
  const { publicExponent, privateExponent, p, q, primeExponentP, primeExponentQ, crtCoefficient } = parts;
  checkPublicExponent(publicExponent, modulus);
  if (p === q) throw invalid('the two primes of the RSA key are the same');
  if (p < 3n || q < 3n || p * q !== modulus)
    throw invalid('the modulus of the RSA key is not the product of its primes');
  const product = publicExponent * privateExponent;
  if (product % (p - 1n) !== 1n || product % (q - 1n) !== 1n || privateExponent >= modulus) {
    throw invalid('the exponents of the RSA key do not belong together');
  }
  const areOfChineseRemainder =
    primeExponentP === privateExponent % (p - 1n) &&
    primeExponentQ === privateExponent % (q - 1n) &&
    crtCoefficient < p &&
    (crtCoefficient * q) % p === 1n;
  if (!areOfChineseRemainder) throw invalid('the CRT numbers of the RSA key do not belong to its primes');
  const message = randomBytes(32);
  const [privateKey, publicKey] = [
    keyObjectOf(key),
    keyObjectOf({ family: 'RSA', half: 'public', modulus, publicExponent }),
  ];
  if (!signs(message, privateKey, publicKey)) throw invalid('the RSA key does not work: its primes are none');
}

function signs(message: Uint8Array, privateKey: KeyObject, publicKey: KeyObject): boolean {
  try {
    return verify('sha256', message, publicKey, sign('sha256', message, privateKey));
  } catch {
    return false;
  }
}

export function checkModulus(modulus: bigint): void {
  const { minimum, maximum } = rsaLengths;
  const length = bitLength(modulus);
  if (length < minimum || length > maximum) {
    throw invalid(`an RSA key must have ${minimum} to ${maximum} bits, not ${length}`);
  }
  if (!isOdd(modulus)) throw invalid('the modulus of the RSA key is even');
}

function checkPublicExponent(exponent: bigint, modulus: bigint): void {
  if (!isOdd(exponent)) throw invalid('the public exponent of the RSA key is even');
  if (exponent < 3n || exponent >= modulus || bitLength(exponent) > maximumExponentBits) {
    throw invalid('the public exponent of the RSA key is out of range');
  }
}
