/** Whether the numbers of an RSA key match (RFC 8017 §3). */
import { randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import type { RsaPrivateKey, RsaPublicKey } from './asymmetric-key.ts';
import { bitLength, isOdd, isPrime } from '#crypto/big-numbers';
import { invalidField } from '#crypto/refusals';
import { keyObjectOf } from './key-objects.ts';

/** In bits. Shorter ones are broken; longer ones take seconds for each use. */
export const rsaLengths = { minimum: 1024, maximum: 8192 } as const;
/** FIPS 186-5 §5.4(e). */
const maximumExponentBits = 256;

/** @throws KmipError InvalidField when the numbers are not those of an RSA key. */
export function checkRsaPublic({ modulus, publicExponent }: RsaPublicKey): void {
  checkModulus(modulus);
  checkPublicExponent(publicExponent, modulus);
}

/**
 * The longest factor, in bits, that is tested for being prime: OpenSSL's 64 rounds take 10 ms for 1024 bits, and ten
 * times as long for twice the length. Longer factors are tested by a signature alone, which finds any composite factor
 * but a Carmichael number.
 */
export const maximumTestedFactor = 1024;

/** With a signature that the public half must find good. It is called in worker threads: it may take 100 ms. */
export function checkRsaPrivate(key: RsaPrivateKey): void {
  const { modulus, parts } = key;
  checkModulus(modulus);
  if (parts === undefined) return;
  const { publicExponent, privateExponent, p, q, primeExponentP, primeExponentQ, crtCoefficient } = parts;
  checkPublicExponent(publicExponent, modulus);
  if (p === q) throw invalidField('the two primes of the RSA key must be different');
  if (p < 3n || q < 3n || p * q !== modulus)
    throw invalidField('the modulus of the RSA key must be the product of its primes');
  const product = publicExponent * privateExponent;
  if (product % (p - 1n) !== 1n || product % (q - 1n) !== 1n || privateExponent >= modulus) {
    throw invalidField('the exponents of the RSA key do not match');
  }
  const areOfChineseRemainder =
    primeExponentP === privateExponent % (p - 1n) &&
    primeExponentQ === privateExponent % (q - 1n) &&
    crtCoefficient < p &&
    (crtCoefficient * q) % p === 1n;
  if (!areOfChineseRemainder) throw invalidField('the CRT numbers of the RSA key do not match its primes');
  if (![p, q].every((factor) => bitLength(factor) > maximumTestedFactor || isPrime(factor))) {
    throw invalidField('P and Q of the RSA key must be prime');
  }
  const message = randomBytes(32);
  const [privateKey, publicKey] = [
    keyObjectOf(key),
    keyObjectOf({ family: 'RSA', half: 'public', modulus, publicExponent }),
  ];
  if (!signs(message, privateKey, publicKey))
    throw invalidField('the RSA key does not work: its factors must be prime');
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
    throw invalidField(`an RSA key must have ${minimum} to ${maximum} bits, not ${length}`);
  }
  if (!isOdd(modulus)) throw invalidField('the modulus of the RSA key must be odd');
}

function checkPublicExponent(exponent: bigint, modulus: bigint): void {
  if (!isOdd(exponent)) throw invalidField('the public exponent of the RSA key must be odd');
  if (exponent < 3n || exponent >= modulus || bitLength(exponent) > maximumExponentBits) {
    throw invalidField('the public exponent of the RSA key is out of range');
  }
}
