/**
 * Keys from keys: constructions of published standards over the hashes and MACs of node:crypto. Lengths are in bytes.
 * A request for more than a method gives ends in CryptographicFailure (KMIP 2.1 §6.1.14, 1.4 §11.7).
 */
import { createHmac, hash as digest, hkdfSync, pbkdf2Sync } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import { hashOf } from '#crypto/hashes';
import { mac } from '#crypto/ciphers/mac';

/** A pseudorandom function, its key within. */
export type Prf = (data: Uint8Array) => Uint8Array;

const nothing = new Uint8Array(0);

/** The first bytes of what a method gave; the rest is wiped. */
export function truncatedTo(length: number, given: Uint8Array): Uint8Array {
  try {
    checkLength(length, given.length);
    return Uint8Array.from(given.subarray(0, length));
  } finally {
    given.fill(0);
  }
}

function checkLength(length: number, most: number): void {
  if (length <= most) return;
  throw new KmipError(
    'CryptographicFailure',
    `the requested length is ${length} bytes, but the method gives at most ${most}`,
  );
}

export const digestOf = (algorithm: string, data: Uint8Array): Uint8Array => digest(hashOf(algorithm), data, 'buffer');

/** RFC 2104. */
export function hmacPrf(algorithm: string, key: Uint8Array): Prf {
  const name = hashOf(algorithm);
  return (data) => createHmac(name, key).update(data).digest();
}

/**
 * By the algorithm of the key: HMAC for those that name one, CMAC for AES.
 * @throws KmipError FeatureNotSupported, when it is called, for a key that makes neither.
 */
export const macPrf =
  (algorithm: string, bytes: Uint8Array): Prf =>
  (data) =>
    mac({ algorithm, bytes }, data, { blockCipherMode: 'CMAC' });

/** Blocks one after the other, until there are `length` bytes of them; `most` is how many blocks there can be. */
function blocks(length: number, most: number, next: (number: number) => Uint8Array): Uint8Array {
  const derived = new Uint8Array(length);
  for (let made = 0, number = 1; made < length; number++) {
    const block = next(number);
    checkLength(length, most * block.length);
    derived.set(block.subarray(0, length - made), made);
    made += block.length;
  }
  return derived;
}

/** [i]2 of SP 800-108: big endian, of so many bits; empty for 0. */
function counter(number: number, bits: number): Uint8Array {
  const bytes = new Uint8Array(bits / 8);
  for (let place = bytes.length - 1, rest = number; place >= 0; place--, rest = Math.floor(rest / 256)) {
    bytes[place] = rest % 256;
  }
  return bytes;
}

/**
 * SP 800-108 §4: the number of iterations "shall be ... no larger than 2^r - 1", and 2^32 - 1 where there is no
 * counter.
 */
const mostBlocks = (counterBits: number): number => 2 ** (counterBits === 0 ? 32 : counterBits) - 1;

/** What the iterations of SP 800-108 share. Label, Context and whatever else is fixed come as one. */
interface Iterated {
  readonly fixed: Uint8Array;
  readonly length: number;
  /** Of the counter, a multiple of 8 up to 32. */
  readonly counterBits: number;
}

/** SP 800-108r1 §4.1: K(i) = PRF([i] || fixed). The counter is always there. */
export const counterMode = (prf: Prf, { fixed, length, counterBits }: Iterated): Uint8Array =>
  blocks(length, mostBlocks(counterBits), (number) => prf(Buffer.concat([counter(number, counterBits), fixed])));

/** SP 800-108r1 §4.2: K(i) = PRF(K(i-1) || [i] || fixed), K(0) being the initialization vector, which may be empty. */
export function feedbackMode(prf: Prf, iv: Uint8Array, { fixed, length, counterBits }: Iterated): Uint8Array {
  let last = iv;
  return blocks(length, mostBlocks(counterBits), (number) => {
    last = prf(Buffer.concat([last, counter(number, counterBits), fixed]));
    return last;
  });
}

/** SP 800-108r1 §4.3: A(0) = fixed, A(i) = PRF(A(i-1)), K(i) = PRF(A(i) || [i] || fixed). */
export function doublePipelineMode(prf: Prf, { fixed, length, counterBits }: Iterated): Uint8Array {
  let a = fixed;
  return blocks(length, mostBlocks(counterBits), (number) => {
    a = prf(a);
    return prf(Buffer.concat([a, counter(number, counterBits), fixed]));
  });
}

/** In bytes: node:crypto takes no longer information. */
const maximumHkdfInfo = 1024;

/**
 * RFC 5869. An absent salt is as many zeros as the hash has bytes, which HMAC makes of an empty one.
 * @throws KmipError InvalidField for an information that is too long, CryptographicFailure for a length that is.
 */
export function hkdf(
  algorithm: string,
  { material, salt = nothing, info = nothing }: HkdfInput,
  length: number,
): Uint8Array {
  const name = hashOf(algorithm);
  checkLength(length, 255 * digest(name, nothing, 'buffer').length);
  if (info.length > maximumHkdfInfo) {
    throw new KmipError('InvalidField', `Derivation Data for HKDF must have at most ${maximumHkdfInfo} bytes`);
  }
  return new Uint8Array(hkdfSync(name, material, salt, info, length));
}

export interface HkdfInput {
  readonly material: Uint8Array;
  readonly salt?: Uint8Array | undefined;
  readonly info?: Uint8Array | undefined;
}

/** RFC 8018 §5.2; the caller bounds `iterations` by `pbkdf2Work`. */
export const pbkdf2 = (algorithm: string, { password, salt, iterations }: Pbkdf2Input, length: number): Uint8Array =>
  pbkdf2Sync(password, salt, iterations, length, hashOf(algorithm));

export interface Pbkdf2Input {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** How often PBKDF2 calls HMAC, which takes most of its time; a long salt counts as some more calls for every block. */
export function pbkdf2Work(
  algorithm: string,
  { salt, iterations }: Omit<Pbkdf2Input, 'password'>,
  length: number,
): number {
  const blockCount = Math.ceil(length / digestOf(algorithm, nothing).length);
  return blockCount * (iterations + Math.floor(salt.length / 64));
}

/** AWS Signature Version 4, "derive a signing key": HMACs in a chain, over the date, the region and the service. */
export function awsSigningKey(secret: Uint8Array, scope: readonly Uint8Array[]): Uint8Array {
  let key: Uint8Array = Buffer.concat([Buffer.from('AWS4'), secret]);
  for (const part of [...scope, Buffer.from('aws4_request')]) {
    const next = hmacPrf('SHA_256', key)(part);
    key.fill(0);
    key = next;
  }
  return key;
}
