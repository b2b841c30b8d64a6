/**
 * How long a request keeps everybody else waiting: the longest time between two turns of the event loop while it is
 * answered.
 */
import { clockOfThread, workOfProcess } from '#test/fixtures/timing';

const workOfThread = clockOfThread();
/** Milliseconds that Linux may be behind with its count of a thread that runs. */
const tick = 4;

export interface Measured<T> {
  readonly result: T;
  /** Milliseconds in which nobody else had a turn. */
  readonly pause: number;
}

/**
 * Runs the work once, with somebody beside it who takes every turn that there is. What the thread did not work in that
 * time is the machine's: so the least counts of the time on the wall, the work of the process and that of its main
 * thread.
 */
export async function measured<T>(work: () => Promise<T>): Promise<Measured<T>> {
  let longest = 0;
  let over = false;
  // What was left over from before is not the work's.
  await new Promise((resolve) => setImmediate(resolve));
  let wall = performance.now();
  let processors = workOfProcess();
  let thread = workOfThread();
  const look = (): void => {
    const now = [performance.now(), workOfProcess(), workOfThread()] as const;
    longest = Math.max(longest, Math.min(now[0] - wall, now[1] - processors, now[2] - thread + tick));
    [wall, processors, thread] = now;
  };
  const turn = (): void => {
    look();
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
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
