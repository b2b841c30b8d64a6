/**
 * The two shapes of one attribute on the wire. 1.x: Attribute{Attribute Name, Attribute Index, Attribute Value} (1.4
 * §2.1.1). 2.x: the value under the attribute's own tag. Everything above sees `Instance`s.
 */
import { ItemType, type Item } from '#ttlv/item';
import { anyItem, integer, quoted, tagText, text } from '#protocol/codecs';
import { childrenOf, fieldsOf, optional, required } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { inRange, rulesOf, type Version } from '#protocol/versions';
import { nameOf, referenceByName, referenceText, unknownAttribute, type Reference } from './attribute-reference.ts';
import { vendorValue } from './attribute-structures.ts';
import { attributeByTag, attributeRow, type AttributeKey, type AttributeValue } from './attributes.ts';

/** One value of one attribute, as it is on a wire. */
export interface Instance extends Reference {
  readonly value: unknown;
  /** The Attribute Index of 1.x, when the client gave one. */
  readonly index?: number;
}

/** An attribute that a client of 1.x names, with or without a value. */
export interface NamedInstance extends Reference {
  readonly value?: unknown;
  readonly index?: number;
}

const parts = fieldsOf(
  {
    attributeName: required(Tag.AttributeName, text),
    attributeIndex: optional(Tag.AttributeIndex, integer),
    attributeValue: optional(Tag.AttributeValue, anyItem),
  },
  'Attribute',
);

/** Locate requests may contain parts of structures. */
export type ReadMode = 'whole' | 'partial';

function readValue(key: AttributeKey, item: Item, version: Version, mode: ReadMode): unknown {
  const { codec, name, tag } = attributeRow(key);
  // Attribute Value of 1.x: errors name the attribute.
  const asAsked = item.tag === tag ? item : ({ ...item, tag } as Item);
  if (!inRange(attributeRow(key), version)) throw unknownAttribute(quoted(name), ' in this version');
  return mode === 'partial' && codec.readPartial !== undefined
    ? codec.readPartial(asAsked, version)
    : codec.read(asAsked, version);
}

/** Reads Attribute{Name, Index, Value}. */
export function readNamed(item: Item, version: Version, mode: ReadMode): NamedInstance {
  const { attributeName, attributeIndex, attributeValue } = parts.read(childrenOf(item), version);
  const reference = referenceByName(attributeName);
  const index = attributeIndex === undefined ? {} : { index: attributeIndex };
  if (attributeValue === undefined) {
    if (!inRange(attributeRow(reference.key), version))
      throw unknownAttribute(quoted(attributeName), ' in this version');
    return { ...reference, ...index };
  }
  const value =
    reference.vendor === undefined
      ? readValue(reference.key, attributeValue, version, mode)
      : ({
          ...reference.vendor,
          attributeValue: vendorValue.read(attributeValue, version),
        } satisfies AttributeValue<'vendorAttribute'>);
  return Object.assign({}, reference, index, { value });
}

export function withValue(named: NamedInstance): Instance {
  if (named.value === undefined)
    throw new KmipError('InvalidMessage', `Attribute ${referenceText(named)} lacks Attribute Value`);
  return named as Instance;
}

/** Reads a value under the attribute's own tag. */
export function readTagged(item: Item, version: Version, mode: ReadMode): Instance {
  const key = attributeByTag(item.tag);
  if (key === undefined || !inRange(attributeRow(key), version)) throw unknownAttribute(quoted(tagText(item.tag)));
  const value = readValue(key, item, version, mode);
  if (key !== 'vendorAttribute') return { key, value };
  const { vendorIdentification = '', attributeName = '' } = value as AttributeValue<'vendorAttribute'>;
  return { key, vendor: { vendorIdentification, attributeName }, value };
}

/**
 * The instances that the version can represent, in its shape: newer attributes and values are left out of an older
 * answer.
 */
export function writeInstances(instances: readonly Instance[], version: Version): Item[] {
  const items: Item[] = [];
  for (const instance of instances) {
    const item = writeInstance(instance, version);
    if (item !== undefined) items.push(item);
  }
  return items;
}

/** Whether the version has the attribute, a name for it, and this value. */
export function isRepresentableIn(instance: Instance, version: Version): boolean {
  const row = attributeRow(instance.key);
  return (
    inRange(row, version) &&
    row.codec.fits?.(instance.value, version) !== false &&
    (rulesOf(version).attributesAreTagged || nameOf(instance) !== undefined)
  );
}

function writeInstance(instance: Instance, version: Version): Item | undefined {
  if (!isRepresentableIn(instance, version)) return undefined;
  const { codec, tag } = attributeRow(instance.key);
  if (rulesOf(version).attributesAreTagged) return codec.write(tag, instance.value, version);
  const attributeName = nameOf(instance) as string;
  const attributeValue: Item =
    instance.vendor === undefined
      ? codec.write(Tag.AttributeValue, instance.value, version)
      : { ...(instance.value as AttributeValue<'vendorAttribute'>).attributeValue, tag: Tag.AttributeValue };
  const { index } = instance;
  const children = parts.write(
    { attributeName, ...(index === undefined || index === 0 ? {} : { attributeIndex: index }), attributeValue },
    version,
  );
  return { tag: Tag.Attribute, type: ItemType.Structure, value: children };
}
