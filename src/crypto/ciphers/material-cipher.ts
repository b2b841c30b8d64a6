/**
 * Key material under a symmetric wrapping key, as the Cryptographic Parameters of that key say (KMIP 2.1 §3.3, §4.16).
 */
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { blockCipher, decipher, encipher, leastRandomVector, type Cipher } from './block-cipher.ts';
import { isKeyWrap, unwrapKey, wrapKey } from './key-wrap.ts';
import type { Random } from '#crypto/padding';

export interface SymmetricKey {
  readonly algorithm: string;
  readonly bytes: Uint8Array;
}

export interface WrappedMaterial {
  /** The tag of an authenticated mode follows the data, as in RFC 5116 §5.1: Key Wrapping Data has no field for it. */
  readonly data: Uint8Array;
  /** What Key Wrapping Data calls IV/Counter/Nonce; absent where the mode needs none. */
  readonly iv?: Uint8Array;
}

/**
 * The initialization vector is random, as long as IV Length (bits) says, else as the mode likes it.
 * @throws KmipError BadCryptographicParameters without a Block Cipher Mode, FeatureNotSupported for a mode that is not
 * supported with the key, InvalidField for lengths that are not valid.
 */
export function encryptMaterial(
  key: SymmetricKey,
  data: Uint8Array,
  parameters: CryptographicParameters,
  random: Random,
): WrappedMaterial {
  const mode = modeOf(parameters);
  if (isKeyWrap(mode) && key.algorithm === 'AES') return { data: wrapKey(mode, key.bytes, data) };
  const cipher = cipherOf(key, mode);
  const { ivLength = cipher.ivLength * 8 } = parameters;
  if (ivLength < 0 || ivLength > maximumIVBits || ivLength % 8 !== 0) {
    throw new KmipError('InvalidField', `IV Length must be a multiple of 8, at most ${maximumIVBits}`);
  }
  const least = cipher.ivLength === 0 ? 0 : leastRandomVector(cipher);
  if (ivLength < least * 8)
    throw new KmipError('InvalidField', `IV Length of ${cipher.name} must be at least ${least * 8}`);
  const iv = random(cipher.ivLength === 0 ? 0 : ivLength / 8);
  const enciphered = encipher(cipher, data, useOf(key, iv, parameters), random);
  return {
    data: enciphered.tag === undefined ? enciphered.data : Buffer.concat([enciphered.data, enciphered.tag]),
    ...(iv.length === 0 ? {} : { iv }),
  };
}

/**
 * Undoes `encryptMaterial`. @throws KmipError CryptographicFailure when it does not open, and the
 * errors of `encryptMaterial`.
 */
export function decryptMaterial(
  key: SymmetricKey,
  { data, iv = new Uint8Array(0) }: WrappedMaterial,
  parameters: CryptographicParameters,
): Uint8Array {
  const mode = modeOf(parameters);
  if (isKeyWrap(mode) && key.algorithm === 'AES') return unwrapKey(mode, key.bytes, data);
  const cipher = cipherOf(key, mode);
  const end = cipher.isAuthenticated ? Math.max(0, data.length - (parameters.tagLength ?? 16)) : data.length;
  const parts = { data: data.subarray(0, end), ...(cipher.isAuthenticated ? { tag: data.subarray(end) } : {}) };
  return decipher(cipher, parts, useOf(key, iv, parameters));
}

/** GCM takes longer ones, which have no use. */
const maximumIVBits = 1024;

function modeOf({ blockCipherMode }: CryptographicParameters): string {
  if (blockCipherMode !== undefined) return blockCipherMode;
  throw new KmipError('BadCryptographicParameters', 'Block Cipher Mode is missing from the Cryptographic Parameters');
}

function cipherOf({ algorithm, bytes }: SymmetricKey, mode: string): Cipher {
  const cipher = blockCipher(algorithm, bytes.length, mode);
  if (cipher !== undefined) return cipher;
  throw new KmipError(
    'FeatureNotSupported',
    `${algorithm} with ${bytes.length * 8} bits is not supported in mode ${mode}`,
  );
}

const useOf = ({ bytes }: SymmetricKey, iv: Uint8Array, { paddingMethod, tagLength }: CryptographicParameters) => ({
  key: bytes,
  iv,
  padding: paddingMethod,
  tagLength,
});
