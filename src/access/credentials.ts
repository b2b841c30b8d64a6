/** Passwords: hashed and checked with scrypt (RFC 7914) on the thread pool, attempts limited for each client. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

import { AccessError } from './access-error.ts';
import type { Credential, ScryptCost } from './client-record.ts';

/** 32 MiB and about a tenth of a second; kept with each hash, so that it can grow. */
const cost: ScryptCost = { N: 2 ** 15, r: 8, p: 1 };
const hashLength = 32;
const maximumLength = 1000;
const minimumPassword = 8;

/** Throws AccessError when the user name or the password is outside its bounds. */
export async function makeCredential(username: string, password: string): Promise<Credential> {
  if (username.length === 0 || username.length > maximumLength) {
    throw new AccessError(`a user name has 1 to ${maximumLength} characters`);
  }
  if (password.length < minimumPassword || password.length > maximumLength) {
    throw new AccessError(`a password has ${minimumPassword} to ${maximumLength} characters`);
  }
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return { username, salt: salt.toString('base64'), hash: hash.toString('base64'), cost };
}

/** As long for a user name that nobody has (`credential` is undefined) as for a wrong password. */
export async function passwordMatches(password: string, credential: Credential | undefined): Promise<boolean> {
  if (password.length > maximumLength) return false;
  const { salt, hash, cost: kept } = credential ?? nobody;
  const derived = await derive(password, Buffer.from(salt, 'base64'), kept);
  return timingSafeEqual(derived, Buffer.from(hash, 'base64')) && credential !== undefined;
}

const zeros = (length: number) => Buffer.alloc(length).toString('base64');
const nobody: Credential = { username: '', salt: zeros(16), hash: zeros(hashLength), cost };

function derive(password: string, salt: Buffer, { N, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 256 * N * r };
    scrypt(password, salt, hashLength, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

export type Attempt = 'valid' | 'wrong' | 'limited';

const freeFailures = 5;
const firstPause = 1000;
const longestPause = 60_000;
const maximumWaiting = 32;
const maximumTracked = 10_000;

interface Track {
  failures: number;
  /** No attempt before this time. */
  next: number;
  waiting: number;
  last: Promise<unknown>;
}

/**
 * Lets the attempts of one client through one after the other, and after some failures in a row only after a pause that
 * doubles with each. `client` is known by its certificate, so that nobody can lock out another.
 */
export function createAttemptLimiter(now: () => number) {
  const tracks = new Map<string, Track>();

  function trackOf(client: string): Track {
    const known = tracks.get(client);
    if (known !== undefined) return known;
    if (tracks.size >= maximumTracked) forgetOldest();
    const track: Track = { failures: 0, next: 0, waiting: 0, last: Promise.resolve() };
    tracks.set(client, track);
    return track;
  }

  function forgetOldest(): void {
    for (const [client, track] of tracks) {
      if (track.waiting > 0) continue;
      tracks.delete(client);
      return;
    }
  }

  async function run(track: Track, check: () => Promise<boolean>): Promise<Attempt> {
    if (now() < track.next) return 'limited';
    if (await check()) {
      track.failures = 0;
      return 'valid';
    }
    track.failures++;
    const beyond = track.failures - freeFailures;
    if (beyond >= 0) track.next = now() + Math.min(longestPause, firstPause * 2 ** beyond);
    return 'wrong';
  }

  return async function attempt(client: string, check: () => Promise<boolean>): Promise<Attempt> {
    const track = trackOf(client);
    if (track.waiting >= maximumWaiting) return 'limited';
    track.waiting++;
    const turn = track.last.then(() => run(track, check));
    track.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      track.waiting--;
      if (track.waiting === 0 && track.failures === 0) tracks.delete(client);
    }
  };
}
