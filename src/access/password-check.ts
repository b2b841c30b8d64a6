/**
 * Checks passwords that come beside a certificate: at a price, since each check costs a tenth of a second of a thread, and at a
 * pace, since each is a guess. Only failures slow a client down, and nothing locks it: what was found right before is right at
 * once, what was found wrong before is wrong at once, sessions that bring the same credential at the same time share one check,
 * and the others wait for their turn. The addresses of a client take turns, so that a wrong password at one of them, or a
 * guesser there, delays a right one at another by one pause at most.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';

import type { Credential } from './client-record.ts';
import { passwordMatches } from './credentials.ts';

/** 'limited': too many others of the same client and address wait to be checked. */
export type Attempt = 'valid' | 'wrong' | 'limited';

export interface Presented {
  readonly client: string;
  /** The address of the peer. */
  readonly source: string;
  readonly username: string;
  readonly password: string;
  /** The client's credential with this user name, if it has one. */
  readonly credential: Credential | undefined;
}

export type PasswordCheck = (presented: Presented) => Promise<Attempt>;

/** A clock that no administrator sets back: a pause is as long as it was meant to be. Milliseconds. */
export interface PaceClock {
  now(): number;
  /** Calls once after so many milliseconds. */
  later(call: () => void, milliseconds: number): void;
}

const steadyClock: PaceClock = {
  now: () => performance.now(),
  later: (call, milliseconds) => void setTimeout(call, milliseconds).unref(),
};

/** Checks at once, whatever the number of clients: the other threads are for the store. */
const atOnce = 2;
const maximumWaitingOfSource = 32;
const maximumWaitingOfClient = 256;
/** Answers that are remembered, right and wrong ones apart: no number of guesses displaces a right one. */
const maximumKnown = 10_000;

const freeFailures = 5;
const firstPause = 250;
const longestPause = 10_000;
/** After so long without one, a client has one failure less. */
const forgivenAfter = 60_000;

interface Waiting {
  readonly presented: Presented;
  resolve(attempt: Attempt): void;
  reject(error: unknown): void;
}

/** What is remembered of a client: how often it failed lately, and when its next check may begin. */
interface Track {
  failures: number;
  since: number;
  next: number;
  waiting: number;
  isChecking: boolean;
}

/** @param matches compares a password with a credential; it takes as long when there is none. */
export function createPasswordCheck(
  clock: PaceClock = steadyClock,
  matches: typeof passwordMatches = passwordMatches,
): PasswordCheck {
  const key = randomBytes(32);
  const tracks = new Map<string, Track>();
  /** By client and address. The line that comes first is the one that waited longest for a turn. */
  const lines = new Map<string, Waiting[]>();
  const underWay = new Map<string, Promise<Attempt>>();
  const right = new Set<string>();
  const wrong = new Set<string>();
  let checking = 0;
  let wakesAt = Infinity;

  /** Tells one answer from another without keeping a password. It ends with the credential that it was found for. */
  const markOf = ({ client, username, password, credential }: Presented): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([client, username, password, credential?.salt, credential?.hash]))
      .digest('base64');

  function trackOf(client: string): Track {
    let track = tracks.get(client);
    if (track === undefined) {
      track = { failures: 0, since: clock.now(), next: 0, waiting: 0, isChecking: false };
      tracks.set(client, track);
    }
    const forgiven = Math.floor((clock.now() - track.since) / forgivenAfter);
    if (forgiven > 0) {
      track.failures = Math.max(0, track.failures - forgiven);
      track.since += forgiven * forgivenAfter;
    }
    return track;
  }

  function enqueue(presented: Presented): Promise<Attempt> {
    const track = trackOf(presented.client);
    const line = `${presented.client}\0${presented.source}`;
    const queue = lines.get(line) ?? [];
    if (queue.length >= maximumWaitingOfSource || track.waiting >= maximumWaitingOfClient) {
      return Promise.resolve('limited');
    }
    track.waiting++;
    lines.set(line, queue);
    const checked = new Promise<Attempt>((resolve, reject) => queue.push({ presented, resolve, reject }));
    startNext();
    return checked;
  }

  /** Begins what may begin now; comes again when the earliest pause ends. */
  function startNext(): void {
    let earliest = Infinity;
    for (const [line, queue] of lines) {
      if (checking >= atOnce) return;
      const [next] = queue;
      if (next === undefined) continue;
      const track = trackOf(next.presented.client);
      if (track.isChecking) continue;
      if (track.next > clock.now()) {
        earliest = Math.min(earliest, track.next);
        continue;
      }
      queue.shift();
      lines.delete(line);
      if (queue.length > 0) lines.set(line, queue);
      void check(next, track);
    }
    if (earliest >= wakesAt) return;
    wakesAt = earliest;
    clock.later(() => {
      wakesAt = Infinity;
      startNext();
    }, earliest - clock.now());
  }

  async function check({ presented, resolve, reject }: Waiting, track: Track): Promise<void> {
    checking++;
    track.isChecking = true;
    try {
      const isRight = await matches(presented.password, presented.credential);
      remember(isRight ? right : wrong, markOf(presented));
      if (!isRight) failed(track);
      resolve(isRight ? 'valid' : 'wrong');
    } catch (error) {
      reject(error);
    } finally {
      checking--;
      track.isChecking = false;
      track.waiting--;
      if (track.waiting === 0 && track.failures === 0) tracks.delete(presented.client);
      startNext();
    }
  }

  function failed(track: Track): void {
    if (track.failures === 0) track.since = clock.now();
    track.failures++;
    const beyond = track.failures - freeFailures;
    if (beyond >= 0) track.next = clock.now() + Math.min(longestPause, firstPause * 2 ** beyond);
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

/** A Set remembers the order of insertion: the oldest goes. */
function remember(known: Set<string>, mark: string): void {
  known.add(mark);
  const [oldest] = known;
  if (known.size > maximumKnown && oldest !== undefined) known.delete(oldest);
}
