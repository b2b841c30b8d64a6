/** Passwords: hashed and compared with scrypt (RFC 7914) on the thread pool. `password-check.ts` limits how often. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

import { OperatorError } from '#operator-error';
import type { Credential, ScryptCost } from './client-record.ts';

/** 32 MiB and about a tenth of a second; stored with each hash, so that it can grow. */
const cost: ScryptCost = { N: 2 ** 15, r: 8, p: 1 };
const hashLength = 32;
const maximumLength = 1000;
const minimumPassword = 8;

/** Throws OperatorError when the user name or the password is outside its bounds. */
export async function makeCredential(username: string, password: string): Promise<Credential> {
  if (username.length === 0 || username.length > maximumLength) {
    throw new OperatorError(`a user name has 1 to ${maximumLength} characters`);
  }
  if (password.length < minimumPassword || password.length > maximumLength) {
    throw new OperatorError(`a password has ${minimumPassword} to ${maximumLength} characters`);
  }
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return { username, salt: salt.toString('base64'), hash: hash.toString('base64'), cost };
}

/** Takes as long for an unknown user name (`credential` is undefined) as for a wrong password. */
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
