/**
 * Turns of the event loop for all commits of a store together: records that were read in one turn are sealed in
 * several. It is not enough that each commit gives turns, because many commits may continue in the same one.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export class SealingTurns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #work = 0;
  #isGiving = false;

  /** @param perTurn the maximum of work in one turn of the event loop, in any measure. */
  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves when more may be sealed; undefined when at once. The caller must continue as soon as it resolves. */
  next(): Promise<void> | undefined {
    if (this.#work < this.#perTurn && this.#waiting.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isGiving) void this.#give();
    });
  }

  /** So much work was done. */
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
        // The caller that waited does its work before this continues.
        await Promise.resolve();
      }
    }
    this.#isGiving = false;
  }
}
