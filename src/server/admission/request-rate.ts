/**
 * How fast each client's requests are taken: a bucket of tokens for each, one token a batch item. A client that has
 * spent its bucket waits, and so is held at what flows in; nothing is refused, and nobody else waits. Each server has
 * buckets of its own, so that a client of two servers gets twice as much.
 */
import type { Socket } from 'node:net';
import type { ClientFacts } from '#server/run/client-facts';

interface Bucket {
  /**
   * In thousandths of a token, whole numbers: what flows in each millisecond is the rate. Below 0: what the client
   * owes.
   */
  tokens: number;
  /** Whole milliseconds. */
  at: number;
}

export class RequestRate {
  /** At most one for each client that ever connected. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #clients: Pick<ClientFacts, 'quotaOf'>;
  readonly #clock: () => number;

  /** `clock` gives milliseconds that only go forward. */
  constructor(clients: Pick<ClientFacts, 'quotaOf'>, clock: () => number = () => performance.now()) {
    this.#clients = clients;
    this.#clock = clock;
  }

  /**
   * Takes a token for each of so many items, and says how many milliseconds the client has to wait for them: mostly 0.
   */
  take(client: string, items: number): number {
    const rate = this.#clients.quotaOf(client, 'requestsPerSecond');
    if (rate === 0) return 0;
    const full = 1000 * (this.#clients.quotaOf(client, 'requestsBurst') || rate);
    const now = Math.floor(this.#clock());
    let bucket = this.#buckets.get(client);
    if (bucket === undefined) this.#buckets.set(client, (bucket = { tokens: full, at: now }));
    bucket.tokens = Math.min(full, bucket.tokens + (now - bucket.at) * rate) - 1000 * items;
    bucket.at = now;
    return bucket.tokens >= 0 ? 0 : Math.ceil(-bucket.tokens / rate);
  }
}

/** A client with many open requests may owe more than a timer holds. */
const longestPause = 2 ** 30;

/** Waits; no longer than until the socket is closed. */
export function pauseOn(socket: Socket, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, longestPause));
    socket.on('close', done);
  });
}
