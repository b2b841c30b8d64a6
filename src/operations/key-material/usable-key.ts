/** Keys at work: how an operation gets hold of one that it may use, opens it, and learns which parameters hold. */
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
 * The object named, which may be used for this now.
 * @param types of which it must be, where the purpose takes some only.
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

/** Those of the request, or else the first ones of the object (2.1 §6.1.17, §4.16); none at all leave everything to defaults. */
export const parametersInUse = (
  { object: { attributes } }: Loaded,
  asked: CryptographicParameters | undefined,
): CryptographicParameters => asked ?? attributes.cryptographicParameters?.[0] ?? {};

/**
 * The bytes of a symmetric key, or of Secret Data, which may call itself Opaque; whoever asked wipes them.
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
 * Hands over the bytes of a symmetric key, or of Secret Data, which is for no algorithm, and wipes them when `use` is
 * done with them.
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

/** The same, for a caller that wipes the bytes itself. @throws KmipError as `openBytes` does. */
export const openSymmetricKey = (loaded: Loaded): SymmetricKey => ({
  algorithm: loaded.object.attributes.cryptographicAlgorithm ?? 'none',
  bytes: openBytes(loaded),
});

/**
 * One half of a pair. Opened bytes are wiped; the numbers of a Transparent key cannot be.
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
 * Encodings that OpenSSL reads by itself: then no number of a private key is ever a value of JavaScript, which nobody
 * could wipe.
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
    // A form that only we read: the numbers tell.
    return undefined;
  }
}

/**
 * What encrypts to, or verifies for, the holder of a private key: a Public Key, or the one in a Certificate.
 * @throws KmipError as `withSymmetricKey` does.
 */
export function publicKeyIn(loaded: Loaded): KeyObject {
  if (objectTypeOf(loaded.object) !== 'Certificate') return keyObjectIn('public', loaded);
  const structure = loaded.openStructure();
  try {
    if ('certificateValue' in structure) return new X509Certificate(structure.certificateValue).publicKey;
  } catch {
    // A key of a kind that OpenSSL does not know, or a certificate that is none of X.509.
  }
  throw new KmipError('InvalidField', 'the certificate has no public key that the server supports');
}

function checkPresent({ object }: Loaded): void {
  if (object.attributes.keyValuePresent !== false) return;
  throw keyValueNotPresent();
}

const unreadable = (): KmipError =>
  new KmipError('InvalidField', 'the key is wrapped or opaque: the server cannot use its value');
