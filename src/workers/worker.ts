/**
 * One worker thread as its pool sees it: started when it is first needed, one task at a time, ended when it was idle
 * for long.
 */
import { Worker } from 'node:worker_threads';
import { KmipError } from '#protocol/kmip-error';
import { packed, unpackedError, wipe } from './carrying.ts';
import type { Order, Outcome, ThreadData } from './serve-tasks.ts';

/** Bounds what one task may take, in MiB: what takes more fails alone. */
const maximumHeap = 256;

export interface WorkerThread {
  /** One at a time. Rejects with what the task throws, or with an Error when the thread ends before it is done. */
  run(order: Order): Promise<unknown>;
  end(): Promise<void>;
}

/** The request takes too much memory: neither the server nor its operator can do anything about it. */
const asRefusal = (error: Error): Error =>
  (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new KmipError('ServerLimitExceeded', `the request requires more than ${maximumHeap} MiB of memory`)
    : error;

/**
 * It holds the process only while it works.
 * @param idle milliseconds after its last task that it ends; `onEnd` is called then, and when it breaks.
 */
export function startWorker(thread: URL, data: ThreadData, idle: number, onEnd: () => void): WorkerThread {
  const worker = new Worker(thread, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: maximumHeap } });
  let settle: ((outcome: Outcome | Error) => void) | undefined;
  let fault: Error | undefined;
  const rest = (): NodeJS.Timeout =>
    setTimeout(() => {
      onEnd();
      void worker.terminate();
    }, idle).unref();
  let resting = rest();

  worker.on('message', (outcome: Outcome) => settle?.(outcome));
  worker.on('error', (error: Error) => (fault = asRefusal(error)));
  worker.on('exit', () => {
    clearTimeout(resting);
    onEnd();
    settle?.(fault ?? new Error('a worker thread ended before its task was done'));
  });
  worker.unref();

  return {
    run({ name, input }) {
      clearTimeout(resting);
      worker.ref();
      const answered = new Promise<unknown>((resolve, reject) => {
        settle = (outcome) => {
          settle = undefined;
          worker.unref();
          resting = rest();
          if (outcome instanceof Error) reject(outcome);
          else if ('error' in outcome) reject(unpackedError(outcome.error));
          else resolve(outcome.output);
        };
      });
      const { value, transfer } = packed(input);
      try {
        worker.postMessage({ name, input: value } satisfies Order, transfer);
      } catch (error) {
        wipe(value);
        settle?.(error as Error);
      }
      return answered;
    },
    async end() {
      await worker.terminate();
    },
  };
}
