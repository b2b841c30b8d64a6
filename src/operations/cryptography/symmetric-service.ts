/** Encrypt and Decrypt with symmetric keys: the start, and the work for each part of the data. */
import type { Cipher } from '#crypto/ciphers/block-cipher';
import { cipherFor, type ChosenCipher } from '#crypto/ciphers/cipher-parameters';
import { badParameters } from '#crypto/refusals';
import { needsVector, randomVector, vectorOf, type InitializationVector } from '#crypto/ciphers/initialization-vector';
import type { KeyWrapMode } from '#crypto/ciphers/key-wrap';
import type { SymmetricKey } from '#crypto/ciphers/material-cipher';
import type { Random } from '#crypto/padding';
import { bytes } from '#protocol/codecs';
import { optional } from '#protocol/fields';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import { inRange, V1_4, type Version } from '#protocol/versions';
import { decipherer, encipherer, keyWrapper } from './cipher-work.ts';
import { heldPlaintext } from './buffered-plaintext.ts';
import { keyedFields } from './keyed-service.ts';
import { partFields, type Part } from './streams.ts';
import type { Work } from '#operations/context';

/** The fields of a request besides the key and the data. */
export interface CipherRequest {
  readonly parameters: CryptographicParameters;
  readonly ivCounterNonce?: Uint8Array | undefined;
  readonly additionalData?: Uint8Array | undefined;
  /** The tag that decryption checks. */
  readonly tag?: Uint8Array | undefined;
  /**
   * Whether the version has a field for the tag, as from 1.4 on. In older versions the tag follows the data, as in RFC
   * 5116 §5.1.
   */
  readonly tagField: boolean;
  readonly part: Part;
}

export interface Encrypted {
  readonly data: Uint8Array;
  readonly ivCounterNonce?: Uint8Array;
  readonly authenticatedEncryptionTag?: Uint8Array;
}

export interface Decrypted {
  readonly data: Uint8Array;
}

/** What the requests of Encrypt and Decrypt have in common. */
export const cipherFields = {
  ...keyedFields,
  ivCounterNonce: optional(Tag.IVCounterNonce, bytes),
  ...partFields,
  authenticatedEncryptionAdditionalData: optional(Tag.AuthenticatedEncryptionAdditionalData, bytes, { since: V1_4 }),
};

export const authenticatedEncryptionTag = optional(Tag.AuthenticatedEncryptionTag, bytes, { since: V1_4 });
export const tagHasField = (version: Version): boolean => inRange(authenticatedEncryptionTag, version);

/** The bytes of an authenticated stream that may be held back until its tag was checked. */
const maximumHeldBack = 1024 * 1024;

/**
 * The caller may wipe the key after the return.
 * @throws KmipError as `cipherFor` and `vectorOf` do, MissingInitializationVector, FeatureNotSupported for a stream
 * when the cipher needs the whole data.
 */
export function encryptWith(key: SymmetricKey, request: CipherRequest, random: Random): Work<Encrypted> {
  const { parameters, ivCounterNonce, additionalData, tagField, part } = request;
  const cipher = chosen(key, request);
  if ('keyWrap' in cipher) {
    return wrapping('wrapKey', cipher.keyWrap, key);
  }
  const isRandom = needsVector(cipher) && ivCounterNonce === undefined && parameters.randomIV === true;
  const iv = isRandom ? randomVector(cipher, parameters, random) : ivCounterNonce;
  const vector = vectorFor(cipher, iv, parameters, 'MissingInitializationVector');
  const { paddingMethod: padding, tagLength } = parameters;
  const use = { key: key.bytes, iv: vector.start, padding, tagLength, additionalData };
  const running = encipherer(cipher, use, part, random);
  const count = counter(vector);
  /** "The value used", which the first answer contains. */
  let news = isRandom ? { ivCounterNonce: vector.iv } : {};
  return {
    async take(data, isLast, _proof, context) {
      count(data.length);
      const { data: enciphered, tag } = await running.take(data, isLast, context);
      const shown = news;
      news = {};
      if (tag === undefined) return { data: enciphered, ...shown };
      if (!tagField) return { data: Buffer.concat([enciphered, tag]), ...shown };
      return { data: enciphered, ...shown, authenticatedEncryptionTag: tag };
    },
    end: () => running.end(),
  };
}

