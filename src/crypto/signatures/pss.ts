/**
 * EMSA-PSS (RFC 8017 §9.1) over the hashes of node:crypto, for what node:crypto does not have: a mask with another
 * hash, and a digest in place of data.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '#crypto/padding';
import type { Pss } from './signature-scheme.ts';

/** Ends every encoded message. */
const trailer = 0xbc;

const digestOf = (hash: string, ...parts: readonly Uint8Array[]): Buffer => {
  const running = createHash(hash);
  for (const part of parts) running.update(part);
  return running.digest();
};

/** Appendix B.2.1. */
function mgf1(seed: Uint8Array, length: number, hash: string): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, counter = 0; made < length; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const block = digestOf(hash, seed, count);
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

const xored = (a: Uint8Array, b: Uint8Array): Buffer =>
  Buffer.from(a.map((byte, place) => byte ^ (b[place] as number)));

/** M', whose hash binds the salt. */
const hashWithSalt = (hash: string, digest: Uint8Array, salt: Uint8Array): Buffer =>
  digestOf(hash, new Uint8Array(8), digest, salt);

/** In bytes: a message is one bit shorter than the modulus. */
const lengthOf = (modulusBits: number): number => Math.ceil((modulusBits - 1) / 8);
/** The bits of the first byte that are always 0. */
const unusedBits = (modulusBits: number): number => 8 * lengthOf(modulusBits) - (modulusBits - 1);

/**
 * §9.1.1, of a digest that is one of the scheme's hash; without a Salt Length the salt is as long as it. The bytes are
 * as many as the modulus has, as OpenSSL wants them.
 * @throws RangeError when they do not fit.
 */
export function encodePss(scheme: Pss, digest: Uint8Array, modulusBits: number, random: Random): Buffer {
  const { hash, maskHash, saltLength = digest.length } = scheme;
  const length = lengthOf(modulusBits);
  const padding = length - digest.length - saltLength - 2;
  if (padding < 0) throw new RangeError('the modulus is too short for hash and salt');
  const salt = random(saltLength);
  const proof = hashWithSalt(hash, digest, salt);
  const block = Buffer.concat([new Uint8Array(padding), Uint8Array.of(1), salt]);
  const masked = xored(block, mgf1(proof, block.length, maskHash));
  masked[0] = (masked[0] as number) & (0xff >> unusedBits(modulusBits));
  return Buffer.concat([new Uint8Array(Math.ceil(modulusBits / 8) - length), masked, proof, Uint8Array.of(trailer)]);
}

/** §9.1.2; without a Salt Length any is right. `whole` has as many bytes as the modulus. */
export function verifyPss(scheme: Pss, digest: Uint8Array, whole: Uint8Array, modulusBits: number): boolean {
  const { hash, maskHash, saltLength } = scheme;
  const encoded = whole.subarray(-lengthOf(modulusBits));
  const end = encoded.length - digest.length - 1;
  const highest = 0xff >> unusedBits(modulusBits);
  const isShort = whole.subarray(0, whole.length - encoded.length).every((byte) => byte === 0);
  const first = encoded[0] ?? 0xff;
  if (!isShort || end < 1 || encoded.at(-1) !== trailer || (first & ~highest) !== 0) return false;
  const proof = encoded.subarray(end, -1);
  const block = xored(encoded.subarray(0, end), mgf1(proof, end, maskHash));
  block[0] = (block[0] as number) & highest;
  const one = block.findIndex((byte) => byte !== 0);
  if (one === -1 || block[one] !== 1) return false;
  const salt = block.subarray(one + 1);
  if (saltLength !== undefined && salt.length !== saltLength) return false;
  return timingSafeEqual(proof, hashWithSalt(hash, digest, salt));
}
