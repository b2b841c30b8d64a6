/**
 * One request, from its first byte to the end of its answer: who asks, from where, whether anybody still waits for it,
 * what it may take of the server's time, and what is wiped at its end. Doors make one for each request and end it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Principal } from '#access/principal';
import type { Pace } from '#objects/pace';
import type { Origin, Session } from '#server/session';
import { createPace } from './pace.ts';
import { SecretsToWipe } from './secrets-to-wipe.ts';

/**
 * Resolves when others had their turns, and the client's answers have room for more. What was done before it has added
 * so many bytes to the answer.
 */
export type Turn = (bytes: number) => Promise<void>;

const nextTurn: Turn = () => setImmediate();

export class RequestScope {
  readonly principal: Principal;
  readonly origin: Origin;
  readonly turn: Turn;
  /** Counts the work of this request. */
  readonly pace: Pace;
  readonly secretsToWipe = new SecretsToWipe();
  /** Bytes of the request in TTLV, by which the work of reading it is counted; its door sets it. */
  size = 0;
  /** Whether a thread has worked for the request. */
  isHeavy = false;
  #reply: Uint8Array | undefined;

  /** @param turn is awaited between two items of a batch, and within what takes long. */
  constructor({ principal, origin }: Session, turn: Turn = nextTurn) {
    this.principal = principal;
    this.origin = origin;
    this.turn = turn;
    this.pace = createPace(turn);
  }

  /** See `Origin`. */
  get signal(): AbortSignal {
    return this.origin.signal;
  }

  get hasLeft(): boolean {
    return this.origin.hasLeft();
  }

  /**
   * The answer is encoded, or there is none: wipes all that is secret but its bytes, which wait for the end of the
   * request.
   */
  answered(reply: Uint8Array | undefined): Promise<void> | undefined {
    this.#reply = reply;
    return this.secretsToWipe.wipe();
  }

  /** The client has the answer, or gets none. Ending it twice is harmless. */
  end(): Promise<void> | undefined {
    this.#reply?.fill(0);
    this.#reply = undefined;
    return this.secretsToWipe.wipe();
  }
}
