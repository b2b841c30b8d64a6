/** Who waits behind whom: work of about the same length shares a lane, so that cheap work never waits for dear work. */
import { availableParallelism } from 'node:os';

export interface Lane {
  readonly name: string;
  /** It takes tasks that are likely to cost fewer milliseconds. */
  readonly below: number;
  readonly threads: number;
  /** How much its threads step back behind the event loop's, from 0 to 19 (setpriority(2)). */
  readonly niceness: number;
}

/** In milliseconds: cheaper work is done at once, because the answer of a thread takes about as long. */
export const inlineBelow = 0.3;

/** One processor is left for all requests. */
const others = Math.max(1, availableParallelism() - 1);

/** From the cheap to the dear. */
export const lanes: readonly Lane[] = [
  // Private operations, pairs on curves, containers.
  { name: 'short', below: 100, threads: Math.min(4, others), niceness: 6 },
  // Pairs of RSA up to 4096 bits, long derivations.
  { name: 'medium', below: 4000, threads: Math.min(2, others), niceness: 8 },
  // Longer RSA keys, the parameters of DSA.
  { name: 'long', below: Infinity, threads: Math.min(2, others), niceness: 10 },
];
