/** Splits secrets into parts and joins them (KMIP 2.1 §13.1, 1.4 §2.2.5): the same for every Split Key Method. */
import { KmipError } from '#protocol/kmip-error';
import { isPrime, numberOf } from '#crypto/big-numbers';
import type { Random } from '#crypto/padding';
import { sharingMethods, type Part, type Sharing, type SplitKeyMethod } from './split-key-methods.ts';

export type { Part, Sharing, SplitKeyMethod };

export const isSplitKeyMethod = (method: string): method is SplitKeyMethod => method in sharingMethods;

/** Exponents of Mersenne primes: 2^p - 1 is above 2^L for every L below p. */
const mersenneExponents = [127, 521, 607, 1279, 2203, 2281, 3217, 4253, 4423, 9689, 9941, 11_213];
const mersennePrimes = mersenneExponents.map((exponent) => 2n ** BigInt(exponent) - 1n);

/** A "prime bigger than 2^L" for secrets of so many bits, where the request names none; undefined for too long ones. */
export const primeFor = (bits: number): bigint | undefined =>
  mersennePrimes.find((prime) => prime > 2n ** BigInt(bits));

/** Longer numbers, in bits, take too long to be tried. */
const maximumPrimeBits = 4096;

/**
 * Refuses a Prime Field Size that is not prime, which may take a thread for seconds.
 * @throws KmipError InvalidField.
 */
export function checkPrimeField(prime: bigint): void {
  if (mersennePrimes.includes(prime)) return;
  if (prime < 2n || prime >> BigInt(maximumPrimeBits) !== 0n || !isPrime(prime)) {
    throw new KmipError('InvalidField', `Prime Field Size must be a prime of at most ${maximumPrimeBits} bits`);
  }
}

/**
 * Refuses numbers of parts that the method cannot have. The rules for Split Key objects are checked at registration.
 * @throws KmipError InvalidField.
 */
export function checkSharing(sharing: Sharing): void {
  const { method, parts, threshold } = sharing;
  if (method === 'XOR' && parts !== threshold) {
    throw new KmipError('InvalidField', 'Split Key Threshold must equal Split Key Parts when the method is XOR');
  }
  const most = sharingMethods[method].maximumParts(sharing);
  if (parts > most)
    throw new KmipError('InvalidField', `Split Key Parts must be at most ${most} with this Split Key Method`);
}

/** The parts in the order of their identifiers. */
export function splitSecret(secret: Uint8Array, sharing: Sharing, random: Random): Part[] {
  const splitting = sharingMethods[sharing.method].split(secret, sharing, random);
  const parts: Part[] = [];
  try {
    for (let identifier = 1; identifier <= sharing.parts; identifier++) {
      parts.push({ identifier, bytes: splitting.partAt(identifier) });
    }
    return parts;
  } finally {
    splitting.end();
  }
}

/**
 * The secret, as long as a part: the caller knows its length and truncates it. The first parts make it, and all further
 * ones must belong to the same key. `parts` are as many as the threshold at least, of different identifiers, of one
 * length but for the prime field.
 * @throws KmipError CryptographicFailure when they do not belong together.
 */
export function joinSecret(parts: readonly Part[], sharing: Sharing): Uint8Array {
  const { valueAt } = sharingMethods[sharing.method];
  const first = parts.slice(0, sharing.threshold);
  for (const { identifier, bytes } of parts.slice(sharing.threshold)) {
    const expected = valueAt(identifier, first, sharing);
    const belongs = numberOf(expected) === numberOf(bytes);
    expected.fill(0);
    if (!belongs)
      throw new KmipError('CryptographicFailure', `part ${identifier} belongs to a different key than the others`);
  }
  return valueAt(0, first, sharing);
}
