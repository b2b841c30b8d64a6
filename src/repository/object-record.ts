/**
 * A managed object as a record: TTLV in the shapes of `atRest`, so that everything that a message can hold can be
 * stored.
 */
import { decode, decodeInTurns } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { listedAttributes } from '#objects/attributes/attribute-groups';
import { attributeByTag, attributeRow, type AttributeKey } from '#objects/attributes/attributes';
import { allInstances, attributesFrom, type Indexes, type ManagedObject } from '#objects/managed-object';
import { anyObject } from '#objects/object-structure';
import { privateTags } from '#objects/private-tags';
import { asAnswered } from '#protocol/bounds';
import { integer, text } from '#protocol/codecs';
import { fieldsOf, grouped, many, required, structure } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { bounds } from '#store/engines/bounds';
import type { Kind } from '#store/store';
import { objectTerms } from './index-terms.ts';

const indexes = structure('indexes', {
  attribute: required(privateTags.attribute.tag, integer),
  index: many(privateTags.index.tag, integer, asAnswered),
});

const record = fieldsOf(
  {
    owner: required(privateTags.owner.tag, text),
    attributes: grouped(Tag.Attributes, listedAttributes(asAnswered), 'required'),
    indexes: many(privateTags.indexes.tag, indexes, asAnswered),
    structure: grouped(Tag.KeyBlock, anyObject, 'required'),
  },
  'object record',
);

/** The server wrote these bodies, so every one must be readable, even if it consists of empty structures of 8 bytes. */
const limits = { maximumBytes: bounds.recordBytes, maximumDepth: 64, maximumItems: bounds.recordBytes / 8 };

/** The object that a record holds. */
function read(item: Item): ManagedObject {
  if (item.type !== ItemType.Structure) throw new Error('an object record must be a structure');
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
    return encode({ tag: privateTags.objectRecord.tag, type: ItemType.Structure, value });
  },

  decode: (bytes) => read(decode(bytes, limits)),
  decodeInTurns: async (bytes, turn) => read(await decodeInTurns(bytes, limits, turn)),

  terms: objectTerms,
};
