/** Arithmetic on the numbers of keys, to see whether they belong together. */
import { checkPrimeSync } from 'node:crypto';

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

/** base^exponent mod modulus. For public numbers: its time tells the exponent. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (isOdd(rest)) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The inverse of `value` mod `modulus`; undefined when they have a common factor. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [low, high] = [value % modulus, modulus];
  let [ofLow, ofHigh] = [1n, 0n];
  while (low > 0n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [ofLow, ofHigh] = [ofHigh - quotient * ofLow, ofLow];
  }
  if (high !== 1n) return undefined;
  return ofHigh < 0n ? ofHigh + modulus : ofHigh;
}

/** OpenSSL's test: up to seconds for numbers of thousands of bits. */
export const isPrime = (value: bigint): boolean => checkPrimeSync(value);
