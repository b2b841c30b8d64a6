/** AES key wrap (RFC 3394) and AES key wrap with padding (RFC 5649). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';

/** By Block Cipher Mode: the initial value that opening checks (RFC 3394 §2.2.3.1; RFC 5649 §3). */
const keyWraps = {
  NISTKeyWrap: { suffix: 'wrap', initialValue: Buffer.from('a6a6a6a6a6a6a6a6', 'hex') },
  AESKeyWrapPadding: { suffix: 'wrap-pad', initialValue: Buffer.from('a65959a6', 'hex') },
} as const;
export type KeyWrapMode = keyof typeof keyWraps;

export const isKeyWrap = (mode: string): mode is KeyWrapMode => Object.hasOwn(keyWraps, mode);

/**
 * Under an AES key.
 * @throws KmipError InvalidField for a length that the mode cannot wrap: without padding it must be at least 16, and a
 * multiple of 8.
 */
export function wrapKey(mode: KeyWrapMode, key: Uint8Array, data: Uint8Array): Uint8Array {
  if (mode === 'NISTKeyWrap' ? data.length < 16 || data.length % 8 !== 0 : data.length === 0) {
    throw new KmipError('InvalidField', `${mode} cannot wrap ${data.length} bytes`);
  }
  const { suffix, initialValue } = keyWraps[mode];
  const cipher = createCipheriv(`id-aes${key.length * 8}-${suffix}`, key, initialValue);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** Undoes `wrapKey`. @throws KmipError CryptographicFailure when it was not wrapped with this key, or was changed. */
export function unwrapKey(mode: KeyWrapMode, key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const { suffix, initialValue } = keyWraps[mode];
  const decipher = createDecipheriv(`id-aes${key.length * 8}-${suffix}`, key, initialValue);
  try {
    const data = Buffer.concat([decipher.update(wrapped), decipher.final()]);
    // OpenSSL makes empty data of empty data, and checks nothing.
    if (data.length > 0) return data;
  } catch {
    // Answered in the same way: a client must not learn why it failed.
  }
  throw new KmipError('CryptographicFailure', 'the wrapped key cannot be unwrapped with this wrapping key');
}
