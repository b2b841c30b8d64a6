/** Secrets in parts and back, field element by field element in JavaScript. */
import { bitLength } from '#crypto/big-numbers';
import { checkPrimeField, joinSecret, splitSecret, type Part, type Sharing } from '#crypto/sharing/secret-sharing';
import { costOfPrimality } from './key-costs.ts';
import { defineTask } from './task.ts';

export interface Splitting {
  readonly secret: Uint8Array;
  readonly sharing: Sharing;
}
export interface Joining {
  readonly parts: readonly Part[];
  readonly sharing: Sharing;
}

/** Milliseconds for an element of a field; in a prime field for a byte, whose numbers grow with the secret. */
const perElement = 1 / 20_000;

const costOfSharing = (bytes: number, { threshold, method }: Sharing, parts: number): number =>
  bytes * threshold * parts * perElement * (method === 'PolynomialSharingPrimeField' ? 1 + bytes / 64 : 1);

export const sharingTasks = {
  checkPrimeField: defineTask({
    cost: (prime: bigint) => costOfPrimality(bitLength(prime)),
    run: (prime) => checkPrimeField(prime),
  }),

  splitSecret: defineTask({
    cost: ({ secret, sharing }: Splitting) => costOfSharing(secret.length, sharing, sharing.parts),
    run: ({ secret, sharing }, { random }) => splitSecret(secret, sharing, random),
  }),

  joinSecret: defineTask({
    cost: ({ parts, sharing }: Joining) => costOfSharing(parts[0]?.bytes.length ?? 0, sharing, parts.length),
    run: ({ parts, sharing }) => joinSecret(parts, sharing),
  }),
};
