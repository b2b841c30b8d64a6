/**
 * What work with keys costs, in milliseconds of one thread of a usual machine, from the sizes of their numbers: rather too much than too little. Of OpenSSL's curves
 * only a few are fast; the others take milliseconds.
 */
import type { AsymmetricKey } from '#crypto/asymmetric-key';
import { bitLength } from '#crypto/big-numbers';
import { hasPoints, type Curve } from '#crypto/curves';
import type { Recipe } from '#crypto/generate-key-pair';

/** base^exponent in a field of so many bits. */
export const costOfPower = (bits: number, exponentBits: number): number =>
  15 * (bits / 4096) ** 2 * (exponentBits / 4096);

/** With the primes known, a quarter of it (RFC 8017 §5.1.2). */
export const costOfRsaPrivate = (bits: number): number => costOfPower(bits, bits) / 3 + 0.05;

/** Tries with some tens of bases, each as long as a power. */
export const costOfPrimality = (bits: number): number => 0.3 + 32 * costOfPower(bits, bits);

const fastCurves = new Set(['prime256v1', 'x25519', 'ed25519', 'x448', 'ed448']);

/** A multiplication of a point; signing, verifying and agreeing take one or two. */
export const costOfPoint = (openssl: string, bits: number): number =>
  fastCurves.has(openssl) ? 0.1 : 6 * (bits / 521) ** 2;

/** On the average: by chance a pair takes a third, or three times as long. */
export function costOfMaking([type, { modulusLength = 0, namedCurve = type, group = '' } = {}]: Recipe): number {
  if (type === 'rsa') return 100 * (modulusLength / 2048) ** 4;
  if (type === 'dsa') return 1000 * (modulusLength / 2048) ** 3;
  // The longest of the groups.
  if (group !== '') return costOfPower(4096, 512);
  return 1 + costOfPoint(namedCurve, 521);
}

export function costOfChecking(key: AsymmetricKey): number {
  if (key.family === 'RSA') return costOfRsaNumbers(key);
  if (key.family === 'EC') return costOfCurve(key.curve);
  const { p, q = p } = key.group;
  const [bits, orderBits] = [bitLength(p), bitLength(q)];
  // In JavaScript: its powers take ten times as long as OpenSSL's.
  return 20 * costOfPower(bits, Math.min(orderBits, 512)) + costOfPrimality(bits) + costOfPrimality(orderBits);
}

const costOfRsaNumbers = (key: Extract<AsymmetricKey, { family: 'RSA' }>): number =>
  key.half === 'public' ? 0.05 : 1 + costOfRsaPrivate(bitLength(key.modulus));

const costOfCurve = (curve: Curve): number => (hasPoints(curve) ? costOfPoint(curve.openssl, curve.bits) : 0.1);
