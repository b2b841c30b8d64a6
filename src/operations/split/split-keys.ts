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

/** More parts than these nobody holds; GF(2^8) has no more either. */
export const maximumParts = 255;

/** Types of objects that are split, and that parts join to. */
const splitTypes = ['SymmetricKey', 'PrivateKey', 'SecretData'] as const;
export type SplitType = (typeof splitTypes)[number];
export const isSplitType = (type: string): type is SplitType => (splitTypes as readonly string[]).includes(type);

/** How parts over binary fields are read: as the text has it of the version in which they come. Others have no polynomial. */
export const polynomialOf = (
  method: string,
  { splitKeyPolynomial: polynomial }: Rules,
): Pick<SplitKey, 'polynomial'> =>
  method === 'PolynomialSharingGF2_8' || method === 'PolynomialSharingGF2_16' ? { polynomial } : {};

/** What the server keeps of an object that a client brings. */
export const asBrought = (structure: ObjectStructure, rules: Rules): ObjectStructure =>
  structure.objectType === 'SplitKey' ? { ...structure, ...polynomialOf(structure.splitKeyMethod, rules) } : structure;

/** How private keys go through parts: an encoding that tells its own length. */
export const derFormats = ['PKCS_1', 'ECPrivateKey', 'PKCS_8'] as const;
export const isDerFormat = (format: string): boolean => (derFormats as readonly string[]).includes(format);

/** Some 2^24 multiplications in a field are a second's work, others having their turns in between. */
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

/** @throws KmipError InvalidField for a method that is not supported, and for numbers that it cannot have. */
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

/** An object whose material goes into another one. @throws KmipError ObjectDestroyed, and as `Context.load` does. */
export async function loadToTake(reference: ObjectReference, context: Context): Promise<Loaded> {
  const loaded = await context.load(reference, 'fetch');
  if (storageStatusOf(loaded.object.attributes) !== 'DestroyedStorage') return loaded;
  throw objectDestroyed(objectTypeOf(loaded.object));
}

/** What makes the key, and goes with it. */
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
