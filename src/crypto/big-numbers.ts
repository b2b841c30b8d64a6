/** Arithmetic on the numbers of keys, to see whether they belong together. */
import { checkPrimeSync } from 'node:crypto';
import { invert } from '@noble/curves/abstract/modular.js';

export const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** Above every number of a key that is taken, in bits; arithmetic on larger ones would keep everybody waiting. */
export const maximumBits = 16_384;

export const isOdd = (value: bigint): boolean => (value & 1n) === 1n;

/** Big endian, without a sign: the shortest encoding, or one of `length` bytes. Undefined when it does not fit. */
export function bytesOf(value: bigint, length?: number): Uint8Array | undefined {
  const digits = value.toString(16);
  const shortest = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  if (length === undefined) return Uint8Array.from(shortest);
  if (shortest.length > length) return value === 0n ? new Uint8Array(length) : undefined;
  const bytes = new Uint8Array(length);
  bytes.set(shortest, length - shortest.length);
  return bytes;
}

export const numberOf = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** The inverse of `value` mod `modulus`; undefined when they have a common factor. Its time tells something of both. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  try {
    return invert(value, modulus);
  } catch {
    return undefined;
  }
}

/** The greatest one, by Euclid. */
export function commonDivisor(one: bigint, other: bigint): bigint {
  let [high, low] = [one, other];
  while (low > 0n) [high, low] = [low, high % low];
  return high;
}

/** OpenSSL's test: up to seconds for numbers of thousands of bits. */
export const isPrime = (value: bigint): boolean => checkPrimeSync(value);