/**
 * The inverse of `encryptWith`. Authenticated data is released only after its tag was checked (SP 800-38D §7.2): the
 * answer to the last part of a stream contains all of it.
 * @throws KmipError as `encryptWith` does, but InvalidMessage without an IV, as CS-BC-M-11, 12 and 13 have it against
 * the table of the text.
 */
export function decryptWith(key: SymmetricKey, request: CipherRequest): Work<Decrypted> {
  const { parameters, ivCounterNonce, additionalData, tag, tagField, part } = request;
  const cipher = chosen(key, request);
  if ('keyWrap' in cipher) {
    return wrapping('unwrapKey', cipher.keyWrap, key);
  }
  const vector = vectorFor(cipher, ivCounterNonce, parameters, 'InvalidMessage');
  const count = counter(vector);
  const { paddingMethod: padding, tagLength } = parameters;
  const use = { key: key.bytes, iv: vector.start, padding, tagLength, additionalData };
  if (!cipher.isAuthenticated) {
    if (tag !== undefined) throw badParameters(`Authenticated Encryption Tag is not valid for ${cipher.name}`);
    const running = decipherer(cipher, use, part);
    return {
      async take(data, isLast, _proof, context) {
        count(data.length);
        return { data: await running.take(data, isLast, context) };
      },
      end: () => running.end(),
    };
  }
  if (tagField && tag === undefined) throw new KmipError('InvalidField', 'Authenticated Encryption Tag is required');
  if (!tagField && !part.isLast) throw wholeOnly(`decryption with ${cipher.name} before KMIP 1.4`);
  const following = tagField ? 0 : (tagLength ?? 16);
  // A copy, because the bytes of the request are wiped after its answer.
  const expected = tag && Buffer.from(tag);
  const running = decipherer(cipher, use, part);
  const held = heldPlaintext(maximumHeldBack);
  return {
    async take(data, isLast, _proof, context) {
      const end = Math.max(0, data.length - following);
      count(end);
      const plain = await running.take(data.subarray(0, end), isLast, context, expected ?? data.subarray(end));
      if (part.isLast) return { data: plain };
      held.add(plain, context.streams.room);
      return { data: isLast ? held.all() : new Uint8Array(0) };
    },
    end() {
      running.end();
      held.wipe();
    },
  };
}

function wrapping(
  task: 'wrapKey' | 'unwrapKey',
  mode: KeyWrapMode,
  key: SymmetricKey,
): Work<{ readonly data: Uint8Array }> {
  const wrapper = keyWrapper(task, mode, key.bytes);
  return {
    take: async (data, _isLast, _proof, context) => ({ data: await wrapper.take(data, context) }),
    end: () => wrapper.end(),
  };
}

function chosen(key: SymmetricKey, { parameters, ivCounterNonce, additionalData, part }: CipherRequest): ChosenCipher {
  const cipher = cipherFor(key, parameters);
  const needsAllData = 'keyWrap' in cipher || cipher.needsAllData === true;
  if (needsAllData && !(part.isFirst && part.isLast)) {
    throw wholeOnly('keyWrap' in cipher ? cipher.keyWrap : cipher.name);
  }
  if (additionalData !== undefined && ('keyWrap' in cipher || cipher.isAuthenticated !== true)) {
    throw badParameters('Authenticated Encryption Additional Data is valid only for authenticated modes');
  }
  if ('keyWrap' in cipher && ivCounterNonce !== undefined) {
    throw badParameters(`IV/Counter/Nonce is not valid for ${cipher.keyWrap}: its initial value is fixed`);
  }
  return cipher;
}

function vectorFor(
  cipher: Cipher,
  iv: Uint8Array | undefined,
  parameters: CryptographicParameters,
  missing: ResultReason,
): InitializationVector {
  const none = new Uint8Array(0);
  if (!needsVector(cipher)) return { iv: none, start: none };
  if (iv === undefined) throw new KmipError(missing, `IV/Counter/Nonce is required for ${cipher.name}`);
  return vectorOf(cipher, iv, parameters);
}

/** Refuses more data than the counter has blocks, because the key stream would repeat. */
function counter({ maximumBytes = Infinity }: InitializationVector): (length: number) => void {
  let taken = 0;
  return (length) => {
    taken += length;
    if (taken > maximumBytes) throw new KmipError('CryptographicFailure', 'the data is too long for the counter');
  };
}

export const wholeOnly = (what: string): KmipError =>
  new KmipError('FeatureNotSupported', `${what} does not support streaming: send the whole data in one request`);
