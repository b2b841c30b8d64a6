/**
 * THE index terms, by which records are found. The terms of records and the terms of searches are made side by side in
 * this file, because a search finds nothing when the two differ. A change of them needs a migration in `schema.ts`.
 */
import {
  attributeRow,
  attributeRows,
  valuesOf,
  type AttributeKey,
  type ObjectType,
} from '#objects/attributes/attributes';
import type { ManagedObject } from '#objects/managed-object';
import { isRotating } from '#objects/rotation';
import { storageStatusOf, type StorageStatus } from '#objects/storage-status';
import { KmipError } from '#protocol/kmip-error';
import { bounds } from '#store/engines/bounds';
import type { TermMaker } from '#store/store';

const indexedRows = [...attributeRows].filter(([, row]) => row.index !== undefined);

/**
 * The terms of an object's record.
 * @throws KmipError ServerLimitExceeded when it would have too many.
 */
export function objectTerms(object: ManagedObject, term: TermMaker): readonly string[] {
  const status = storageStatusOf(object.attributes);
  const terms = [
    ownerTerm(term, object.owner),
    storageTerm(term, object.owner, status),
    storageTerm(term, object.owner, status, object.structure.objectType),
  ];
  if (isRotating(object.attributes)) terms.push(rotatingTerm(term));
  for (const [key] of indexedRows) terms.push(...valueTerms(term, object.owner, key, valuesOf(object.attributes, key)));
  const distinct = [...new Set(terms)];
  if (distinct.length <= bounds.termsPerRecord) return distinct;
  throw new KmipError(
    'ServerLimitExceeded',
    `an object must have at most ${bounds.termsPerRecord} names, groups, links and other values by which it is found`,
  );
}

/** The maximum of terms that an object has, without making them. */
export function mostTerms({ attributes }: ManagedObject): number {
  let count = 4;
  for (const [key] of indexedRows) count += valuesOf(attributes, key).length;
  return count;
}

/** The values that a search requests, by attribute. */
export type AskedValues = ReadonlyMap<AttributeKey, readonly unknown[]>;

/**
 * The terms that narrow a search: those of the requested values, which are rare; without any, the list of all objects
 * of the type in the storage. State has no term: it follows from the clock, without a write.
 */
export function searchTerms(
  asked: AskedValues,
  storage: readonly StorageStatus[],
  owner: string,
  term: TermMaker,
): readonly string[] {
  const terms = [...asked].flatMap(([key, values]) => valueTerms(term, owner, key, values));
  if (terms.length > 0) return terms;
  const [status, otherStatus] = storage;
  if (status === undefined || otherStatus !== undefined) return [ownerTerm(term, owner)];
  const [objectType] = (asked.get('objectType') ?? []) as readonly ObjectType[];
  return [storageTerm(term, owner, status, objectType)];
}

/** The term of all objects of one owner. */
export const ownerTerm = (term: TermMaker, owner: string): string => term('owner', owner);

/** The term of all objects of one owner in one storage, of one type or of any. */
const storageTerm = (term: TermMaker, owner: string, status: StorageStatus, objectType?: ObjectType): string =>
  term('storage', `${owner}\0${status}\0${objectType ?? ''}`);

/** The term of all objects that the server rotates, of every owner. Locate does not use it. */
export const rotatingTerm = (term: TermMaker): string => term('rotating', '');

/**
 * The terms of those values that have one. They include the owner: the same name of two clients gives two terms, so a
 * client cannot learn the names of others.
 */
function valueTerms(term: TermMaker, owner: string, key: AttributeKey, values: readonly unknown[]): string[] {
  const { index } = attributeRow(key);
  if (index === undefined) return [];
  const terms: string[] = [];
  for (const value of values) {
    const indexed = index(value as never);
    if (indexed !== undefined) terms.push(term(key, `${owner}\0${indexed}`));
  }
  return terms;
}

/** The term of an issued certificate: its serial number, lower-case hex. */
export const serialTerm = (term: TermMaker, serial: string): string => term('issued-serial', serial);
/** The term of the object that held the certificate first. */
export const issuedObjectTerm = (term: TermMaker, object: string): string => term('issued-object', object);
