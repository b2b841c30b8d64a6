/**
 * The Split Key Methods (KMIP 2.1 §13.1, 1.4 §2.2.5): parts by XOR, and Shamir's polynomials over three kinds of fields. A
 * part with identifier i is the value at i, the secret the one at 0; in GF(2^16) i is the element (i >> 8)y + (i & 255).
 */
import { setImmediate } from 'node:timers/promises';
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { bytesOf, inverse, isPrime, numberOf } from './big-numbers.ts';
import { gf16, gf8, inverseIn, type BinaryField, type Polynomial } from './binary-fields.ts';
import type { Random } from './padding.ts';

export type SplitKeyMethod = EnumerationValue<'SplitKeyMethod'>;

/** What all parts of one key have in common. */
export interface Sharing {
  readonly method: SplitKeyMethod;
  readonly parts: number;
  readonly threshold: number;
  /** Of GF(2^8), for the methods over binary fields. */
  readonly polynomial: Polynomial;
  /** Of Polynomial Sharing Prime Field. */
  readonly prime?: bigint | undefined;
}

export interface Part {
  /** From 1 on: no two are alike. */
  readonly identifier: number;
  readonly bytes: Uint8Array;
}

/** How one method makes the value at a place, and finds the one at any other place from as many as the threshold. */
interface Way {
  split(secret: Uint8Array, sharing: Sharing, random: Random): (identifier: number) => Uint8Array;
  /** @throws KmipError CryptographicFailure for parts that are none. */
  valueAt(place: number, parts: readonly Part[], sharing: Sharing): Uint8Array;
  /** How many parts can be told apart. */
  mostParts(sharing: Sharing): number;
}

/** In a binary field, element by element; an odd byte at the end of GF(2^16) is filled up with a zero. */
const overBinaryField = (fieldOf: (polynomial: Polynomial) => BinaryField): Way => ({
  split(secret, { polynomial, threshold }, random) {
    const field = fieldOf(polynomial);
    const constants = elementsOf(secret, field);
    const coefficients = Array.from({ length: threshold - 1 }, () =>
      elementsOf(random(constants.length * field.bytes), field),
    );
    // Horner: from the highest power down to the secret.
    return (identifier) =>
      bytesOfElements(
        constants.map((constant, place) => {
          let sum = 0;
          for (const each of coefficients) sum = field.multiply(sum ^ (each[place] as number), identifier);
          return sum ^ constant;
        }),
        field,
      );
  },

  valueAt(place, parts, { polynomial }) {
    const field = fieldOf(polynomial);
    const shares = parts.map(({ bytes }) => elementsOf(bytes, field));
    // Lagrange: all identifiers are public.
    const weights = parts.map(({ identifier: own }) => {
      let [weight, divisor] = [1, 1];
      for (const { identifier: other } of parts) {
        if (other === own) continue;
        weight = field.multiply(weight, other ^ place);
        divisor = field.multiply(divisor, other ^ own);
      }
      return field.multiply(weight, inverseIn(field, divisor));
    });
    const [first = new Uint16Array(0)] = shares;
    return bytesOfElements(
      first.map((_, element) =>
        shares.reduce((sum, share, part) => sum ^ field.multiply(share[element] as number, weights[part] as number), 0),
      ),
      field,
    );
  },

  mostParts: ({ polynomial }) => 2 ** (8 * fieldOf(polynomial).bytes) - 1,
});

function elementsOf(bytes: Uint8Array, field: BinaryField): Uint16Array {
  if (field.bytes === 1) return Uint16Array.from(bytes);
  return Uint16Array.from(
    { length: Math.ceil(bytes.length / 2) },
    (_, place) => ((bytes[2 * place] as number) << 8) | (bytes[2 * place + 1] ?? 0),
  );
}

const bytesOfElements = (elements: Uint16Array, field: BinaryField): Uint8Array =>
  field.bytes === 1
    ? Uint8Array.from(elements)
    : Uint8Array.from({ length: 2 * elements.length }, (_, place) => {
        const element = elements[place >> 1] as number;
        return place % 2 === 0 ? element >> 8 : element & 0xff;
      });

/** In a prime field; the time that arithmetic on big integers takes tells a little of their size. */
const overPrimeField: Way = {
  split(secret, sharing, random) {
    const prime = primeOf(sharing);
    const constant = numberOf(secret);
    if (constant >= prime)
      throw new KmipError('InvalidField', 'Prime Field Size is not above every value of the secret');
    const coefficients = Array.from({ length: sharing.threshold - 1 }, () => below(prime, random));
    return (identifier) => {
      const at = BigInt(identifier);
      const value = coefficients.reduce((sum, each) => ((sum + each) * at) % prime, 0n);
      return padded((value + constant) % prime, prime);
    };
  },

  valueAt(place, parts, sharing) {
    const prime = primeOf(sharing);
    const value = parts.reduce((sum, { identifier: own, bytes }) => {
      const share = numberOf(bytes);
      if (share >= prime) throw new KmipError('CryptographicFailure', 'a part is not below Prime Field Size');
      let [weight, divisor] = [1n, 1n];
      for (const { identifier: other } of parts) {
        if (other === own) continue;
        weight = (weight * BigInt(other - place)) % prime;
        divisor = (divisor * BigInt(other - own)) % prime;
      }
      const inverted = inverse(modulo(divisor, prime), prime);
      if (inverted === undefined) throw new KmipError('InvalidField', 'Prime Field Size is no prime');
      return (sum + modulo(weight * inverted, prime) * share) % prime;
    }, 0n);
    return padded(value, prime);
  },

  mostParts: (sharing) => Number(primeOf(sharing) - 1n),
};

