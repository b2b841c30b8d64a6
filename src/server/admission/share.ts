/** The part of the server that one connection uses for its client: turns of the event loop, and bytes held. */
import type { Account, HeldBytes } from './held-bytes.ts';
import type { Turns } from './turns.ts';

/** The maximum of bytes that one read takes. */
const most = 64 * 1024;

/** Milliseconds that reading a small request costs. */
const costOfReading = 0.05;

/** Milliseconds that one byte of a long request costs before it is decoded: it is received, decrypted and copied. */
const costOfByte = 2 / 1024 / 1024;

/** What the clients of all connections share. */
export interface Shared {
  readonly turns: Turns;
  /** For incomplete requests, and for answers that were not taken yet. */
  readonly requests: HeldBytes;
  readonly answers: HeldBytes;
}

export interface Share {
  /** Whether the next request may be handled at once; otherwise call `wait`. Either way call `handled` afterwards. */
  begin(): boolean;
  wait(): Promise<void>;
  handled(): void;
  /** Between two items of a batch; the item before has added so many bytes to the answer. */
  between(bytes: number): Promise<void>;
  /** An answer of so many bytes was made; `taken`: the peer has taken it. */
  made(bytes: number): void;
  taken(bytes: number): void;
  /** Whether so many bytes of a request may be read now; otherwise call `room`. They count until `used`. */
  mayCome(bytes: number): boolean;
  room(bytes: number): Promise<void>;
  used(): void;
  /**
   * Resolves when the next request may be read; undefined when it may be read at once. More requests are not read while
   * requests of the client wait.
   */
  next(): Promise<void> | undefined;
  /** So many bytes of a long request were read. Resolves when the next may be read; undefined when at once. */
  read(bytes: number): Promise<void> | undefined;
  /** The connection has ended. */
  leave(): void;
}

/** In bytes: a request up to this length is counted only when it is complete, because so much arrives in one read. */
const small = 16 * 1024;
export const isCounted = (bytes: number): boolean => bytes > small;

export function joinShare(client: string, { turns, requests, answers }: Shared): Share {
  return new ConnectionShare(turns.join(client), requests.join(client), answers.join(client));
}

class ConnectionShare implements Share {
  readonly #turns: ReturnType<Turns['join']>;
  readonly #requests: Account;
  readonly #answers: Account;
  /** Bytes of the incomplete request. */
  #coming = 0;
  /** Bytes of the answer in progress, and of complete answers. */
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

  /** Other connections have filled the room meanwhile: this turn goes to another one. */
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
