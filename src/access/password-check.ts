/**
 * Checks passwords that come beside a certificate: at a price, since each check costs a tenth of a second of a thread,
 * and at a pace, since each is a guess. Nothing locks a client. What was found right before is right at once, what was
 * found wrong before is wrong at once, and sessions that bring the same credential at the same time share one check.
 * For the others clients take turns, and within a client its sessions, those that never failed first: a session that
 * guesses slows down itself. Only a client that fails very often, whatever the number of its sessions, is slowed down
 * as a whole.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import type { Credential } from './client-record.ts';
import { passwordMatches } from './credentials.ts';

/** 'limited': too many checks of the same client wait. */
export type Attempt = 'valid' | 'wrong' | 'limited';

export interface Presented {
  readonly client: string;
  /** Who presents it: the same object for every request of a connection. */
  readonly session: object;
  readonly username: string;
  readonly password: string;
  /** The client's credential with this user name, if it has one. */
  readonly credential: Credential | undefined;
}

export type PasswordCheck = (presented: Presented) => Promise<Attempt>;

/** A clock that no administrator can set back, so that a pause has its full length. Milliseconds. */
export interface PaceClock {
  now(): number;
  /** Calls the function once after so many milliseconds. */
  later(call: () => void, milliseconds: number): void;
}

const steadyClock: PaceClock = {
  now: () => performance.now(),
  later: (call, milliseconds) => void setTimeout(call, milliseconds).unref(),
};

/** The maximum of checks at once for all clients: the other threads are for the store. Each client has at most one. */
const atOnce = 2;
const maximumWaiting = 1000;
/**
 * The maximum of remembered answers. Right and wrong ones are counted apart: no number of guesses displaces a right
 * one.
 */
const maximumKnown = 10_000;

/**
 * The failures of one session before its next check waits, and the first pause in milliseconds, which doubles each
 * time.
 */
const freeFailures = 5;
const firstPause = 250;
const longestPause = 10_000;
/** The failures of a client, in all sessions together, after which its checks wait for one another. */
const freeFailuresOfClient = 100;
const pauseOfClient = 1000;
/** A client has one failure less after so many milliseconds. */
const forgivenAfter = 10_000;

/** A session's failures, and when its next check may begin. */
interface Pace {
  failures: number;
  next: number;
}

interface Waiting {
  readonly presented: Presented;
  readonly pace: Pace;
  resolve(attempt: Attempt): void;
  reject(error: unknown): void;
}

interface Track extends Pace {
  /** When `failures` was last reduced. */
  since: number;
  isChecking: boolean;
  readonly waiting: Set<Waiting>;
}

/** @param matches compares a password with a credential; takes the same time without a credential. */
export function createPasswordCheck(
  clock: PaceClock = steadyClock,
  matches: typeof passwordMatches = passwordMatches,
): PasswordCheck {
  const key = randomBytes(32);
  /** The first client has waited longest for a turn. */
  const tracks = new Map<string, Track>();
  const sessions = new WeakMap<object, Pace>();
  const underWay = new Map<string, Promise<Attempt>>();
  const right = new Set<string>();
  const wrong = new Set<string>();
  let checking = 0;
  let wakesAt = Infinity;

  /** The key of a remembered answer, which does not hold the password. It expires with the credential. */
  const markOf = ({ client, username, password, credential }: Presented): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([client, username, password, credential?.salt, credential?.hash]))
      .digest('base64');

  function trackOf(client: string): Track {
    let track = tracks.get(client);
    if (track === undefined) {
      track = { failures: 0, since: clock.now(), next: 0, isChecking: false, waiting: new Set() };
      tracks.set(client, track);
    }
    const forgiven = Math.floor((clock.now() - track.since) / forgivenAfter);
    track.failures = Math.max(0, track.failures - forgiven);
    track.since += forgiven * forgivenAfter;
    return track;
  }

  function paceOf(session: object): Pace {
    const pace = sessions.get(session) ?? { failures: 0, next: 0 };
    sessions.set(session, pace);
    return pace;
  }

  function enqueue(presented: Presented): Promise<Attempt> {
    const { waiting } = trackOf(presented.client);
    if (waiting.size >= maximumWaiting) return Promise.resolve('limited');
    const checked = new Promise<Attempt>((resolve, reject) => {
      waiting.add({ presented, pace: paceOf(presented.session), resolve, reject });
    });
    startNext();
    return checked;
  }

  /** Starts the checks that may start now; runs again when the earliest pause ends. */
  function startNext(): void {
    let earliest = Infinity;
    for (const [client, track] of tracks) {
      if (checking >= atOnce) return;
      const next = track.isChecking ? undefined : nextOf(track);
      if (next === undefined) continue;
      const from = Math.max(track.next, next.pace.next);
      if (from > clock.now()) {
        earliest = Math.min(earliest, from);
        continue;
      }
      track.waiting.delete(next);
      // A Map iterates over entries that are added again: this client is checking then.
      tracks.delete(client);
      tracks.set(client, track);
      void check(next, track);
    }
    if (earliest >= wakesAt) return;
    wakesAt = earliest;
    clock.later(() => {
      wakesAt = Infinity;
      startNext();
    }, earliest - clock.now());
  }

  async function check({ presented, pace, resolve, reject }: Waiting, track: Track): Promise<void> {
    checking++;
    track.isChecking = true;
    try {
      const isRight = await matches(presented.password, presented.credential);
      remember(isRight ? right : wrong, markOf(presented));
      if (!isRight) failed(track, pace);
      resolve(isRight ? 'valid' : 'wrong');
    } catch (error) {
      reject(error);
    } finally {
      checking--;
      track.isChecking = false;
      if (track.waiting.size === 0 && trackOf(presented.client).failures === 0) tracks.delete(presented.client);
      startNext();
    }
  }

  function failed(track: Track, pace: Pace): void {
    const now = clock.now();
    if (track.failures === 0) track.since = now;
    track.failures++;
    if (track.failures >= freeFailuresOfClient) track.next = now + pauseOfClient;
    pace.failures++;
    const beyond = pace.failures - freeFailures;
    if (beyond >= 0) pace.next = now + Math.min(longestPause, firstPause * 2 ** beyond);
  }

  return (presented) => {
    const mark = markOf(presented);
    if (right.has(mark)) return Promise.resolve('valid');
    if (wrong.has(mark)) return Promise.resolve('wrong');
    const shared = underWay.get(mark);
    if (shared !== undefined) return shared;
    const attempt = enqueue(presented).finally(() => underWay.delete(mark));
    underWay.set(mark, attempt);
    return attempt;
  };
}

/** Of the waiting checks: the first whose session has never failed, else the one whose pause ends first. */
function nextOf({ waiting }: Track): Waiting | undefined {
  let found: Waiting | undefined;
  for (const each of waiting) {
    if (each.pace.failures === 0) return each;
    if (found === undefined || each.pace.next < found.pace.next) found = each;
  }
  return found;
}

/** A Set keeps the order of insertion: the oldest is dropped. */
function remember(known: Set<string>, mark: string): void {
  known.add(mark);
  const [oldest] = known;
  if (known.size > maximumKnown && oldest !== undefined) known.delete(oldest);
}
