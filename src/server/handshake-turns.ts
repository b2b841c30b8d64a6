/**
 * When a handshake may begin. Each costs a millisecond or two, and anybody can ask for one: so one begins at a time,
 * with turns for requests in between; networks take turns, those of clients that were here before first; and while
 * requests come in, a network has only so many a second.
 */

/** A connection that has sent the first bytes of its handshake. */
export interface Candidate {
  readonly network: string;
  readonly isKnown: boolean;
  begin(): void;
}

export interface HandshakeTurns {
  enter(candidate: Candidate): void;
  /** It has gone. */
  leave(candidate: Candidate): void;
}

/** Handshakes of one network: so many at once, and so many a second after that. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}
const ofKnown: Rate = { burst: 100, perSecond: 50 };
const ofStrangers: Rate = { burst: 20, perSecond: 20 };

/** Milliseconds between two of them, while requests come in: the rest of the time is the requests'. */
const pause = 5;
const mostBuckets = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/**
 * @param isBusy whether clients are sending requests.
 * @param now in milliseconds, of any clock that never goes back.
 */
export function createHandshakeTurns(isBusy: () => boolean, now: () => number): HandshakeTurns {
  /** Networks in the order of their turns, each with its candidates in the order they came. */
  const [known, strangers] = [new Map<string, Set<Candidate>>(), new Map<string, Set<Candidate>>()];
  const buckets = new Map<string, Bucket>();
  let isWaiting = false;

  function schedule(milliseconds: number): void {
    if (isWaiting) return;
    isWaiting = true;
    if (milliseconds === 0) setImmediate(next);
    else setTimeout(next, milliseconds);
  }

  function next(): void {
    isWaiting = false;
    const busy = isBusy();
    const began = beginOf(known, ofKnown, busy) || beginOf(strangers, ofStrangers, busy);
    if (known.size + strangers.size > 0) schedule(busy || !began ? pause : 0);
  }

  /** Begins one, of the first network that may have one. */
  function beginOf(waiting: Map<string, Set<Candidate>>, rate: Rate, busy: boolean): boolean {
    for (const [network, candidates] of waiting) {
      if (!take(network, rate) && busy) continue;
      const [first] = candidates;
      waiting.delete(network);
      if (first === undefined) continue;
      candidates.delete(first);
      if (candidates.size > 0) waiting.set(network, candidates);
      first.begin();
      return true;
    }
    return false;
  }

  function take(network: string, { burst, perSecond }: Rate): boolean {
    const time = now();
    const before = buckets.get(network);
    const left = before === undefined ? burst : Math.min(burst, before.left + ((time - before.at) / 1000) * perSecond);
    const isEnough = left >= 1;
    buckets.delete(network);
    buckets.set(network, { left: isEnough ? left - 1 : left, at: time });
    if (buckets.size > mostBuckets) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
    return isEnough;
  }

  return {
    enter(candidate) {
      const { network, isKnown } = candidate;
      const waiting = isKnown ? known : strangers;
      const candidates = waiting.get(network);
      if (candidates === undefined) waiting.set(network, new Set([candidate]));
      else candidates.add(candidate);
      schedule(0);
    },
    leave(candidate) {
      const { network, isKnown } = candidate;
      const waiting = isKnown ? known : strangers;
      const candidates = waiting.get(network);
      if (candidates?.delete(candidate) === true && candidates.size === 0) waiting.delete(network);
    },
  };
}
