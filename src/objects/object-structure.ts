/**
 * The objects themselves (KMIP 2.1 chapter 2 and §3; 1.4 §2.1.3, §2.2): what Register takes and Get gives, one row a
 * type.
 */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { atMost } from '#protocol/bounds';
import { bytes, enumeration, integer, tagText, text, wrongType, type Codec } from '#protocol/codecs';
import {
  childrenOf,
  fieldsOf,
  grouped,
  optional,
  required,
  structure,
  type Group,
  type Schema,
} from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { keyWrappingData, splitKeyParameters } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { Version } from '#protocol/versions';
import { privateTags } from './private-tags.ts';
import { type Instance } from '#objects/attributes/attribute-codec';
import { attributesOfObject, listedAttributes } from '#objects/attributes/attribute-groups';
import type { ObjectType } from '#objects/attributes/attributes';

/** A Byte String for most formats, the fields of a structure for the Transparent ones. */
export type KeyMaterial = Uint8Array | readonly Item[];

/** A wrapped Key Value is a Byte String, which the server does not interpret. */
export type KeyValue =
  { readonly keyMaterial: KeyMaterial; readonly attributes?: readonly Instance[] | undefined } | Uint8Array;

export const isWrapped = (value: KeyValue): value is Uint8Array => value instanceof Uint8Array;

const keyMaterial: Codec<KeyMaterial> = {
  read(item) {
    if (item.type === ItemType.ByteString || item.type === ItemType.Structure) return item.value;
    throw wrongType(item, 'Byte String or Structure');
  },
  write: (tag, value) =>
    value instanceof Uint8Array ? { tag, type: ItemType.ByteString, value } : { tag, type: ItemType.Structure, value },
};

const plainKeyValue = structure('Key Value', {
  keyMaterial: required(Tag.KeyMaterial, keyMaterial),
  attributes: grouped(Tag.Attributes, listedAttributes(attributesOfObject), 'optional'),
});

const keyValue: Codec<KeyValue> = {
  read: (item, version) => (item.type === ItemType.ByteString ? item.value : plainKeyValue.read(item, version)),
  write: (tag, value, version) =>
    isWrapped(value) ? { tag, type: ItemType.ByteString, value } : plainKeyValue.write(tag, value, version),
};

/** 2.1 §3.2: "the wrapped TTLV-encoded Key Value structure" before it is wrapped, its header included. */
export const encodeKeyValue = (value: Exclude<KeyValue, Uint8Array>, version: Version): Uint8Array =>
  encode(plainKeyValue.write(Tag.KeyValue, value, version));

/** The inverse of `encodeKeyValue`; the result shares the bytes. @throws when they are not a Key Value. */
export const decodeKeyValue = (encoded: Uint8Array, version: Version): Exclude<KeyValue, Uint8Array> => {
  const item = decode(encoded);
  if (item.tag !== Tag.KeyValue)
    throw new KmipError('InvalidField', `expected a Key Value, found ${tagText(item.tag)}`);
  return plainKeyValue.read(item, version);
};

/** KMIP 2.1 §3.1 (1.4 §2.1.3). Which fields a format demands is checked where an object is registered. */
export const keyBlock = structure('Key Block', {
  keyFormatType: required(Tag.KeyFormatType, enumeration('KeyFormatType')),
  keyCompressionType: optional(Tag.KeyCompressionType, enumeration('KeyCompressionType')),
  keyValue: optional(Tag.KeyValue, keyValue),
  cryptographicAlgorithm: optional(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm')),
  cryptographicLength: optional(Tag.CryptographicLength, integer),
  keyWrappingData: optional(Tag.KeyWrappingData, keyWrappingData),
});
export type KeyBlock = ReturnType<typeof keyBlock.read>;

/** What the server knows of a part besides, and no version has on a wire. */
const keptOfPart = {
  splitOf: optional(privateTags.splitOf.tag, text, { keptOnly: true }),
  polynomial: optional(privateTags.polynomial.tag, integer, { keptOnly: true }),
};

const inKeyBlock = { keyBlock: required(Tag.KeyBlock, keyBlock) };

/** Every object type with its tag and fields. The tag is named like the type. */
export const objectSchemas = {
  Certificate: {
    certificateType: required(Tag.CertificateType, enumeration('CertificateType')),
    certificateValue: required(Tag.CertificateValue, bytes),
  },
  SymmetricKey: inKeyBlock,
  PublicKey: inKeyBlock,
  PrivateKey: inKeyBlock,
  SplitKey: { ...splitKeyParameters, ...keptOfPart, ...inKeyBlock },
  Template: { attributes: grouped(Tag.Attribute, listedAttributes(attributesOfObject), 'required') },
  SecretData: { secretDataType: required(Tag.SecretDataType, enumeration('SecretDataType')), ...inKeyBlock },
  OpaqueObject: {
    opaqueDataType: required(Tag.OpaqueDataType, enumeration('OpaqueDataType')),
    opaqueDataValue: required(Tag.OpaqueDataValue, bytes),
  },
  PGPKey: { pgpKeyVersion: required(Tag.PGPKeyVersion, integer), ...inKeyBlock },
  CertificateRequest: {
    certificateRequestType: required(Tag.CertificateRequestType, enumeration('CertificateRequestType')),
    certificateRequestValue: required(Tag.CertificateRequestValue, bytes),
  },
} as const satisfies Record<ObjectType, Schema>;

type Shapes = { [T in ObjectType]: ReturnType<ReturnType<typeof structure<(typeof objectSchemas)[T]>>['read']> };
/** An object's own structure, distinguished by `objectType`. */
export type ObjectStructure = { [T in ObjectType]: { readonly objectType: T } & Shapes[T] }[ObjectType];

const byTag = new Map<number, { readonly objectType: ObjectType; readonly fields: ReturnType<typeof fieldsOf> }>(
  Object.entries(objectSchemas).map(([objectType, schema]) => [
    Tag[objectType as ObjectType],
    { objectType: objectType as ObjectType, fields: fieldsOf(schema as Schema, objectType) },
  ]),
);

function readObject(item: Item, version: Version): ObjectStructure {
  const row = byTag.get(item.tag);
  if (row === undefined) throw new KmipError('InvalidMessage', `expected an object, found ${tagText(item.tag)}`);
  return { objectType: row.objectType, ...row.fields.read(childrenOf(item), version) } as ObjectStructure;
}

function writeObject(object: ObjectStructure, version: Version): Item {
  const tag = Tag[object.objectType];
  const row = byTag.get(tag);
  if (row === undefined) throw new Error(`no object is a ${object.objectType}`);
  return { tag, type: ItemType.Structure, value: row.fields.write(object, version) };
}

/** "Any object" in a payload. */
export const anyObject: Group<ObjectStructure> = {
  bound: atMost(1, 'InvalidMessage'),
  accepts: (tag) => byTag.has(tag),
  read([only, second], version) {
    if (only === undefined || second !== undefined)
      throw new KmipError('InvalidMessage', 'exactly one object must be given');
    return readObject(only, version);
  },
  write: (object, version) => [writeObject(object, version)],
  fits: (object, version) => byTag.get(Tag[object.objectType])?.fields.fits(object, version) === true,
};
