/**
 * When a handshake may begin. Each costs one or two milliseconds, and anybody can start one. So handshakes begin one at
 * a time, with turns for requests between them. Networks take turns; those that had a client lately come first. While
 * requests arrive, the handshakes of a network have a bounded rate. The peer decides how long a handshake takes: each
 * certificate that it sends is one more signature to check, and OpenSSL checks all of them without a pause. So a
 * network pays for the time that its handshakes took, and its debt delays its next handshake.
 */

/** A connection that has sent the first bytes of its handshake. */
export interface Candidate {
  readonly network: string;
  readonly isKnown: boolean;
  /** Bytes received so far. */
  received(): number;
  begin(): void;
}

export interface HandshakeTurns {
  enter(candidate: Candidate): void;
  /** The handshake has just been completed. */
  finish(candidate: Candidate): void;
  /** The connection has ended. */
  leave(candidate: Candidate): void;
}

/** Handshakes of ordinary cost for one network: the burst, and the rate in a second after it. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}
const ofKnown: Rate = { burst: 100, perSecond: 50 };
const ofStrangers: Rate = { burst: 20, perSecond: 20 };

/** The least milliseconds between two handshakes while requests arrive: the rest of the time belongs to requests. */
const pause = 5;
const mostBuckets = 10_000;
/**
 * A handshake costs this part of the burst until it is done; then the difference to its real cost is given back. So at
 * any time only few costs are unknown.
 */
const depositPart = 1 / 4;
/** Milliseconds of an ordinary handshake. It costs 1, and 1 more for each further millisecond. */
const ordinary = 10;
/**
 * The size of a hello and a client certificate, with a small one above it. OpenSSL checks so many bytes in ordinary
 * time, so a long turn of the event loop was then spent on requests, and the handshake does not pay for it.
 */
const ordinaryBytes = 3 * 1024;
/** The maximum debt of a network: one minute of its rate. */
const mostOwed = 1200;

interface Bucket {
  left: number;
  at: number;
}

/** A handshake that has begun. */
interface Unfinished {
  readonly rate: Rate;
  readonly paid: number;
  /** Bytes received at the last look. */
  seen: number;
}

/** Milliseconds in which the event loop worked. */
const workedSoFar = (): number => performance.now() - performance.nodeTiming.idleTime;

/**
 * @param isBusy whether clients send requests at present.
 * @param now in milliseconds, from a clock that never goes back.
 * @param worked milliseconds that the event loop has worked.
 */
export function createHandshakeTurns(
  isBusy: () => boolean,
  now: () => number,
  worked: () => number = workedSoFar,
): HandshakeTurns {
  /** Networks in the order of their turns, each with its waiting connections in the order of arrival. */
  const [known, strangers] = [new Map<string, Set<Candidate>>(), new Map<string, Set<Candidate>>()];
  const buckets = new Map<string, Bucket>();
  const unfinished = new Map<Candidate, Unfinished>();
  let isWaiting = false;
  let isWatching = false;
  /** The milliseconds worked when this turn of the event loop began. */
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

  /** Starts one handshake, for the first network that may have one. */
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

  /** Measures each turn of the event loop while handshakes are under way. It does not keep the process alive. */
  function watch(): void {
    if (isWatching) return;
    isWatching = true;
    marked = worked();
    setImmediate(look).unref();
  }

  function look(): void {
    // Received bytes may cost time before the handshake ends, and the end may never come.
    if (worked() - marked > ordinary) for (const [candidate, state] of unfinished) charge(candidate, state);
    marked = worked();
    isWatching = unfinished.size > 0;
    if (isWatching) setImmediate(look).unref();
  }

  /** The connections that have sent something pay for a long turn. */
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
    // A second handshake of the same turn pays for its own time only.
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
