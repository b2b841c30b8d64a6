/**
 * The Split Key Methods (KMIP 2.1 §13.1, 1.4 §2.2.5): parts by XOR, and Shamir's polynomials over three kinds of
 * fields. A part with identifier i is the value at i, the secret the one at 0; in GF(2^16) i is the element (i >> 8)y +
 * (i & 255).
 */
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { bytesOf, inverse, numberOf } from '#crypto/big-numbers';
import { gf16, gf8, inverseIn, type BinaryField, type Polynomial } from './binary-fields.ts';
import type { Random } from '#crypto/padding';

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

/** A secret on its way into parts. */
interface Splitting {
  partAt(identifier: number): Uint8Array;
  /** Wipes what can be wiped of the secret, and of what hides it. */
  end(): void;
}

/** How one method makes the value at a place, and finds the one at any other place from as many as the threshold. */
interface SharingMethod {
  split(secret: Uint8Array, sharing: Sharing, random: Random): Splitting;
  /** @throws KmipError CryptographicFailure for parts that are not valid. */
  valueAt(place: number, parts: readonly Part[], sharing: Sharing): Uint8Array;
  /** How many different parts there can be. */
  maximumParts(sharing: Sharing): number;
}

/** In a binary field, element by element; an odd byte at the end of GF(2^16) is filled up with a zero. */
const overBinaryField = (fieldOf: (polynomial: Polynomial) => BinaryField): SharingMethod => ({
  split(secret, { polynomial, threshold }, random) {
    const field = fieldOf(polynomial);
    const constants = elementsOf(secret, field);
    const coefficients = Array.from({ length: threshold - 1 }, () => {
      const bytes = random(constants.length * field.bytes);
      const elements = elementsOf(bytes, field);
      // With a part they give the secret away.
      bytes.fill(0);
      return elements;
    });
    return {
      // Horner: from the highest power down to the secret.
      partAt: (identifier) =>
        bytesOfElements(
          constants.map((constant, place) => {
            let sum = 0;
            for (const each of coefficients) sum = field.multiply(sum ^ (each[place] as number), identifier);
            return sum ^ constant;
          }),
          field,
        ),
      end() {
        for (const each of [constants, ...coefficients]) each.fill(0);
      },
    };
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
    const value = first.map((_, element) =>
      shares.reduce((sum, share, part) => sum ^ field.multiply(share[element] as number, weights[part] as number), 0),
    );
    for (const share of shares) share.fill(0);
    return bytesOfElements(value, field);
  },

  maximumParts: ({ polynomial }) => 2 ** (8 * fieldOf(polynomial).bytes) - 1,
});

function elementsOf(bytes: Uint8Array, field: BinaryField): Uint16Array {
  if (field.bytes === 1) return Uint16Array.from(bytes);
  return Uint16Array.from(
    { length: Math.ceil(bytes.length / 2) },
    (_, place) => ((bytes[2 * place] as number) << 8) | (bytes[2 * place + 1] ?? 0),
  );
}

/** The elements are wiped. */
function bytesOfElements(elements: Uint16Array, field: BinaryField): Uint8Array {
  const bytes =
    field.bytes === 1
      ? Uint8Array.from(elements)
      : Uint8Array.from({ length: 2 * elements.length }, (_, place) => {
          const element = elements[place >> 1] as number;
          return place % 2 === 0 ? element >> 8 : element & 0xff;
        });
  elements.fill(0);
  return bytes;
}

/** In a prime field; the time that arithmetic on big integers takes tells a little of their size. */
const overPrimeField: SharingMethod = {
  split(secret, sharing, random) {
    const prime = primeOf(sharing);
    const constant = numberOf(secret);
    if (constant >= prime) throw new KmipError('InvalidField', 'Prime Field Size must be larger than the secret');
    const coefficients = Array.from({ length: sharing.threshold - 1 }, () => below(prime, random));
    return {
      partAt(identifier) {
        const at = BigInt(identifier);
        const value = coefficients.reduce((sum, each) => ((sum + each) * at) % prime, 0n);
        return padded((value + constant) % prime, prime);
      },
      end: () => undefined,
    };
  },

  valueAt(place, parts, sharing) {
    const prime = primeOf(sharing);
    const value = parts.reduce((sum, { identifier: own, bytes }) => {
      const share = numberOf(bytes);
      if (share >= prime) throw new KmipError('CryptographicFailure', 'every part must be below Prime Field Size');
      let [weight, divisor] = [1n, 1n];
      for (const { identifier: other } of parts) {
        if (other === own) continue;
        weight = (weight * BigInt(other - place)) % prime;
        divisor = (divisor * BigInt(other - own)) % prime;
      }
      const inverted = inverse(modulo(divisor, prime), prime);
      if (inverted === undefined) throw new KmipError('InvalidField', 'Prime Field Size must be a prime');
      return (sum + modulo(weight * inverted, prime) * share) % prime;
    }, 0n);
    return padded(value, prime);
  },

  maximumParts: (sharing) => Number(primeOf(sharing) - 1n),
};

const modulo = (value: bigint, prime: bigint): bigint => ((value % prime) + prime) % prime;

function primeOf({ prime }: Sharing): bigint {
  if (prime === undefined) throw new KmipError('InvalidField', 'Prime Field Size is missing');
  return prime;
}

/** Shares are as long as the prime. */
const padded = (value: bigint, prime: bigint): Uint8Array =>
  bytesOf(value, bytesOf(prime)?.length) ?? new Uint8Array(0);

/** 128 bits more than needed make all numbers equally likely, but for a negligible bias (FIPS 186-5 §A.2.1). */
const below = (prime: bigint, random: Random): bigint => numberOf(random((bytesOf(prime)?.length ?? 0) + 16)) % prime;

/**
 * All parts but the last are random, and together they are the secret: "Split Key Parts (identical to Split Key
 * Threshold)".
 */
const byXor: SharingMethod = {
  split(secret, { parts }, random) {
    const others = Array.from({ length: parts - 1 }, () => random(secret.length));
    const last = xored([secret, ...others]);
    return { partAt: (identifier) => others[identifier - 1] ?? last, end: () => undefined };
  },

  valueAt: (_place, parts) => xored(parts.map(({ bytes }) => bytes)),

  maximumParts: () => Infinity,
};

const xored = (all: readonly Uint8Array[]): Uint8Array =>
  (all[0] as Uint8Array).map((_, place) => all.reduce((sum, each) => sum ^ (each[place] as number), 0));

export const sharingMethods: { readonly [M in SplitKeyMethod]: SharingMethod } = {
  XOR: byXor,
  PolynomialSharingGF2_8: overBinaryField(gf8),
  PolynomialSharingGF2_16: overBinaryField(gf16),
  PolynomialSharingPrimeField: overPrimeField,
};
