/**
 * When a handshake may begin. Each costs a millisecond or two, and anybody can ask for one: so one begins at a time,
 * with turns for requests in between; networks take turns, those of clients that were here before first; and while
 * requests come in, a network has only so many a second. How long one takes is up to the peer: each certificate that it
 * sends is a signature to check, and OpenSSL checks all of them at once. So a network pays for the time that its
 * handshakes took, and what is not yet paid holds back its next.
 */

/** A connection that has sent the first bytes of its handshake. */
export interface Candidate {
  readonly network: string;
  readonly isKnown: boolean;
  /** Bytes so far. */
  received(): number;
  begin(): void;
}

export interface HandshakeTurns {
  enter(candidate: Candidate): void;
  /** Its handshake is done, just now. */
  finish(candidate: Candidate): void;
  /** It has gone. */
  leave(candidate: Candidate): void;
}

/** Handshakes of one network, of ordinary cost: so many at once, and so many a second after that. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}
const ofKnown: Rate = { burst: 100, perSecond: 50 };
const ofStrangers: Rate = { burst: 20, perSecond: 20 };

/** Milliseconds between two of them, while requests come in: the rest of the time is the requests'. */
const pause = 5;
const mostBuckets = 10_000;
/**
 * One costs this part of the burst until it is done; then the rest comes back. So the cost of only a few is not known.
 */
const depositPart = 1 / 4;
/** Milliseconds of an ordinary one. It costs 1, and 1 more for each millisecond above. */
const ordinary = 10;
/**
 * A hello and a client's own certificate, with one above it if they are small: what OpenSSL checks in so many bytes is
 * ordinary. A long turn of the event loop is then the work of requests, which it is not to pay for.
 */
const ordinaryBytes = 3 * 1024;
/** A network owes at most so much: a minute of a stranger's. */
const mostOwed = 1200;

interface Bucket {
  left: number;
  at: number;
}

/** One that began. */
interface Unfinished {
  readonly rate: Rate;
  readonly paid: number;
  /** Bytes when it was last looked at. */
  seen: number;
}

/** Milliseconds in which the event loop did not wait. */
const workedSoFar = (): number => performance.now() - performance.nodeTiming.idleTime;

/**
 * @param isBusy whether clients are sending requests.
 * @param now in milliseconds, of any clock that never goes back.
 * @param worked milliseconds that the event loop has worked.
 */
export function createHandshakeTurns(
  isBusy: () => boolean,
  now: () => number,
  worked: () => number = workedSoFar,
): HandshakeTurns {
  /** Networks in the order of their turns, each with its candidates in the order they came. */
  const [known, strangers] = [new Map<string, Set<Candidate>>(), new Map<string, Set<Candidate>>()];
  const buckets = new Map<string, Bucket>();
  const unfinished = new Map<Candidate, Unfinished>();
  let isWaiting = false;
  let isWatching = false;
  /** What had been worked when this turn of the event loop began. */
  let marked = 0;

  function schedule(milliseconds: number): void {
    if (isWaiting) return;
    isWaiting = true;
    if (milliseconds === 0) setImmediate(next);
    else setTimeout(next, milliseconds).unref();
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
      const isPaid = take(network, rate);
      if (!isPaid && busy) continue;
      const [first] = candidates;
      waiting.delete(network);
      if (first === undefined) continue;
      candidates.delete(first);
      if (candidates.size > 0) waiting.set(network, candidates);
      unfinished.set(first, { rate, paid: isPaid ? rate.burst * depositPart : 0, seen: first.received() });
      watch();
      first.begin();
      return true;
    }
    return false;
  }

  function take(network: string, rate: Rate): boolean {
    const isEnough = leftOf(network, rate) >= 1;
    if (isEnough) pay(network, rate, rate.burst * depositPart);
    return isEnough;
  }

  function leftOf(network: string, { burst, perSecond }: Rate): number {
    const before = buckets.get(network);
    return before === undefined ? burst : Math.min(burst, before.left + ((now() - before.at) / 1000) * perSecond);
  }

  function pay(network: string, rate: Rate, amount: number): void {
    const left = Math.max(-mostOwed, leftOf(network, rate) - amount);
    buckets.delete(network);
    buckets.set(network, { left, at: now() });
    if (buckets.size > mostBuckets) {
      const [oldest] = buckets.keys();
      if (oldest !== undefined) buckets.delete(oldest);
    }
  }

  /** Looks at each turn of the event loop as long as handshakes are under way; it keeps the loop from no wait. */
  function watch(): void {
    if (isWatching) return;
    isWatching = true;
    marked = worked();
    setImmediate(look).unref();
  }

  function look(): void {
    // What one sends may be worked on before its end, and the end may never come.
    if (worked() - marked > ordinary) for (const [candidate, state] of unfinished) charge(candidate, state);
    marked = worked();
    isWatching = unfinished.size > 0;
    if (isWatching) setImmediate(look).unref();
  }

  /** A turn that took long goes to those from whom something came. */
  function charge(candidate: Candidate, state: Unfinished): void {
    const over = worked() - marked - ordinary;
    if (over <= 0) return;
    const received = candidate.received();
    if (received > state.seen && received > ordinaryBytes) pay(candidate.network, state.rate, over);
    state.seen = received;
  }

  function settle(candidate: Candidate): void {
    const state = unfinished.get(candidate);
    if (state === undefined) return;
    unfinished.delete(candidate);
    charge(candidate, state);
    pay(candidate.network, state.rate, 1 - state.paid);
    // The next of the same turn pays for itself only.
    marked = worked();
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
    finish: settle,
    leave(candidate) {
      settle(candidate);
      const { network, isKnown } = candidate;
      const waiting = isKnown ? known : strangers;
      const candidates = waiting.get(network);
      if (candidates?.delete(candidate) === true && candidates.size === 0) waiting.delete(network);
    },
  };
}
