import { randomBytes } from 'node:crypto';

import type { RandomBytes } from './random.ts';

/** Without l and o, which are taken for 1 and 0, and without those: 32 characters, 5 bits each. */
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
const passwordLength = 26;

/** A password of 130 random bits that a person can read out and type. */
export function createPassword(random: RandomBytes = randomBytes): string {
  return Array.from(random(passwordLength), (byte) => alphabet[byte % alphabet.length]).join('');
}
