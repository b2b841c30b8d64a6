/**
 * How long the event loop was held, in the process that imports this: milliseconds of work of its thread between two
 * beats. Time in which the thread did not run, because the machine had other things to do, does not count.
 */
import { clockOfThread } from '#test/fixtures/timing';

export interface Pulse {
  /** The longest pause since the last question. */
  longest(): number;
  /** What was done since the last beat is not counted: it was our own. */
  skip(): void;
  stop(): void;
}

/** Milliseconds between beats. */
const beat = 5;

/** @param onPause hears of each pause above `most` milliseconds. */
export function watchPulse(most: number, onPause: (milliseconds: number) => void): Pulse {
  const worked = clockOfThread();
  let last = worked();
  let longest = 0;
  const timer = setInterval(() => {
    const now = worked();
    const pause = now - last;
    last = now;
    longest = Math.max(longest, pause);
    if (pause > most) onPause(pause);
  }, beat);
  return {
    longest() {
      const answer = longest;
      longest = 0;
      return answer;
    },
    skip: () => void (last = worked()),
    stop: () => clearInterval(timer),
  };
}
