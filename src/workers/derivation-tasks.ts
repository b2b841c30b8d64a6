/** The Derivation Methods with their costs. Each method bounds what it derives. */
import { derivationMethods, type DerivationInput, type KeyedMethod } from '#crypto/derivation/derivation-methods';
import { defineTask } from './task.ts';

export interface Derivation extends Omit<DerivationInput, 'random'> {
  readonly method: KeyedMethod;
}

/**
 * Milliseconds: an HMAC of little data with the slowest hash; a byte that goes through a hash, or through the slowest
 * cipher.
 */
const perHmac = 0.002;
const perHashedByte = 1 / 200_000;
const perCipheredByte = 1 / 20_000;

const bytesIn = (values: readonly (Uint8Array | undefined)[]): number =>
  values.reduce((sum, each) => sum + (each?.length ?? 0), 0);

function costOfDeriving({ method, key, data, salt, iv, iterationCount = 1, length }: Derivation): number {
  const fed = bytesIn([key.bytes, ...data, salt, iv]);
  if (method === 'ENCRYPT') return fed * perCipheredByte;
  // The shortest hash gives 16 bytes.
  const blocks = Math.ceil(length / 16);
  if (method === 'PBKDF2') return blocks * (iterationCount + fed / 64) * perHmac;
  if (method === 'HASH' || method === 'HMAC' || method === 'AWSSignatureVersion4') return fed * perHashedByte;
  // CMAC takes several times as long.
  return blocks * (2 * perHmac + 8 * fed * perHashedByte);
}

export const derivationTasks = {
  derive: defineTask({
    cost: costOfDeriving,
    run: ({ method, ...input }: Derivation, { random }) => derivationMethods[method].derive({ ...input, random }),
  }),
};
