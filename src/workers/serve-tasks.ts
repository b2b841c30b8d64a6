/** A worker thread's side: does one task after another from a table. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { packed, packedError, wipe, type PackedError } from './carrying.ts';
import { stepBack } from './priority.ts';
import type { TaskTable } from './task.ts';

export interface Order {
  readonly name: string;
  readonly input: unknown;
}
export type Outcome = { readonly output: unknown } | { readonly error: PackedError };

/** What a thread is started with. */
export interface ThreadData {
  readonly niceness: number;
}

/** Serves the thread that it is called in. Inputs, and what outputs were copied from, are wiped. */
export function serveTasks(tasks: TaskTable): void {
  const port = parentPort;
  if (port === null) throw new Error('this is not a worker thread');
  stepBack((workerData as ThreadData).niceness);
  port.on('message', ({ name, input }: Order) => {
    void done(tasks, name, input).then(({ value, transfer }) => port.postMessage(value, transfer));
  });
}

async function done(tasks: TaskTable, name: string, input: unknown) {
  try {
    const output: unknown = await tasks[name]?.run(input, { random: randomBytes });
    const parcel = packed({ output });
    wipe(output);
    return parcel;
  } catch (error) {
    return { value: { error: packedError(error) }, transfer: [] };
  } finally {
    wipe(input);
  }
}
