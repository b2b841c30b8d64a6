/**
 * Where runs that had a conflict on an object wait before they run again: the next one starts when the one before is
 * done. Without this, ninety-nine of a hundred that change one object would fail each time, and some of them too often.
 */
export class WaitingLines {
  readonly #lastOf = new Map<string, Promise<void>>();

  /**
   * Resolves at the head of the object's line, with a function to be called at the end. A caller that waits in one line
   * must not hold a place in another.
   */
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

  /** How many runs have right of way on each object. */
  readonly #claims = new Map<string, { count: number; readonly free: Promise<void>; readonly release: () => void }>();

  /**
   * Gives right of way on the object: commits of others on it wait until the returned function is called. A run with
   * right of way does not wait for another one with it, so that two of them cannot wait for each other.
   */
  claim(id: string): () => void {
    let claim = this.#claims.get(id);
    if (claim === undefined) {
      let release = (): void => undefined;
      const free = new Promise<void>((resolve) => (release = resolve));
      this.#claims.set(id, (claim = { count: 0, free, release }));
    }
    claim.count++;
    const mine = claim;
    return () => {
      if (--mine.count > 0) return;
      this.#claims.delete(id);
      mine.release();
    };
  }

  get hasClaims(): boolean {
    return this.#claims.size > 0;
  }

  /** Waits while others have right of way on one of the objects, but at most so many milliseconds in all. */
  async giveWay(ids: Iterable<string>, longest = longestWait): Promise<void> {
    const claimed = [...ids].flatMap((id) => this.#claims.get(id)?.free ?? []);
    if (claimed.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, longest)));
    await Promise.race([Promise.all(claimed), late]);
    clearTimeout(timer);
  }
}

/** In milliseconds: a batch may take long, and other clients want to change the object. */
const longestWait = 5000;
