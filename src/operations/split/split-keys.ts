/** What Create and Join Split Key share (KMIP 2.1 §2.8, §13.1; 1.4 §2.2.5). */
import { checkSharing, isSplitKeyMethod, type Sharing } from '#crypto/sharing/secret-sharing';
import type { Attributes } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import { objectDestroyed } from '#objects/object-errors';
import type { ObjectStructure } from '#objects/object-structure';
import { storageStatusOf } from '#objects/storage-status';
import { KmipError } from '#protocol/kmip-error';
import type { ObjectReference } from '#protocol/structures';
import type { Rules } from '#protocol/versions';
import type { Context, Loaded } from '#operations/context';

export type SplitKey = Extract<ObjectStructure, { readonly objectType: 'SplitKey' }>;

/** Above every practical number of parts; GF(2^8) does not allow more. */
export const maximumParts = 255;

/** The types of objects that can be split, and that parts can be joined to. */
const splitTypes = ['SymmetricKey', 'PrivateKey', 'SecretData'] as const;
export type SplitType = (typeof splitTypes)[number];
export const isSplitType = (type: string): type is SplitType => (splitTypes as readonly string[]).includes(type);

/** The polynomial for parts over binary fields: that of the version in which they come. Other parts have none. */
export const polynomialOf = (
  method: string,
  { splitKeyPolynomial: polynomial }: Rules,
): Pick<SplitKey, 'polynomial'> =>
  method === 'PolynomialSharingGF2_8' || method === 'PolynomialSharingGF2_16' ? { polynomial } : {};

/** The stored form of an object that a client registers. */
export const asBrought = (structure: ObjectStructure, rules: Rules): ObjectStructure =>
  structure.objectType === 'SplitKey' ? { ...structure, ...polynomialOf(structure.splitKeyMethod, rules) } : structure;

/** The formats of private keys in parts: encodings that contain their own length. */
export const derFormats = ['PKCS_1', 'ECPrivateKey', 'PKCS_8'] as const;
export const isDerFormat = (format: string): boolean => (derFormats as readonly string[]).includes(format);

/** About 2^24 multiplications in a field take a second, with turns of other clients in between. */
export function checkWork(bytes: number, threshold: number, parts: number): void {
  if (bytes * threshold * parts <= 2 ** 24) return;
  throw new KmipError('ServerLimitExceeded', 'Split Key Parts is too high for a key of this length');
}

type SharingFields = Pick<
  SplitKey,
  'splitKeyMethod' | 'splitKeyParts' | 'splitKeyThreshold' | 'primeFieldSize' | 'polynomial'
>;

/** @throws KmipError InvalidField. */
export function checkThreshold(threshold: number, parts: number): void {
  if (threshold >= 1 && threshold <= parts) return;
  throw new KmipError('InvalidField', 'Split Key Threshold must be from 1 to Split Key Parts');
}

/** @throws KmipError InvalidField for an unsupported method, and for invalid numbers. */
export async function sharingOf(fields: SharingFields, context: Context): Promise<Sharing> {
  const { splitKeyMethod: method, splitKeyParts: parts, splitKeyThreshold: threshold } = fields;
  if (!isSplitKeyMethod(method)) throw new KmipError('InvalidField', `Split Key Method ${method} is not supported`);
  checkThreshold(threshold, parts);
  const isInPrimeField = method === 'PolynomialSharingPrimeField';
  const { primeFieldSize: prime } = fields;
  const polynomial = fields.polynomial === 0x11b ? 0x11b : 0x11d;
  const sharing = { method, parts, threshold, polynomial, ...(isInPrimeField ? { prime } : {}) } as const;
  if (isInPrimeField && prime !== undefined) await context.heavily('checkPrimeField', prime);
  checkSharing(sharing);
  return sharing;
}

/**
 * Loads an object whose material becomes part of another one. @throws KmipError ObjectDestroyed, and as `Context.load`
 * does.
 */
export async function loadToTake(reference: ObjectReference, context: Context): Promise<Loaded> {
  const loaded = await context.load(reference, 'fetch');
  if (storageStatusOf(loaded.object.attributes) !== 'DestroyedStorage') return loaded;
  throw objectDestroyed(objectTypeOf(loaded.object));
}

/** The attributes that describe the key and go with its parts. */
export const ownOf = ({
  cryptographicAlgorithm,
  cryptographicLength,
  cryptographicUsageMask,
  cryptographicParameters,
}: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries({
      cryptographicAlgorithm,
      cryptographicLength,
      cryptographicUsageMask,
      cryptographicParameters,
    }).filter(([, value]) => value !== undefined),
  );
