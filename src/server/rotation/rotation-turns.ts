/** Waiting rotations: at most one of each client runs, a bounded number in all, and the clients take turns. */
import type { Due } from './rotation-schedule.ts';

export class RotationTurns {
  readonly #rotate: (id: string, owner: string) => Promise<void>;
  readonly #atOnce: number;
  /**
   * Waiting rotations by client, without those clients that have a running one: these are in `#held`. The first client
   * has waited longest.
   */
  readonly #waiting = new Map<string, string[]>();
  /** Waiting rotations of clients that have a running one. */
  readonly #held = new Map<string, string[]>();
  /** Waiting or running. */
  readonly #known = new Set<string>();
  #whenIdle: (() => void)[] = [];

  /** `rotate` never rejects. */
  constructor(rotate: (id: string, owner: string) => Promise<void>, atOnce: number) {
    this.#rotate = rotate;
    this.#atOnce = atOnce;
  }

  /** A second call while the object still waits does nothing. */
  add({ owner, id }: Due): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    const queue = this.#held.get(owner) ?? this.#waiting.get(owner);
    if (queue === undefined) this.#waiting.set(owner, [id]);
    else queue.push(id);
    this.#startNext();
  }

  /** Starts no further rotation. */
  clear(): void {
    for (const queue of [...this.#waiting.values(), ...this.#held.values()]) {
      for (const id of queue.splice(0)) this.#known.delete(id);
    }
    this.#waiting.clear();
    this.#wakeWhenIdle();
  }

  /** Resolves when nothing waits or runs. */
  idle(): Promise<void> {
    if (this.#known.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #startNext(): void {
    while (this.#held.size < this.#atOnce) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const [owner, queue] = next;
      this.#waiting.delete(owner);
      const id = queue.shift();
      if (id === undefined) continue;
      this.#held.set(owner, queue);
      void this.#rotate(id, owner).finally(() => {
        this.#known.delete(id);
        this.#held.delete(owner);
        if (queue.length > 0) this.#waiting.set(owner, queue);
        this.#startNext();
        this.#wakeWhenIdle();
      });
    }
  }

  #wakeWhenIdle(): void {
    if (this.#known.size > 0) return;
    for (const wake of this.#whenIdle.splice(0)) wake();
  }
}
