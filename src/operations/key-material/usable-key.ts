/** The use of keys: how an operation loads a key that it may use, opens it, and finds its parameters. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { Half } from '#crypto/keys/asymmetric-key';
import { keyObjectOf } from '#crypto/keys/key-objects';
import type { SymmetricKey } from '#crypto/ciphers/material-cipher';
import type { ObjectType } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import { keyValueNotPresent } from '#objects/object-errors';
import { isWrapped, type KeyBlock } from '#objects/object-structure';
import { permitUse, type Purpose } from '#objects/use';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters, ObjectReference } from '#protocol/structures';
import { atRest } from '#protocol/versions';
import { keyIn } from './asymmetric-keys.ts';
import type { Context, Loaded } from '#operations/context';
import { keyBytes } from './key-format.ts';

/**
 * The named object, after the check that it may be used for this purpose now.
 * @param types the allowed Object Types, for purposes that need certain types.
 * @throws KmipError as `Context.load` and `permitUse` do, and InvalidObjectType.
 */
export async function loadToUse(
  reference: ObjectReference | undefined,
  purpose: Purpose,
  context: Context,
  types?: readonly ObjectType[],
): Promise<Loaded> {
  const loaded = await context.load(reference, 'use');
  const type = objectTypeOf(loaded.object);
  if (types?.includes(type) === false)
    throw new KmipError('InvalidObjectType', `Object Type ${type} is not supported for ${purpose}`);
  permitUse(loaded.object, purpose, context.now());
  return loaded;
}

/**
 * The parameters of the request, or else the first ones of the object (2.1 §6.1.17, §4.16). Without both, defaults
 * apply.
 */
export const parametersInUse = (
  { object: { attributes } }: Loaded,
  asked: CryptographicParameters | undefined,
): CryptographicParameters => asked ?? attributes.cryptographicParameters?.[0] ?? {};

/**
 * The bytes of a symmetric key, or of Secret Data, which may have the format Opaque. The caller wipes them.
 * @throws KmipError KeyValueNotPresent when the server does not have them, InvalidField when they are wrapped.
 */
export function openBytes(loaded: Loaded): Uint8Array {
  checkPresent(loaded);
  const structure = loaded.openStructure();
  if (!('keyBlock' in structure)) throw unreadable();
  const { keyFormatType, ...block } = structure.keyBlock;
  const isOpaqueSecret = structure.objectType === 'SecretData' && keyFormatType === 'Opaque';
  const bytes = keyBytes({ ...block, keyFormatType: isOpaqueSecret ? 'Raw' : keyFormatType });
  if (bytes === undefined) throw unreadable();
  return bytes;
}

/**
 * Passes the bytes of a symmetric key, or of Secret Data, which has no algorithm, to `use`, and wipes them afterwards.
 * @throws KmipError as `openBytes` does.
 */
export function withSymmetricKey<T>(loaded: Loaded, use: (key: SymmetricKey) => T): T {
  const key = openSymmetricKey(loaded);
  try {
    return use(key);
  } finally {
    key.bytes.fill(0);
  }
}

/** The same; the caller wipes the bytes. @throws KmipError as `openBytes` does. */
export const openSymmetricKey = (loaded: Loaded): SymmetricKey => ({
  algorithm: loaded.object.attributes.cryptographicAlgorithm ?? 'none',
  bytes: openBytes(loaded),
});

/**
 * One half of a pair. Opened bytes are wiped; the numbers of a Transparent key cannot be wiped.
 * @throws KmipError as `withSymmetricKey` does.
 */
export function keyObjectIn(half: Half, loaded: Loaded): KeyObject {
  checkPresent(loaded);
  const structure = loaded.openStructure();
  if (!('keyBlock' in structure)) throw unreadable();
  const { keyBlock } = structure;
  try {
    const native = nativeKey(half, keyBlock);
    if (native !== undefined) return native;
    const key = keyIn(half, keyBlock, loaded.object.attributes, atRest);
    if (key === undefined) throw unreadable();
    return keyObjectOf(key);
  } finally {
    const material = keyBlock.keyValue instanceof Uint8Array ? keyBlock.keyValue : keyBlock.keyValue?.keyMaterial;
    if (material instanceof Uint8Array) material.fill(0);
  }
}

/**
 * Encodings that OpenSSL reads itself, so that no number of a private key becomes a JavaScript value, which cannot be
 * wiped.
 */
const encodings = { PKCS_1: 'pkcs1', PKCS_8: 'pkcs8', ECPrivateKey: 'sec1' } as const;

function nativeKey(half: Half, { keyFormatType, keyValue }: KeyBlock): KeyObject | undefined {
  const type = (encodings as { readonly [format: string]: 'pkcs1' | 'pkcs8' | 'sec1' | undefined })[keyFormatType];
  if (half !== 'private' || type === undefined || keyValue === undefined || isWrapped(keyValue)) return undefined;
  const { keyMaterial } = keyValue;
  if (!(keyMaterial instanceof Uint8Array)) return undefined;
  const key = Buffer.from(keyMaterial.buffer, keyMaterial.byteOffset, keyMaterial.length);
  try {
    return createPrivateKey({ key, format: 'der', type });
  } catch {
    // OpenSSL cannot read this format: the key is parsed into numbers.
    return undefined;
  }
}

/**
 * The public key for encryption or verification: a Public Key, or the one in a Certificate.
 * @throws KmipError as `withSymmetricKey` does.
 */
export function publicKeyIn(loaded: Loaded): KeyObject {
  if (objectTypeOf(loaded.object) !== 'Certificate') return keyObjectIn('public', loaded);
  const structure = loaded.openStructure();
  try {
    if ('certificateValue' in structure) return new X509Certificate(structure.certificateValue).publicKey;
  } catch {
    // OpenSSL does not know this kind of key, or the certificate is not X.509.
  }
  throw new KmipError('InvalidField', 'the certificate has no public key that the server supports');
}

function checkPresent({ object }: Loaded): void {
  if (object.attributes.keyValuePresent !== false) return;
  throw keyValueNotPresent();
}

const unreadable = (): KmipError =>
  new KmipError('InvalidField', 'the key is wrapped or opaque: the server cannot use its value');
