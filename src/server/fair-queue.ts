/**
 * Work that keeps a thread busy for long: so many at once, whatever the number of clients, and the clients that wait take turns. What waits is bounded by the
 * connections, each of which has one request at a time.
 */
export interface FairQueue {
  run<T>(client: string, work: () => Promise<T>): Promise<T>;
}

export function createFairQueue(atOnce: number): FairQueue {
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
