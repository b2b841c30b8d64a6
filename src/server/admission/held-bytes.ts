/**
 * Bytes that the server holds for clients: requests that have not come whole, answers that nobody has taken. Each
 * client has a bound, and all together one; at a bound a client's next ones wait. A client that holds nothing always
 * gets room for one, so that nobody can shut out another.
 */
export interface HeldLimits {
  /** Bytes. */
  readonly perClient: number;
  readonly inAll: number;
}

/** What a client holds. */
export interface Account {
  /** Whether there is room for so many bytes more; then they are taken. */
  take(bytes: number): boolean;
  /** Takes them when there is room, in the order of the calls. */
  wait(bytes: number): Promise<void>;
  /** They are there, whether or not there was room. */
  add(bytes: number): void;
  release(bytes: number): void;
  /** Whether one may go on that has to in order to release what it holds: with room, or as the only one without. */
  proceed(who: object): boolean;
  /** Resolves when `who` may proceed. */
  turnOf(who: object): Promise<void>;
  /** `who` is done, or gone. */
  finish(who: object): void;
  /** A connection of the client has gone. */
  leave(): void;
}

export interface HeldBytes {
  /** For a connection of the client, which `leave`s when it has gone. */
  join(client: string): Account;
}

interface Waiting {
  readonly bytes: number;
  readonly who?: object;
  readonly go: () => void;
}

export function createHeldBytes({ perClient, inAll }: HeldLimits): HeldBytes {
  const accounts = new Map<string, HeldByClient>();
  /** Those for whom somebody waits. */
  const short = new Set<HeldByClient>();
  let total = 0;

  class HeldByClient implements Account {
    readonly client: string;
    connections = 0;
    held = 0;
    /** The one that goes on without room. */
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
