/** How long a request keeps everybody else waiting: the longest time between two turns of the event loop while it is answered. */
import { performance } from 'node:perf_hooks';

export interface Measured<T> {
  readonly result: T;
  /** Milliseconds. */
  readonly pause: number;
  readonly total: number;
}

/** Runs the work once, with somebody beside it who takes every turn that it can get. */
export async function measured<T>(work: () => Promise<T>): Promise<Measured<T>> {
  let longest = 0;
  let last = 0;
  let over = false;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) setImmediate(tick);
  };
  // What was left over from before is not the work's.
  await new Promise((resolve) => setImmediate(resolve));
  const from = (last = performance.now());
  setImmediate(tick);
  try {
    const result = await work();
    const to = performance.now();
    return { result, pause: Math.max(longest, to - last), total: to - from };
  } finally {
    over = true;
  }
}
