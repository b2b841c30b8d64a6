/**
 * What work with keys costs, in milliseconds of one thread of a usual machine, from the sizes of their numbers: rather
 * too much than too little. Of OpenSSL's curves only a few are fast; the others take milliseconds.
 */
import type { Family, Half, KeyMaterial } from '#crypto/keys/asymmetric-key';
import { bitLength } from '#crypto/big-numbers';
import type { Recipe } from '#crypto/keys/generate-key-pair';
import { maximumTestedFactor } from '#crypto/keys/rsa-check';

/** The cost of base^exponent in a field of so many bits. */
export const costOfPower = (bits: number, exponentBits: number): number =>
  15 * (bits / 4096) ** 2 * (exponentBits / 4096);

/** With the primes known, a quarter of it (RFC 8017 §5.1.2). */
export const costOfRsaPrivate = (bits: number): number => costOfPower(bits, bits) / 3 + 0.05;

/** Tries with 64 bases, each as long as a power. */
export const costOfPrimality = (bits: number): number => 0.3 + 64 * costOfPower(bits, bits);

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

/** Above these nothing is computed. */
const mostBits = 8192;

/**
 * Reading a key and seeing whether its numbers belong together. How large they are is known only when it was read: at
 * the most they are what the material has room for, which in a private key of RSA is shared by all, and in a group by
 * two. `family` is what the attributes say.
 */
export function costOfReading(half: Half, material: KeyMaterial, family: Family | undefined): number {
  if (family === 'RSA' && half === 'public') return 0.2;
  const bits = Math.min(mostBits, largestIn(material, family));
  if (family === 'RSA') {
    const tested = Math.min(bits, maximumTestedFactor);
    return 0.3 + 2 * costOfRsaPrivate(bits) + 15 * (bits / mostBits) ** 2 + 2 * costOfPrimality(tested);
  }
  if (family === 'EC') return 0.2 + costOfPoint('unknown', Math.min(bits, 571));
  // In JavaScript powers take ten times as long as in OpenSSL.
  return 0.3 + 2 * costOfPrimality(bits) + 20 * costOfPower(bits, 512);
}

function largestIn(material: KeyMaterial, family: Family | undefined): number {
  if (material instanceof Uint8Array) return material.length * (family === 'RSA' ? 2 : 4);
  return Math.max(0, ...material.map(({ value }) => (typeof value === 'bigint' ? bitLength(value) : 0)));
}
