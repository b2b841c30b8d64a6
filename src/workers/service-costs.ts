/** What services with keys cost, in milliseconds of one thread: from the key, and from the bytes that go through it. */
import type { KeyObject } from 'node:crypto';
import type { Content } from '#crypto/signatures/signature';
import { costOfPoint, costOfPower, costOfRsaPrivate } from './key-costs.ts';

const mebibyte = 1024 * 1024;
const perByte = (millisecondsForMebibyte: number) => millisecondsForMebibyte / mebibyte;

/** With the slowest hash. */
export const costOfHashing = (bytes: number): number => bytes * perByte(5);
/** In JavaScript. */
export const costOfCmac = (bytes: number): number => bytes * perByte(60);
/** AES key wrap goes over its data six times, a few bytes at a time. */
export const costOfKeyWrap = (bytes: number): number => bytes * perByte(200);

/** By the beginnings of OpenSSL's names: processors have instructions for AES, the others are tables and shifts. */
const ciphers = [
  ['aes', perByte(2.5)],
  ['id-aes', perByte(2.5)],
  ['chacha20', perByte(1.5)],
  ['des', perByte(50)],
] as const;
const otherCipher = perByte(14);

export const costOfCipher = (name: string, bytes: number): number =>
  bytes * (ciphers.find(([beginning]) => name.toLowerCase().startsWith(beginning))?.[1] ?? otherCipher);

/** Of a curve only the name is known; most have the number of their bits in it. */
const bitsOfCurve = (name: string): number => Number(/\d{3}/.exec(name)?.[0] ?? 521);

export function costOfPrivateKey({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): number {
  const type: string = asymmetricKeyType ?? '';
  const { modulusLength = 0, namedCurve = type } = asymmetricKeyDetails;
  if (type === 'rsa') return costOfRsaPrivate(modulusLength);
  if (type === 'dsa') return costOfPower(modulusLength, 256);
  if (type === 'dh') return dhCost;
  return costOfPoint(namedCurve, bitsOfCurve(namedCurve));
}

/** Exponents of RSA have some bits mostly, but may have more. */
export function costOfPublicKey(key: KeyObject): number {
  const { asymmetricKeyType, asymmetricKeyDetails: { modulusLength = 0, publicExponent = 65_537n } = {} } = key;
  if (asymmetricKeyType !== 'rsa') return 2 * costOfPrivateKey(key);
  return 0.05 + costOfPower(modulusLength, publicExponent.toString(16).length * 4);
}

/** node:crypto shows neither length nor group of a DH key: this is the cost of the longest supported one. */
const dhCost = costOfPower(8192, 8192);

/** Libraries in JavaScript sign digests on curves; the first time they make tables. */
const digestOnCurve = 60;

export const costOfContent = (content: Content, { asymmetricKeyType }: KeyObject): number =>
  'data' in content ? costOfHashing(content.data.length) : asymmetricKeyType === 'ec' ? digestOnCurve : 0;
