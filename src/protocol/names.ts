/**
 * The names of the XML encoding (Additional Message Encodings 1.0 §6.1.3), from the tables: `ttlv` has no KMIP names of
 * its own.
 */
import { ItemType, type Item } from '#ttlv/item';
import type { Names, Place } from '#ttlv/names';
import { pkcs11Functions, pkcs11ReturnCodes } from './pkcs11-names.ts';
import {
  enumerationNumber,
  enumerationValue,
  isEnumeration,
  isMask,
  maskBit,
  maskNames,
  type EnumerationName,
} from './enumerations.ts';
import { Tag, tagName, tags, type TagName } from './tags.ts';

/** The enumeration of most tags has the name of the tag; that of these tags does not. */
const enumerationOfTag: { readonly [T in TagName]?: EnumerationName } = {
  ExtensionType: 'ItemType',
  LinkedObjectIdentifier: 'UniqueIdentifier',
  MaskGeneratorHashingAlgorithm: 'HashingAlgorithm',
};

/** Enumerations whose values come from another table: from the tags (2.1 §11.56), or from PKCS#11 (§11.38, §11.39). */
interface Foreign {
  readonly nameOf: (value: number) => string | undefined;
  readonly valueOf: (name: string) => number | undefined;
}
const tagValues: Foreign = {
  nameOf: tagName,
  valueOf: (name) => (Object.hasOwn(tags, name) ? tags[name as TagName].code : undefined),
};
function rows(table: Readonly<Record<string, number>>): Foreign {
  const values = new Map(Object.entries(table));
  const ofValue = new Map([...values].map(([name, value]) => [value, name]));
  return { nameOf: (value) => ofValue.get(value), valueOf: (name) => values.get(name) };
}
const foreign: { readonly [T in TagName]?: Foreign } = {
  AttributeReference: tagValues,
  Tag: tagValues,
  PKCS_11Function: rows(pkcs11Functions),
  PKCS_11ReturnCode: rows(pkcs11ReturnCodes),
};

/**
 * Items that are secret with their whole content: keys and parts of keys, the data that keys were used on, and what a
 * client authenticates itself with.
 */
const secretTags: ReadonlySet<number> = new Set([
  Tag.KeyValue,
  Tag.KeyMaterial,
  Tag.Key,
  Tag.D,
  Tag.P,
  Tag.Q,
  Tag.X,
  Tag.PrivateExponent,
  Tag.PrimeExponentP,
  Tag.PrimeExponentQ,
  Tag.CRTCoefficient,
  Tag.OpaqueDataValue,
  Tag.DerivationData,
  Tag.Data,
  Tag.DigestedData,
  Tag.Password,
  Tag.HashedPassword,
  Tag.ServerHashedPassword,
  Tag.OneTimePassword,
  Tag.TicketValue,
  Tag.AttestationMeasurement,
  Tag.AttestationAssertion,
  Tag.PKCS_11InputParameters,
  Tag.PKCS_11OutputParameters,
  Tag.VendorExtension,
]);

const attributeTags: ReadonlyMap<string, TagName> = new Map(
  Object.entries(tags).map(([key, row]) => [row.name, key as TagName]),
);

/**
 * The tag in 2.x of an attribute of 1.x, whose name in the text is that of the tag. Undefined for custom attributes.
 */
export const attributeTag = (name: string): TagName | undefined => attributeTags.get(name);

/**
 * The tag that gives a value its meaning: for the Attribute Value of 1.x that of the attribute that its siblings name.
 */
function meaningOf({ tag, siblings }: Place): TagName | undefined {
  if (tag !== Tag.AttributeValue) return tagName(tag);
  const before = siblings.slice(0, mostBeforeValue);
  if (before.some((sibling) => sibling.tag === Tag.VendorIdentification)) return undefined;
  const name = before.find(isAttributeName)?.value;
  return name === undefined ? undefined : attributeTag(name);
}

/**
 * Name and index come before the value (1.4 §2.1.1): in a structure of 20,000 values they are not searched for each
 * value.
 */
const mostBeforeValue = 4;

const isAttributeName = (item: Item): item is Extract<Item, { type: typeof ItemType.TextString }> =>
  item.tag === Tag.AttributeName && item.type === ItemType.TextString;

function enumerationAt(place: Place): Foreign | undefined {
  const key = meaningOf(place);
  if (key === undefined) return undefined;
  const elsewhere = foreign[key];
  if (elsewhere !== undefined) return elsewhere;
  const name = enumerationOfTag[key] ?? key;
  if (!isEnumeration(name)) return undefined;
  return {
    nameOf(value) {
      const known = enumerationValue(name, value);
      return known === undefined || known.startsWith('0x') ? undefined : known;
    },
    valueOf: (text) => enumerationNumber(name, text),
  };
}

export const names: Names = {
  tagName,
  tagCode: tagValues.valueOf,
  enumerationName: (value, place) => enumerationAt(place)?.nameOf(value),
  enumerationValue: (name, place) => enumerationAt(place)?.valueOf(name),
  maskName(bit, place) {
    const mask = meaningOf(place);
    if (mask === undefined || !isMask(mask)) return undefined;
    const [name] = maskNames(mask, bit);
    return name === undefined || name.startsWith('0x') ? undefined : name;
  },
  maskBit(name, place) {
    const mask = meaningOf(place);
    return mask === undefined || !isMask(mask) ? undefined : maskBit(mask, name);
  },
  isSecret: (tag) => secretTags.has(tag),
};
