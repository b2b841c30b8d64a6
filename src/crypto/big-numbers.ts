/** Arithmetic on the numbers of keys, to see whether they belong together. */
import { checkPrime } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

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

/** Squarings of numbers of thousands of bits that take about a millisecond together. */
const squaringsInATurn = 32;

/** base^exponent mod modulus, everybody else having their turns meanwhile. For public numbers: its time tells the exponent. */
export async function power(base: bigint, exponent: bigint, modulus: bigint): Promise<bigint> {
  let result = 1n;
  let square = base % modulus;
  let squarings = 0;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (isOdd(rest)) result = (result * square) % modulus;
    square = (square * square) % modulus;
    if (++squarings % squaringsInATurn === 0) await setImmediate();
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

/** OpenSSL's test, in its own thread: up to seconds for numbers of thousands of bits. */
export const isPrime: (value: bigint) => Promise<boolean> = promisify<bigint, boolean>(checkPrime);
