/**
 * Work that would hold up everybody, done in worker threads. Its cost is estimated before it is begun: what is cheap is
 * done at once, the rest waits in the lane of its cost, where the clients take turns. Native code in a thread cannot be
 * interrupted: what was begun for a client that has gone is finished, and dropped.
 */
import { KmipError } from '#protocol/kmip-error';
import type { Random } from '#crypto/padding';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import { inlineBelow, lanes as usualLanes, type Lane } from './lanes.ts';
import type { InputOf, OutputOf, TaskTable } from './task.ts';
import { startWorker, type WorkerThread } from './worker.ts';

/** For whom a task is done. */
export interface Asker {
  /** Who takes turns with others. */
  readonly client: string;
  /** Whether the client no longer waits for the answer. */
  hasLeft(): boolean;
  /** For work that is done at once. */
  readonly random: Random;
}

export interface Pool<T extends TaskTable> {
  /** Whether a thread does it. */
  isHeavy<N extends keyof T & string>(name: N, input: InputOf<T[N]>): boolean;
  /** Without a thread, whatever it costs. */
  atOnce<N extends keyof T & string>(name: N, input: InputOf<T[N]>, random: Random): Promise<OutputOf<T[N]>>;
  /**
   * Rejects with what the task throws; with KmipError OperationCanceledByRequester when the client has left before its
   * turn, ServerLimitExceeded when it has too much waiting. The input stays the caller's, to wipe; the output is.
   */
  run<N extends keyof T & string>(name: N, input: InputOf<T[N]>, asker: Asker): Promise<OutputOf<T[N]>>;
  /** Ends the threads; those that are busy end when their task is done. */
  close(): Promise<void>;
}

export interface PoolOptions<T extends TaskTable> {
  readonly tasks: T;
  /** The module of a thread, which serves the same tasks. */
  readonly thread: URL;
  readonly lanes?: readonly Lane[];
  /** Tasks of one client that may wait in one lane. */
  readonly maximumWaiting?: number;
  /** Milliseconds. */
  readonly idle?: number;
}

/** A lane at work. */
interface Running {
  readonly lane: Lane;
  readonly queue: FairQueue;
  readonly free: WorkerThread[];
}

export function createPool<T extends TaskTable>(options: PoolOptions<T>): Pool<T> {
  const { tasks, thread, lanes = usualLanes, maximumWaiting = 256, idle = 60_000 } = options;
  const running = lanes.map((lane): Running => {
    return { lane, queue: createFairQueue(lane.threads, maximumWaiting), free: [] };
  });
  const last = running.at(-1) as Running;
  const all = new Set<WorkerThread>();

  /** There is one: the queue lets as many in as there are threads. */
  function threadOf({ lane, free }: Running): WorkerThread {
    const idling = free.pop();
    if (idling !== undefined) return idling;
    const started = startWorker(thread, { niceness: lane.niceness }, idle, () => {
      all.delete(started);
      const place = free.indexOf(started);
      if (place >= 0) free.splice(place, 1);
    });
    all.add(started);
    return started;
  }

  async function inThread(of: Running, name: string, input: unknown, { client, hasLeft }: Asker): Promise<unknown> {
    return await of.queue.run(client, async () => {
      if (hasLeft())
        throw new KmipError('OperationCanceledByRequester', 'the client disconnected before its request was started');
      const worker = threadOf(of);
      try {
        return await worker.run({ name, input });
      } finally {
        // A thread that failed has left the set.
        if (all.has(worker)) of.free.push(worker);
      }
    });
  }

  const costOf = (name: string, input: unknown): number => tasks[name]?.cost(input) ?? 0;

  async function atOnce<N extends keyof T & string>(
    name: N,
    input: InputOf<T[N]>,
    random: Random,
  ): Promise<OutputOf<T[N]>> {
    return tasks[name]?.run(input, { random }) as OutputOf<T[N]>;
  }

  return {
    atOnce,
    isHeavy: (name, input) => costOf(name, input) >= inlineBelow,
    async run<N extends keyof T & string>(name: N, input: InputOf<T[N]>, asker: Asker) {
      const cost = costOf(name, input);
      if (cost < inlineBelow) return await atOnce(name, input, asker.random);
      const of = running.find(({ lane }) => cost < lane.below) ?? last;
      return (await inThread(of, name, input, asker)) as OutputOf<T[N]>;
    },
    async close() {
      const ending = [...all];
      all.clear();
      await Promise.all(ending.map((each) => each.end()));
    },
  };
}
