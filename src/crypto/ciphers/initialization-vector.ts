/**
 * The IV/Counter/Nonce of a cipher: what the client gives or is given, and what the cipher starts with. They differ
 * where there is a counter: a client may leave it to Initial Counter Value and give the nonce before it alone (KMIP 2.1
 * §4.16, RFC 3686 §4, RFC 8439 §2.4).
 */
import type { CryptographicParameters } from '#protocol/structures';
import { chaCha20, chaCha20Poly1305, leastRandomVector, type Cipher } from './block-cipher.ts';
import { badParameters } from '#crypto/refusals';
import type { Random } from '#crypto/padding';

export interface InitializationVector {
  /** What the client must know to decrypt. */
  readonly iv: Uint8Array;
  /** What the cipher starts with. */
  readonly start: Uint8Array;
  /** Bytes after which the counter would repeat or run into the nonce; absent where there is none. */
  readonly maximumBytes?: number;
}

/** In bytes; GCM takes longer ones, which have no use. */
const maximumLength = 128;
/** Of ChaCha20, in bytes (RFC 8439 §2.4). */
const nonceLength = 12;
const chaChaBlock = 64;

/** Whether the cipher needs one at all. */
export const needsVector = (cipher: Cipher): boolean => cipher.ivLength > 0;

/** A random one, of IV Length (in bits) or as long as the cipher likes it. @throws KmipError as `vectorOf` does. */
export function randomVector(cipher: Cipher, parameters: CryptographicParameters, random: Random): Uint8Array {
  const { ivLength, counterLength } = parameters;
  const usual = cipher === chaCha20 ? nonceLength : cipher.ivLength;
  const withoutCounter = isCounterMode(cipher) && counterLength !== undefined ? usual - counterLength / 8 : usual;
  const length = ivLength === undefined ? withoutCounter : ivLength / 8;
  checkLength(cipher, length);
  const least = leastRandomVector(cipher);
  if (length < least)
    throw badParameters(`a Random IV for ${cipher.name} must have at least ${least} bytes, not ${length}`);
  return random(length);
}

/**
 * What the cipher makes of an IV/Counter/Nonce, which must agree with the lengths that the parameters name.
 * @throws KmipError BadCryptographicParameters.
 */
export function vectorOf(cipher: Cipher, iv: Uint8Array, parameters: CryptographicParameters): InitializationVector {
  const { ivLength, fixedFieldLength, invocationFieldLength, counterLength, initialCounterValue } = parameters;
  if (ivLength !== undefined && ivLength !== iv.length * 8) {
    throw badParameters(`IV Length is ${ivLength} bits, but the IV/Counter/Nonce has ${iv.length * 8}`);
  }
  const fields = (fixedFieldLength ?? 0) + (invocationFieldLength ?? 0) + (counterLength ?? 0);
  if (fixedFieldLength !== undefined && invocationFieldLength !== undefined && fields !== iv.length * 8) {
    const withCounter = isCounterMode(cipher) && fields === cipher.ivLength * 8;
    if (!withCounter)
      throw badParameters(
        `the fields of the IV/Counter/Nonce have ${fields} bits together, but it has ${iv.length * 8}`,
      );
  }
  if (initialCounterValue !== undefined && initialCounterValue < 0)
    throw badParameters('Initial Counter Value must not be negative');
  checkLength(cipher, iv.length);
  if (cipher === chaCha20) return chaChaVector(iv, initialCounterValue);
  return isCounterMode(cipher) ? counterBlock(cipher, iv, parameters) : { iv, start: iv };
}

const isCounterMode = ({ name }: Cipher): boolean => name.endsWith('-ctr');

/** The shortest and the longest, in bytes. */
function lengthsOf(cipher: Cipher): readonly [least: number, most: number] {
  const { name, ivLength } = cipher;
  if (cipher === chaCha20) return [8, ivLength];
  if (isCounterMode(cipher)) return [1, ivLength];
  if (name.endsWith('-ccm')) return [7, 13]; // SP 800-38C appendix A.1
  return cipher.isAuthenticated && cipher !== chaCha20Poly1305 ? [1, maximumLength] : [ivLength, ivLength];
}

function checkLength(cipher: Cipher, length: number): void {
  const [least, most] = lengthsOf(cipher);
  if (Number.isInteger(length) && length >= least && length <= most) return;
  const range = least === most ? `${most}` : `${least} to ${most}`;
  throw badParameters(`the IV/Counter/Nonce for ${cipher.name} must have ${range} bytes, not ${length}`);
}

/**
 * SP 800-38A §6.5, appendix B. The counter is what the nonce leaves of the block, or the last Counter Length bits of a
 * whole one. It starts at Initial Counter Value, else where the block that was given has it.
 */
function counterBlock(
  { ivLength: size }: Cipher,
  iv: Uint8Array,
  { counterLength, initialCounterValue: initial }: CryptographicParameters,
): InitializationVector {
  const left = size - iv.length;
  const length = left === 0 ? (counterLength ?? size * 8) / 8 : left;
  if (left > 0 && counterLength !== undefined && counterLength !== left * 8) {
    throw badParameters(`Counter Length is ${counterLength} bits, but the IV/Counter/Nonce leaves ${left * 8}`);
  }
  if (!Number.isInteger(length) || length < 1 || length > size) {
    throw badParameters(`Counter Length must be a multiple of 8 from 8 to ${size * 8}`);
  }
  const start = Buffer.concat([iv, new Uint8Array(left)]);
  if (initial !== undefined) {
    if (left === 0 && counterLength === undefined) {
      throw badParameters(
        'Initial Counter Value requires a Counter Length, or an IV/Counter/Nonce that leaves room for it',
      );
    }
    if (initial >= 256 ** length) throw badParameters('Initial Counter Value must fit into its counter');
    start.fill(0, size - length);
    const written = Math.min(length, 4);
    start.writeUIntBE(initial, size - written, written);
  }
  // A counter as long as the block may wrap around within it: the other side's does so too.
  if (length === size) return { iv, start };
  const first = Number(BigInt(`0x${start.subarray(size - length).toString('hex')}`));
  return { iv, start, maximumBytes: (256 ** length - first) * size };
}

/**
 * OpenSSL's is a counter, its lowest byte first, and a nonce: of 4 and 12 bytes (RFC 8439), or of 8 and 8, as ChaCha20
 * was first published and CS-BC-M-CHACHA20 has it. 16 bytes are both.
 */
function chaChaVector(iv: Uint8Array, initial: number | undefined): InitializationVector {
  if (iv.length === 16 && initial === undefined) return chaChaStart(iv, Buffer.from(iv));
  if (iv.length !== 8 && iv.length !== 12) {
    throw badParameters(
      `the nonce of ChaCha20 must have 8 or 12 bytes, or 16 without an Initial Counter Value, not ${iv.length}`,
    );
  }
  const counter = Buffer.alloc(16 - iv.length);
  counter.writeUInt32LE(initial ?? 0);
  const start = Buffer.concat([counter, iv]);
  return iv.length === 8 ? { iv, start } : chaChaStart(iv, start);
}

const chaChaStart = (iv: Uint8Array, start: Buffer): InitializationVector => ({
  iv,
  start,
  maximumBytes: (2 ** 32 - start.readUInt32LE()) * chaChaBlock,
});
