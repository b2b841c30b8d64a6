/**
 * The rate of each client's requests: a bucket of tokens for each client, one token for each batch item. A client whose
 * bucket is empty waits for the refill. No request is refused, and no other client waits. Each server has its own
 * buckets, so a client of two servers has twice the rate.
 */
import type { Socket } from 'node:net';
import type { ClientFacts } from '#server/run/client-facts';

interface Bucket {
  /**
   * In thousandths of a token, so that the refill of a millisecond is a whole number: the rate. Below 0: the client's
   * debt.
   */
  tokens: number;
  /** Whole milliseconds. */
  at: number;
}

export class RequestRate {
  /** At most one for each client that has ever connected. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #clients: Pick<ClientFacts, 'quotaOf'>;
  readonly #clock: () => number;

  /** `clock` gives milliseconds that never go back. */
  constructor(clients: Pick<ClientFacts, 'quotaOf'>, clock: () => number = () => performance.now()) {
    this.#clients = clients;
    this.#clock = clock;
  }

  /** Takes a token for each of so many items. Returns the milliseconds that the client has to wait: 0 in most cases. */
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

/** A client with many open requests may owe more milliseconds than a timer can hold. */
const longestPause = 2 ** 30;

/** Waits, but not longer than the socket is open. */
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
