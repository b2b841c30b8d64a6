/**
 * Work that keeps a thread busy for long: so much at once, whatever the number of clients, and the clients that wait
 * take turns. It counts places, which a task keeps until its promise settles; #server/admission/turns measures time of
 * the event loop, which is begun and done synchronously. Neither can stand for the other.
 */
import { KmipError } from '#protocol/kmip-error';

export interface FairQueue {
  /**
   * Rejects as the work does, and with KmipError ServerLimitExceeded when too much of the client's work already waits.
   */
  run<T>(client: string, work: () => Promise<T>): Promise<T>;
}

/** @param maximumWaiting of one client. */
export function createFairQueue(atOnce: number, maximumWaiting = Infinity): FairQueue {
  /** What each client has waiting; the client that waits longest for a turn comes first. */
  const waiting = new Map<string, (() => void)[]>();
  let running = 0;

  function startNext(): void {
    const [next] = waiting;
    if (next === undefined || running >= atOnce) return;
    const [client, queue] = next;
    waiting.delete(client);
    const start = queue.shift();
    if (queue.length > 0) waiting.set(client, queue);
    running++;
    start?.();
  }

  return {
    async run(client, work) {
      await new Promise<void>((resolve) => {
        const queue = waiting.get(client);
        if (queue !== undefined && queue.length >= maximumWaiting) {
          throw new KmipError(
            'ServerLimitExceeded',
            `the client already has ${maximumWaiting} heavy requests that wait`,
          );
        }
        if (queue === undefined) waiting.set(client, [resolve]);
        else queue.push(resolve);
        startNext();
      });
      try {
        return await work();
      } finally {
        running--;
        startNext();
      }
    },
  };
}
