/**
 * Turns for others by work done, not by records or items: a thousand comparisons are as long as a thousand of anything.
 */
import { setImmediate } from 'node:timers/promises';
import type { Pace } from '#objects/pace';

/** About half a millisecond. */
const workPerTurn = 500;

/** Of reading or writing so many bytes of a message, made of the smallest items that it can have. */
export const workOfBytes = (bytes: number): number => bytes / 32;

/**
 * A count of its own, for one request.
 * @param between gives others their turns, as it does between the items of a batch.
 */
export function createPace(between: (bytes: number) => Promise<void> = () => setImmediate()): Pace {
  let left = workPerTurn;
  return (work) => {
    left -= work;
    if (left > 0) return undefined;
    left = workPerTurn;
    return between(0);
  };
}
