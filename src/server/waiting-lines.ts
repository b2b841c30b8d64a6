/**
 * Where those who lost a race for an object wait before they run again: one goes when the one before is done. Without that, of a hundred who change one object
 * ninety-nine would lose every time, and some of them too often.
 */
export class WaitingLines {
  readonly #lastOf = new Map<string, Promise<void>>();

  /** Resolves at the head of the object's line, with what to call when done. Who waits in one line must hold no place in another. */
  async enter(id: string): Promise<() => void> {
    const before = this.#lastOf.get(id);
    let leave = (): void => undefined;
    const mine = new Promise<void>((resolve) => (leave = resolve));
    this.#lastOf.set(id, mine);
    await before;
    return () => {
      if (this.#lastOf.get(id) === mine) this.#lastOf.delete(id);
      leave();
    };
  }
}
