/**
 * Bytes that the server holds for clients: incomplete requests, and answers that were not taken yet. Each client has a
 * bound, and all clients together have one. At a bound the client's next bytes wait. A client that holds nothing always
 * gets room for one message, so that no client can shut out another.
 */
export interface HeldLimits {
  /** Bytes. */
  readonly perClient: number;
  readonly inAll: number;
}

/** The bytes that are held for one client. */
export interface Account {
  /** Takes so many bytes more if there is room; returns whether there was. */
  take(bytes: number): boolean;
  /** Takes the bytes as soon as there is room, in the order of the calls. */
  wait(bytes: number): Promise<void>;
  /** Takes the bytes even if there is no room, because they are in memory already. */
  add(bytes: number): void;
  release(bytes: number): void;
  /**
   * Whether a connection may continue that must continue to release its bytes: with room, or as the only one without.
   */
  proceed(who: object): boolean;
  /** Resolves when `who` may continue. */
  turnOf(who: object): Promise<void>;
  /** `who` is done, or its connection has ended. */
  finish(who: object): void;
  /** A connection of the client has ended. */
  leave(): void;
}

export interface HeldBytes {
  /** For one connection of the client, which calls `leave` at its end. */
  join(client: string): Account;
}

interface Waiting {
  readonly bytes: number;
  readonly who?: object;
  readonly go: () => void;
}

export function createHeldBytes({ perClient, inAll }: HeldLimits): HeldBytes {
  const accounts = new Map<string, HeldByClient>();
  /** The clients that have a waiting call. */
  const short = new Set<HeldByClient>();
  let total = 0;

  class HeldByClient implements Account {
    readonly client: string;
    connections = 0;
    held = 0;
    /** The only one that continues without room. */
    foremost: object | undefined;
    readonly waiting: Waiting[] = [];

    constructor(client: string) {
      this.client = client;
    }

    #fits(bytes: number): boolean {
      return this.held === 0 || (this.held + bytes <= perClient && total + bytes <= inAll);
    }

    take(bytes: number): boolean {
      if (this.waiting.length > 0 || !this.#fits(bytes)) return false;
      this.add(bytes);
      return true;
    }

    wait(bytes: number): Promise<void> {
      return this.#stand(bytes);
    }

    add(bytes: number): void {
      this.held += bytes;
      total += bytes;
    }

    release(bytes: number): void {
      this.held -= bytes;
      total -= bytes;
      if (short.size > 0) for (const account of short) account.#wake();
    }

    proceed(who: object): boolean {
      if (this.held < perClient && (total < inAll || this.held === 0)) return true;
      this.foremost ??= who;
      return this.foremost === who;
    }

    turnOf(who: object): Promise<void> {
      return this.#stand(0, who);
    }

    finish(who: object): void {
      if (this.foremost !== who) return;
      this.foremost = undefined;
      this.#wake();
    }

    leave(): void {
      this.connections--;
      if (this.connections === 0) accounts.delete(this.client);
    }

    #stand(bytes: number, who?: object): Promise<void> {
      return new Promise((resolve) => {
        this.waiting.push({ bytes, go: resolve, ...(who === undefined ? {} : { who }) });
        short.add(this);
      });
    }

    #wake(): void {
      for (let [next] = this.waiting; next !== undefined; [next] = this.waiting) {
        const { bytes, who, go } = next;
        if (who === undefined ? !this.#fits(bytes) : !this.proceed(who)) return;
        if (who === undefined) this.add(bytes);
        this.waiting.shift();
        go();
      }
      short.delete(this);
    }
  }

  return {
    join(client) {
      const account = accounts.get(client) ?? new HeldByClient(client);
      accounts.set(client, account);
      account.connections++;
      return account;
    },
  };
}
