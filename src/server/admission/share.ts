/** What one connection has of its client's part of the server: turns of the event loop, and bytes that are held. */
import type { Account, HeldBytes } from './held-bytes.ts';
import type { Turns } from './turns.ts';

/** Bytes that are read at once. */
const most = 64 * 1024;

/** Milliseconds that reading a small request costs. */
const costOfReading = 0.05;

/**
 * Milliseconds that a byte of a long request costs before anybody looks at it: it is received, decrypted and copied.
 */
const costOfByte = 2 / 1024 / 1024;

/** What the clients of all connections share. */
export interface Shared {
  readonly turns: Turns;
  /** For requests that have not come whole, and for answers that nobody has taken. */
  readonly requests: HeldBytes;
  readonly answers: HeldBytes;
}

export interface Share {
  /** Whether the next request may be handled at once; otherwise `wait` says when. In both cases `handled` follows. */
  begin(): boolean;
  wait(): Promise<void>;
  handled(): void;
  /** Between two items of a batch: the one before has added so many bytes to the answer. */
  between(bytes: number): Promise<void>;
  /** An answer of so many bytes is there, and later it was taken. */
  made(bytes: number): void;
  taken(bytes: number): void;
  /** Whether so many bytes of a request may come now; otherwise `room` says when. Then they are there until `used`. */
  mayCome(bytes: number): boolean;
  room(bytes: number): Promise<void>;
  used(): void;
  /**
   * When the next request may be read, or nothing for at once: while requests of the client wait, more of them would
   * only be in the way.
   */
  next(): Promise<void> | undefined;
  /** A part of a long request has come, of so many bytes: when the next may be read, or nothing for at once. */
  read(bytes: number): Promise<void> | undefined;
  /** The connection has gone. */
  leave(): void;
}

/** Bytes: a request up to this length is not counted before it is there, since so much comes at once. */
const small = 16 * 1024;
export const isCounted = (bytes: number): boolean => bytes > small;

export function joinShare(client: string, { turns, requests, answers }: Shared): Share {
  return new ConnectionShare(turns.join(client), requests.join(client), answers.join(client));
}

class ConnectionShare implements Share {
  readonly #turns: ReturnType<Turns['join']>;
  readonly #requests: Account;
  readonly #answers: Account;
  /** Bytes of the request that comes. */
  #coming = 0;
  /** Bytes of the answer that is being made, and of those that are there. */
  #making = 0;
  #untaken = 0;
  #isGone = false;

  constructor(turns: ReturnType<Turns['join']>, requests: Account, answers: Account) {
    this.#turns = turns;
    this.#requests = requests;
    this.#answers = answers;
  }

  begin(): boolean {
    return this.#answers.proceed(this) && this.#turns.begin();
  }

  async wait(): Promise<void> {
    do {
      if (!this.#answers.proceed(this)) await this.#answers.turnOf(this);
      await this.#turns.wait();
    } while (this.#mustWaitOn());
    if (this.#isGone) this.#answers.finish(this);
  }

  handled(): void {
    this.#turns.done();
  }

  async between(bytes: number): Promise<void> {
    if (!this.#isGone) {
      this.#making += bytes;
      this.#answers.add(bytes);
    }
    await this.#turns.pause();
    while (this.#mustWaitOn()) {
      await this.#answers.turnOf(this);
      await this.#turns.wait();
    }
    if (this.#isGone) this.#answers.finish(this);
  }

  /** Others have filled the room meanwhile: the turn goes to somebody else. */
  #mustWaitOn(): boolean {
    if (this.#isGone || this.#answers.proceed(this)) return false;
    this.#turns.done();
    return true;
  }

  made(bytes: number): void {
    if (this.#isGone) return;
    this.#answers.add(bytes - this.#making);
    this.#making = 0;
    this.#untaken += bytes;
  }

  taken(bytes: number): void {
    if (this.#isGone) return;
    this.#untaken -= bytes;
    this.#answers.release(bytes);
    this.#answers.finish(this);
  }

  mayCome(bytes: number): boolean {
    if (!isCounted(bytes) || this.#coming > 0) return true;
    if (!this.#requests.take(bytes)) return false;
    this.#coming = bytes;
    return true;
  }

  async room(bytes: number): Promise<void> {
    await this.#requests.wait(bytes);
    if (this.#isGone) this.#requests.release(bytes);
    else this.#coming = bytes;
  }

  used(): void {
    if (this.#coming === 0) return;
    this.#requests.release(this.#coming);
    this.#coming = 0;
  }

  next(): Promise<void> | undefined {
    return this.#turns.isBehind() ? this.#turnToRead(costOfReading) : undefined;
  }

  async #turnToRead(cost: number): Promise<void> {
    await this.#turns.wait();
    this.#turns.spend(cost);
    this.#turns.done();
  }

  read(bytes: number): Promise<void> | undefined {
    this.#turns.spend(bytes * costOfByte);
    if (this.#turns.begin()) {
      this.#turns.done();
      return undefined;
    }
    return this.#turnToRead(most * costOfByte);
  }

  leave(): void {
    if (this.#isGone) return;
    this.used();
    this.#isGone = true;
    this.#answers.release(this.#making + this.#untaken);
    this.#answers.finish(this);
    for (const each of [this.#turns, this.#requests, this.#answers]) each.leave();
  }
}
