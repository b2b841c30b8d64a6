/**
 * Which cipher Cryptographic Parameters (KMIP 2.1 §4.16) name for a symmetric key, and whether they make sense for it.
 */
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { blockCipher, chaCha20, chaCha20Poly1305, type Cipher } from './block-cipher.ts';
import { isKeyWrap, type KeyWrapMode } from './key-wrap.ts';
import type { SymmetricKey } from './material-cipher.ts';
import { isPadding } from '#crypto/padding';
import { badParameters, unsupportedParameters } from '#crypto/refusals';

/**
 * In bytes (SP 800-38D §5.2.1.2, SP 800-38C appendix A.1). RFC 8439 has 16 only; shorter ones are allowed down to 12,
 * as the official cases do.
 */
const tagLengths: { readonly [mode: string]: readonly number[] } = {
  GCM: [16, 15, 14, 13, 12, 8, 4],
  CCM: [16, 14, 12, 10, 8, 6, 4],
  AEAD: [16, 15, 14, 13, 12],
};

export type ChosenCipher = Cipher | { readonly keyWrap: KeyWrapMode };

/**
 * The cipher, or the key wrap.
 * @throws KmipError BadCryptographicParameters when the parameters lack a Block Cipher Mode that the algorithm needs or
 * contradict the key, UnsupportedCryptographicParameters for ciphers that are not supported, GeneralFailure for a tag
 * length that is not valid for the mode.
 */
export function cipherFor({ algorithm, bytes }: SymmetricKey, parameters: CryptographicParameters): ChosenCipher {
  const { blockCipherMode, cryptographicAlgorithm: named = algorithm, paddingMethod = 'None' } = parameters;
  const isChaCha = algorithm === 'ChaCha20' || algorithm === 'ChaCha20Poly1305';
  if (named !== algorithm && !(isChaCha && named === 'ChaCha20Poly1305')) {
    throw badParameters(`the key is for ${algorithm}, not for ${named}`);
  }
  const tagMode = isChaCha ? 'AEAD' : blockCipherMode;
  if (tagMode === undefined) throw badParameters(`${algorithm} requires a Block Cipher Mode`);
  checkTagLength(tagMode, parameters.tagLength);
  const cipher = isChaCha
    ? chaChaFor(bytes.length, named, blockCipherMode)
    : blockCipherFor(algorithm, bytes.length, tagMode);
  if (cipher === undefined) {
    const mode = blockCipherMode === undefined ? 'without a mode' : `in mode ${blockCipherMode}`;
    throw unsupportedParameters(`${algorithm} with ${bytes.length * 8} bits is not supported ${mode}`);
  }
  if (!isPadding(paddingMethod))
    throw unsupportedParameters(`Padding Method ${paddingMethod} is not supported for symmetric ciphers`);
  return cipher;
}

/** Of a stream cipher only the algorithm matters; Poly1305 comes with the mode AEAD or with a key of that name. */
function chaChaFor(keyLength: number, algorithm: string, mode: string | undefined): Cipher | undefined {
  if (keyLength !== 32 || (mode !== undefined && mode !== 'AEAD')) return undefined;
  return mode === 'AEAD' || algorithm === 'ChaCha20Poly1305' ? chaCha20Poly1305 : chaCha20;
}

const blockCipherFor = (algorithm: string, keyLength: number, mode: string): ChosenCipher | undefined =>
  algorithm === 'AES' && isKeyWrap(mode) ? { keyWrap: mode } : blockCipher(algorithm, keyLength, mode);

/**
 * The standard names no reason for an invalid tag length; the cases CS-BC-M-GCM-1 and CS-BC-M-CHACHA20POLY1305-1 have
 * General Failure.
 */
function checkTagLength(mode: string, tagLength: number | undefined): void {
  const known = tagLengths[mode];
  if (known === undefined || tagLength === undefined || known.includes(tagLength)) return;
  throw new KmipError(
    'GeneralFailure',
    `Tag Length ${tagLength} is not valid for ${mode}: must be one of ${known.join(', ')}`,
  );
}
