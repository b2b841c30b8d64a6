/** A managed object as a record: TTLV in the shapes of `atRest`, so that what a wire can hold can be kept. */
import { decode, decodeInTurns } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { listedAttributes } from '#objects/attributes/attribute-groups';
import {
  attributeByTag,
  attributeRow,
  attributeRows,
  valuesOf,
  type AttributeKey,
  type ObjectType,
} from '#objects/attributes/attributes';
import { allInstances, attributesFrom, type Indexes, type ManagedObject } from '#objects/managed-object';
import { anyObject } from '#objects/object-structure';
import { isRotating } from '#objects/rotation';
import { storageStatusOf, type StorageStatus } from '#objects/storage-status';
import { asAnswered } from '#protocol/bounds';
import { integer, text } from '#protocol/codecs';
import { fieldsOf, grouped, many, required, structure } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { bounds } from '#store/engines/bounds';
import type { Kind, TermMaker } from './store.ts';

/** Tags of our own, of the range for extensions (2.1 §11.56), that never leave the store. */
const own = { record: 0x540000, owner: 0x540001, indexes: 0x540002, attribute: 0x540003, index: 0x540004 } as const;

const indexes = structure('indexes', {
  attribute: required(own.attribute, integer),
  index: many(own.index, integer, asAnswered),
});

const record = fieldsOf(
  {
    owner: required(own.owner, text),
    attributes: grouped(Tag.Attributes, listedAttributes(asAnswered), 'required'),
    indexes: many(own.indexes, indexes, asAnswered),
    structure: grouped(Tag.KeyBlock, anyObject, 'required'),
  },
  'object record',
);

/** Bodies are ours: what was written can be read, be it nothing but empty structures of 8 bytes. */
const limits = { maximumBytes: bounds.recordBytes, maximumDepth: 64, maximumItems: bounds.recordBytes / 8 };

const indexedRows = [...attributeRows].filter(([, row]) => row.index !== undefined);

/** The object that a record holds. */
function read(item: Item): ManagedObject {
  if (item.type !== ItemType.Structure) throw new Error('an object record is no structure');
  const { owner, attributes, indexes: kept = [], structure: object } = record.read(item.value, atRest);
  const set = attributesFrom(attributes);
  const indexList: [AttributeKey, readonly number[]][] = kept.flatMap(({ attribute, index = [] }) => {
    const key = attributeByTag(attribute);
    return key === undefined ? [] : [[key, index]];
  });
  return {
    id: set.uniqueIdentifier ?? '',
    owner,
    attributes: set,
    indexes: Object.fromEntries(indexList) as Indexes,
    structure: object,
  };
}

export const objectKind: Kind<ManagedObject> = {
  name: 'object',
  identifiers: 'spent',

  encode(object) {
    const value = record.write(
      {
        owner: object.owner,
        attributes: allInstances(object),
        indexes: Object.entries(object.indexes).map(([key, index]) => ({
          attribute: attributeRow(key as AttributeKey).tag,
          index: index ?? [],
        })),
        structure: object.structure,
      },
      atRest,
    );
    return encode({ tag: own.record, type: ItemType.Structure, value });
  },

  decode: (bytes) => read(decode(bytes, limits)),
  decodeInTurns: async (bytes, turn) => read(await decodeInTurns(bytes, limits, turn)),

  terms(object, term) {
    const status = storageStatusOf(object.attributes);
    const terms = [
      ownerTerm(term, object.owner),
      storageTerm(term, object.owner, status),
      storageTerm(term, object.owner, status, object.structure.objectType),
    ];
    if (isRotating(object.attributes)) terms.push(rotatingTerm(term));
    for (const [key, row] of indexedRows) {
      for (const value of valuesOf(object.attributes, key)) {
        const indexed = row.index?.(value as never);
        if (indexed !== undefined) terms.push(attributeTerm(term, object.owner, key, indexed));
      }
    }
    const distinct = [...new Set(terms)];
    if (distinct.length <= bounds.termsPerRecord) return distinct;
    throw new KmipError(
      'ServerLimitExceeded',
      `an object has at most ${bounds.termsPerRecord} names, groups, links and the like by which it is found`,
    );
  },
};

/** How many terms an object has at the most, without making them. */
export function mostTerms({ attributes }: ManagedObject): number {
  let count = 4;
  for (const [key] of indexedRows) count += valuesOf(attributes, key).length;
  return count;
}

/** What all objects of one client have. */
export const ownerTerm = (term: TermMaker, owner: string): string => term('owner', owner);

/** What all objects of one client have that lie in one place, of one type or of any. */
export const storageTerm = (term: TermMaker, owner: string, status: StorageStatus, objectType?: ObjectType): string =>
  term('storage', `${owner}\0${status}\0${objectType ?? ''}`);

/** What all objects have that the server is to rotate, whoever owns them: no Locate asks by it. */
export const rotatingTerm = (term: TermMaker): string => term('rotating', '');

/** Indexes belong to the owner: the same name of two clients gives two terms, so nobody can learn of foreign names. */
export const attributeTerm = (term: TermMaker, owner: string, key: AttributeKey, value: string): string =>
  term(key, `${owner}\0${value}`);
