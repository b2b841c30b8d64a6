/** Services with keys: encryption, signatures, codes, agreement. */
import type { KeyObject } from 'node:crypto';
import { decipher, encipher, type Cipher, type CipherUse, type Enciphered } from '#crypto/ciphers/block-cipher';
import { startHash } from '#crypto/hashes';
import { agreedSecret } from '#crypto/keys/key-agreement';
import { unwrapKey, wrapKey, type KeyWrapMode } from '#crypto/ciphers/key-wrap';
import { isCmac, mac } from '#crypto/ciphers/mac';
import {
  decryptMaterial,
  encryptMaterial,
  type SymmetricKey,
  type WrappedMaterial,
} from '#crypto/ciphers/material-cipher';
import { rsaDecrypt, rsaEncrypt } from '#crypto/ciphers/rsa-encryption';
import { checkSignature, makeSignature, type Content } from '#crypto/signatures/signature';
import type { CryptographicParameters } from '#protocol/structures';
import {
  costOfCipher,
  costOfCmac,
  costOfContent,
  costOfHashing,
  costOfKeyWrap,
  costOfPrivateKey,
  costOfPublicKey,
} from './service-costs.ts';
import { defineTask } from './task.ts';

/** A key at work, and how. */
export interface Keyed<K> {
  readonly key: K;
  readonly parameters: CryptographicParameters;
}
export interface KeyedData<K> extends Keyed<K> {
  readonly data: Uint8Array;
}
export interface Ciphering {
  readonly cipher: Cipher;
  readonly use: CipherUse;
}
export interface Wrapping {
  readonly mode: KeyWrapMode;
  readonly key: Uint8Array;
  readonly data: Uint8Array;
}

/** Under a wrapping key; AES key wrap is the slowest way. */
const costOfMaterial = (
  algorithm: string,
  { blockCipherMode: mode }: CryptographicParameters,
  bytes: number,
): number => (mode?.includes('Wrap') === true ? costOfKeyWrap(bytes) : costOfCipher(algorithm, bytes));

export const serviceTasks = {
  rsaEncrypt: defineTask({
    cost: ({ key }: KeyedData<KeyObject>) => costOfPublicKey(key),
    run: ({ key, data, parameters }, { random }) => rsaEncrypt(key, data, parameters, random),
  }),

  rsaDecrypt: defineTask({
    cost: ({ key }: KeyedData<KeyObject>) => costOfPrivateKey(key),
    run: ({ key, data, parameters }) => rsaDecrypt(key, data, parameters),
  }),

  sign: defineTask({
    cost: ({ key, content }: Keyed<KeyObject> & { readonly content: Content }) =>
      costOfPrivateKey(key) + costOfContent(content, key),
    run: ({ key, content, parameters }, { random }) => makeSignature(key, content, parameters, random),
  }),

  verify: defineTask({
    cost: ({ key, content }: Keyed<KeyObject> & { readonly content: Content; readonly signature: Uint8Array }) =>
      costOfPublicKey(key) + costOfContent(content, key),
    run: ({ key, content, signature, parameters }) => checkSignature(key, content, signature, parameters),
  }),

  agree: defineTask({
    cost: ({ privateKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }) =>
      costOfPrivateKey(privateKey),
    run: ({ privateKey, publicKey }) => agreedSecret(privateKey, publicKey),
  }),

  encipher: defineTask({
    cost: ({ cipher, data }: Ciphering & { readonly data: Uint8Array }) => costOfCipher(cipher.name, data.length),
    run: ({ cipher, data, use }, { random }): Enciphered => encipher(cipher, data, use, random),
  }),

  decipher: defineTask({
    cost: ({ cipher, data }: Ciphering & Enciphered) => costOfCipher(cipher.name, data.length),
    run: ({ cipher, use, ...enciphered }) => decipher(cipher, enciphered, use),
  }),

  wrapKey: defineTask({
    cost: ({ data }: Wrapping) => costOfKeyWrap(data.length),
    run: ({ mode, key, data }) => wrapKey(mode, key, data),
  }),

  unwrapKey: defineTask({
    cost: ({ data }: Wrapping) => costOfKeyWrap(data.length),
    run: ({ mode, key, data }) => unwrapKey(mode, key, data),
  }),

  encryptMaterial: defineTask({
    cost: ({ key, data, parameters }: KeyedData<SymmetricKey>) =>
      costOfMaterial(key.algorithm, parameters, data.length),
    run: ({ key, data, parameters }, { random }) => encryptMaterial(key, data, parameters, random),
  }),

  decryptMaterial: defineTask({
    cost: ({ key, wrapped, parameters }: Keyed<SymmetricKey> & { readonly wrapped: WrappedMaterial }) =>
      costOfMaterial(key.algorithm, parameters, wrapped.data.length),
    run: ({ key, wrapped, parameters }) => decryptMaterial(key, wrapped, parameters),
  }),

  mac: defineTask({
    cost: ({ key, data, parameters }: KeyedData<SymmetricKey>) =>
      isCmac(key, parameters) ? costOfCmac(data.length) : costOfHashing(data.length),
    run: ({ key, data, parameters }) => mac(key, data, parameters),
  }),

  hash: defineTask({
    cost: ({ data }: { readonly algorithm: string; readonly data: Uint8Array }) => costOfHashing(data.length),
    run: ({ algorithm, data }): Uint8Array => startHash(algorithm).update(data).digest(),
  }),
};
