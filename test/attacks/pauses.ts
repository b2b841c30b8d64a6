/**
 * How long a request keeps everybody else waiting: the longest time between two turns of the event loop while it is
 * answered.
 */
import { performance } from 'node:perf_hooks';

export interface Measured<T> {
  readonly result: T;
  /** Milliseconds in which nobody else had a turn. */
  readonly pause: number;
}

/**
 * Runs the work once, with somebody beside it who takes every turn that there is. What the process did not work in that
 * time is the machine's: so the shorter of the time on the wall and the time of its processors counts.
 */
export async function measured<T>(work: () => Promise<T>): Promise<Measured<T>> {
  let longest = 0;
  let over = false;
  // What was left over from before is not the work's.
  await new Promise((resolve) => setImmediate(resolve));
  let wall = performance.now();
  let processor = process.cpuUsage();
  const look = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(processor);
    longest = Math.max(longest, Math.min(now - wall, (user + system) / 1000));
    wall = now;
    processor = process.cpuUsage();
  };
  const tick = (): void => {
    look();
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    const result = await work();
    look();
    return { result, pause: longest };
  } finally {
    over = true;
  }
}

/**
 * The shortest of the longest pauses of up to three runs: what a second run does not repeat is the garbage collector's,
 * or the compiler's. `make` prepares each run.
 */
export async function pauseOf<S>(
  make: () => Promise<S>,
  run: (made: S) => Promise<unknown>,
  bound: number,
): Promise<number> {
  let shortest = Infinity;
  for (let tries = 0; tries < 3 && shortest > bound; tries++) {
    const made = await make();
    shortest = Math.min(shortest, (await measured(() => run(made))).pause);
  }
  return shortest;
}

/** What no request may take, in milliseconds. */
export const longestPause = 20;
