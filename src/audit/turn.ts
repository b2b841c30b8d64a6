/** What is appended in one turn of the event loop: written together, done together. */
import type { Leftover } from './pending.ts';

/** A change whose record is in the store until it is on disk in a file; `text` is that record, not yet in a chain. */
export interface RecordedChange extends Leftover {
  readonly text: string;
}

export interface Turn {
  readonly records: string[];
  readonly changes: RecordedChange[];
  readonly done: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

export function beginTurn(): Turn {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const done = new Promise<void>((onDone, onFailure) => {
    resolve = onDone;
    reject = onFailure;
  });
  // Nobody has to wait: that writing fails is also seen elsewhere.
  done.catch(() => undefined);
  return { records: [], changes: [], done, resolve, reject };
}