const modulo = (value: bigint, prime: bigint): bigint => ((value % prime) + prime) % prime;

function primeOf({ prime }: Sharing): bigint {
  if (prime === undefined) throw new KmipError('InvalidField', 'Prime Field Size is missing');
  return prime;
}

/** Shares are as long as the prime. */
const padded = (value: bigint, prime: bigint): Uint8Array =>
  bytesOf(value, bytesOf(prime)?.length) ?? new Uint8Array(0);

/** 128 bits more than needed make every number as likely as any other, as far as anybody could tell (FIPS 186-5 §A.2.1). */
const below = (prime: bigint, random: Random): bigint => numberOf(random((bytesOf(prime)?.length ?? 0) + 16)) % prime;

/** All parts but the last are random, and together they are the secret: "Split Key Parts (identical to Split Key Threshold)". */
const byXor: Way = {
  split(secret, { parts }, random) {
    const others = Array.from({ length: parts - 1 }, () => random(secret.length));
    const last = xored([secret, ...others]);
    return (identifier) => others[identifier - 1] ?? last;
  },

  valueAt: (_place, parts) => xored(parts.map(({ bytes }) => bytes)),

  mostParts: () => Infinity,
};

const xored = (all: readonly Uint8Array[]): Uint8Array =>
  (all[0] as Uint8Array).map((_, place) => all.reduce((sum, each) => sum ^ (each[place] as number), 0));

const ways: { readonly [M in SplitKeyMethod]: Way } = {
  XOR: byXor,
  PolynomialSharingGF2_8: overBinaryField(gf8),
  PolynomialSharingGF2_16: overBinaryField(gf16),
  PolynomialSharingPrimeField: overPrimeField,
};

export const isSplitKeyMethod = (method: string): method is SplitKeyMethod => method in ways;

/** Exponents of Mersenne primes: 2^p - 1 is above 2^L for every L below p. */
const mersenneExponents = [127, 521, 607, 1279, 2203, 2281, 3217, 4253, 4423, 9689, 9941, 11_213];
const mersennePrimes = mersenneExponents.map((exponent) => 2n ** BigInt(exponent) - 1n);

/** A "prime bigger than 2^L" for secrets of so many bits, where nobody names one; undefined for too long ones. */
export const primeFor = (bits: number): bigint | undefined =>
  mersennePrimes.find((prime) => prime > 2n ** BigInt(bits));

/** Longer numbers, in bits, take too long to be tried. */
const maximumPrimeBits = 4096;

/**
 * Refuses a Prime Field Size that is no prime, which may take a thread for seconds.
 * @throws KmipError InvalidField.
 */
export async function checkPrimeField(prime: bigint): Promise<void> {
  if (mersennePrimes.includes(prime)) return;
  if (prime < 2n || prime >> BigInt(maximumPrimeBits) !== 0n || !(await isPrime(prime))) {
    throw new KmipError('InvalidField', `Prime Field Size must be a prime of ${maximumPrimeBits} bits at most`);
  }
}

/**
 * Refuses numbers of parts that the method cannot have; the rules for Split Key objects themselves stand where they are registered.
 * @throws KmipError InvalidField.
 */
export function checkSharing(sharing: Sharing): void {
  const { method, parts, threshold } = sharing;
  if (method === 'XOR' && parts !== threshold) {
    throw new KmipError('InvalidField', 'Split Key Threshold must be Split Key Parts when the method is XOR');
  }
  const most = ways[method].mostParts(sharing);
  if (parts > most) throw new KmipError('InvalidField', `the Split Key Method has ${most} parts at most`);
}

/** The parts in the order of their identifiers; everybody else has their turns in between. */
export async function splitSecret(secret: Uint8Array, sharing: Sharing, random: Random): Promise<Part[]> {
  const valueAt = ways[sharing.method].split(secret, sharing, random);
  const parts: Part[] = [];
  for (let identifier = 1; identifier <= sharing.parts; identifier++) {
    parts.push({ identifier, bytes: valueAt(identifier) });
    await setImmediate();
  }
  return parts;
}

/**
 * The secret, of the length of a part: whoever knows its own length cuts it. The first parts make it, and all further ones must be of the same key.
 * `parts` are as many as the threshold at least, of different identifiers, of one length but for the prime field.
 * @throws KmipError CryptographicFailure when they do not belong together.
 */
export async function joinSecret(parts: readonly Part[], sharing: Sharing): Promise<Uint8Array> {
  const { valueAt } = ways[sharing.method];
  const first = parts.slice(0, sharing.threshold);
  for (const { identifier, bytes } of parts.slice(sharing.threshold)) {
    const expected = valueAt(identifier, first, sharing);
    const belongs = numberOf(expected) === numberOf(bytes);
    expected.fill(0);
    if (!belongs) throw new KmipError('CryptographicFailure', `part ${identifier} is of another key than the others`);
    await setImmediate();
  }
  return valueAt(0, first, sharing);
}
