/**
 * The seal: AES-256-GCM over one part of one record. Sealed bytes are
 *
 *     format (1 byte, 1) | data key number (4 bytes) | nonce (12) | ciphertext | tag (16)
 *
 * and the record's kind, identifier, part and revision are authenticated with them, so that nothing opens anywhere but
 * where it was sealed. The number 0 stands for the root key.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DamagedRecordError } from '#store/engines/engine';

/** What sealed bytes are bound to. */
export interface Place {
  readonly kind: string;
  readonly id: string;
  readonly part: 'body' | 'material' | 'keyring';
  readonly revision: number;
}

/** Sealed bytes were altered, moved or cut, or another key sealed them. */
export class SealError extends DamagedRecordError {
  constructor(record: ConstructorParameters<typeof DamagedRecordError>[0], what = 'its seal') {
    super(record, `${what} does not fit`);
    this.name = 'SealError';
  }
}

export const nonceLength = 12;
const format = 1;
const headerLength = 1 + 4 + nonceLength;
const tagLength = 16;
const algorithm = 'aes-256-gcm';
const algorithmOptions = { authTagLength: tagLength };

/** Seals the concatenation of `plain`. A nonce is used once in the life of a key. */
export function seal(
  key: KeyObject,
  keyNumber: number,
  nonce: Uint8Array,
  place: Place,
  ...plain: readonly Uint8Array[]
): Buffer {
  const cipher = createCipheriv(algorithm, key, nonce, algorithmOptions);
  cipher.setAAD(authenticated(place));
  const header = Buffer.allocUnsafe(headerLength);
  header[0] = format;
  header.writeUInt32BE(keyNumber, 1);
  header.set(nonce, 5);
  const ciphertext = plain.map((part) => cipher.update(part));
  cipher.final();
  return Buffer.concat([header, ...ciphertext, cipher.getAuthTag()]);
}

/** The plain bytes, in new memory. Throws SealError. */
export function open(key: KeyObject, place: Place, sealed: Uint8Array): Buffer {
  keyNumberOf(place, sealed);
  const end = sealed.length - tagLength;
  let plain: Buffer | undefined;
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.subarray(5, headerLength), algorithmOptions);
    decipher.setAAD(authenticated(place));
    decipher.setAuthTag(sealed.subarray(end));
    plain = decipher.update(sealed.subarray(headerLength, end));
    decipher.final();
    return plain;
  } catch {
    plain?.fill(0);
    throw new SealError({ kind: place.kind, id: place.id });
  }
}

/** Which key it was sealed with. Throws SealError when the bytes are not sealed ones. */
export function keyNumberOf(place: { readonly kind: string; readonly id: string }, sealed: Uint8Array): number {
  if (sealed.length < headerLength + tagLength || sealed[0] !== format)
    throw new SealError({ kind: place.kind, id: place.id });
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1);
}

/** Lengths before texts, so that no two places are encoded in the same way. */
function authenticated({ kind, id, part, revision }: Place): Buffer {
  return Buffer.from(`${kind.length}:${kind}${id.length}:${id}${part.length}:${part}${revision}`);
}
