/** Objects that could not be rotated. After each failure the object waits twice as long, up to a day. */

/** Milliseconds. */
const firstPause = 15 * 60_000;
const longestPause = 24 * 3600_000;

/** The maximum of remembered failures of one owner. Further objects are tried whenever their owner's turn comes. */
const maximumOfOwner = 1024;

interface Failure {
  readonly pause: number;
  readonly until: number;
}

export class FailedRotations {
  /** By owner and identifier. */
  readonly #owners = new Map<string, Map<string, Failure>>();

  /** Whether it failed, and must still wait. */
  isPaused(owner: string, id: string, now: number): boolean {
    return (this.#owners.get(owner)?.get(id)?.until ?? 0) > now;
  }

  /** Returns whether this is its first remembered failure. */
  failed(owner: string, id: string, now: number): boolean {
    let failures = this.#owners.get(owner);
    if (failures === undefined) this.#owners.set(owner, (failures = new Map()));
    const earlier = failures.get(id);
    const pause = earlier === undefined ? firstPause : Math.min(longestPause, 2 * earlier.pause);
    if (earlier !== undefined || failures.size < maximumOfOwner) failures.set(id, { pause, until: now + pause });
    return earlier === undefined;
  }

  forget(owner: string, id: string): void {
    const failures = this.#owners.get(owner);
    if (failures?.delete(id) === true && failures.size === 0) this.#owners.delete(owner);
  }

  /** Forgets objects that no longer exist. */
  keep(isThere: (id: string) => boolean): void {
    for (const [owner, failures] of this.#owners) {
      for (const id of failures.keys()) if (!isThere(id)) this.forget(owner, id);
    }
  }

  has(owner: string, id: string): boolean {
    return this.#owners.get(owner)?.has(id) === true;
  }
}
