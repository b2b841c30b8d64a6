/**
 * Turns of the event loop for all commits of a store together: what was read in one turn is sealed in several. A
 * single commit that gives turns is not enough, since many of them go on in the same one.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export class SealingTurns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #work = 0;
  #isGiving = false;

  /** @param perTurn work of one turn of the event loop, in any measure. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** When more may be sealed, or nothing for at once. The caller goes on as soon as it resolves. */
  next(): Promise<void> | undefined {
    if (this.#work < this.#perTurn && this.#waiting.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isGiving) void this.#give();
    });
  }

  /** So much was done. */
  did(work: number): void {
    this.#work += work;
  }

  async #give(): Promise<void> {
    this.#isGiving = true;
    while (this.#waiting.length > 0) {
      await nextTurn();
      this.#work = 0;
      while (this.#work < this.#perTurn) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        next();
        // The one that waited does its work before this goes on.
        await Promise.resolve();
      }
    }
    this.#isGiving = false;
  }
}
