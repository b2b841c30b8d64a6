/**
 * Makes of a request of an operation the longest that its rows allow: every list as long as its bound, every set of
 * attributes full, every optional structure with a list in it there. Walks the rows themselves: an operation that gains
 * a list gains a case.
 */
import { attributesOfObject } from '#objects/attributes/attribute-groups';
import type { Operation } from '#operations/operation';
import type { Bound } from '#protocol/bounds';
import { enumerationNumber, enumerationValues, isEnumeration } from '#protocol/enumerations';
import type { AnyField, Group, Schema } from '#protocol/fields';
import { Tag, tagName, tags } from '#protocol/tags';
import { inRange, rulesOf, versionOf, type Version } from '#protocol/versions';

import { int, struct, text } from '#test/fixtures/items';
import { encodedLength } from '#ttlv/encode';
import { ItemType, type Item, type ItemTypeName } from '#ttlv/item';
import { mixed, mostOfObject } from './many-attributes.ts';

/** What a message holds, with some room for its header. */
const maximumBytes = 1024 * 1024 - 4096;
const maximumItems = 19_500;

export interface Longest {
  readonly payload: readonly Item[];
  /** How many lists it has. */
  readonly lists: number;
}

/** How a list is filled: `place` counts the lists of a request. */
type Fill = (bound: Bound, place: number) => number;

/** As long as the bounds allow; attributes as many as an object takes. */
export const longest: Fill = ({ most }) => (most === attributesOfObject.most ? mostOfObject : most);
/** As long as that, but for one list that is longer than its bound. */
export const beyond =
  (which: number): Fill =>
  ({ most }, place) =>
    place === which ? most + 1 : 1;

/** @param names Templates that exist, for versions that name them. */
export function lengthened(
  { request }: Pick<Operation, 'request'>,
  payload: readonly Item[],
  versionText: string,
  fill: Fill,
  names: readonly Item[] = [],
): Longest {
  const version = versionOf(Number(versionText[0]), Number(versionText[2]));
  let lists = 0;
  let itemsLeft = maximumItems;
  let bytesLeft = maximumBytes - payload.reduce((sum, each) => sum + encodedLength(each), 0);

  /** As many of them as the message still holds. */
  function affordable(items: readonly Item[]): Item[] {
    const taken: Item[] = [];
    for (const item of items) {
      itemsLeft -= countOf(item);
      bytesLeft -= encodedLength(item);
      if (itemsLeft < 0 || bytesLeft < 0) break;
      taken.push(item);
    }
    return taken;
  }

  /** Of one list: what is there, and more. */
  function filled(held: readonly Item[], bound: Bound, make: (count: number) => readonly Item[]): Item[] {
    const count = Math.min(fill(bound, lists++), maximumItems);
    return [...held, ...affordable(make(Math.max(0, count - held.length)))];
  }

  function inSchema(schema: Schema, items: readonly Item[]): Item[] {
    const rest = [...items];
    const made: Item[] = [];
    for (const field of Object.values(schema)) {
      if (!inRange(field, version)) continue;
      if (field.group !== undefined) made.push(...inGroup(field, field.group, rest));
      else
        made.push(
          ...inField(
            field,
            take(rest, ({ tag }) => tag === field.tag),
          ),
        );
    }
    return [...made, ...rest];
  }

  function inField(field: AnyField, held: readonly Item[]): readonly Item[] {
    const schema = schemaOf(field);
    if (field.bound !== undefined) {
      const [first = sampleOf(field, version), ...others] = held;
      // What it holds counts before it is repeated.
      const sample = schema === undefined ? first : ({ ...first, value: inSchema(schema, childrenOf(first)) } as Item);
      const isDistinct = field.bound.distinct;
      return filled(held.length === 0 ? [] : [sample, ...others], field.bound, (count) =>
        Array.from({ length: count }, (_, place) => (isDistinct || held.length === 0 ? varied(sample, place) : sample)),
      );
    }
    if (schema === undefined || !hasLists(schema, version)) return held;
    const whole = held[0] ?? sampleOf(field, version);
    return [{ ...whole, value: inSchema(schema, childrenOf(whole)) } as Item];
  }

  function inGroup(field: AnyField, group: Group<unknown>, rest: Item[]): readonly Item[] {
    const held = take(rest, ({ tag }) => group.accepts(tag, version));
    const isTagged = rulesOf(version).attributesAreTagged;
    const references = isTagged ? Tag.AttributeReference : Tag.AttributeName;
    if (group.accepts(references, version)) {
      if (group.bound.most === 1) return held;
      return filled(held, group.bound, (count) =>
        Array.from({ length: count }, (_, place) => reference(place, isTagged)),
      );
    }
    // An object, which has lists of its own in a Key Value or a Template; or one attribute.
    if (
      group.accepts(Tag.SymmetricKey, version) ||
      field.tag === Tag.NewAttribute ||
      field.tag === Tag.CurrentAttribute
    ) {
      return held;
    }
    if (!isTagged && group.accepts(Tag.Attribute, version)) {
      return filled(held, group.bound, (count) => mixed(versionText, count));
    }
    const whole = held[0] ?? { tag: setTagOf(group, version), type: ItemType.Structure, value: [] };
    const children = childrenOf(whole);
    if (isTagged) {
      const bound = group.bound.most === 1 ? attributesOfObject : group.bound;
      return [{ ...whole, value: filled(children, bound, (count) => mixed(versionText, count)) } as Item];
    }
    const named = filled([], { most: 20, distinct: true, reason: 'InvalidField' }, (count) =>
      Array.from(
        { length: count },
        (_, place) =>
          names[place] ??
          struct('Name', text('NameValue', `none ${place}`), {
            tag: Tag.NameType,
            type: ItemType.Enumeration,
            value: 1,
          }),
      ),
    );
    const attributes = filled(children, attributesOfObject, (count) => mixed(versionText, count));
    return [{ ...whole, value: [...named, ...attributes] } as Item];
  }

  return { payload: inSchema(request, payload), lists };
}

const childrenOf = (item: Item): readonly Item[] => (item.type === ItemType.Structure ? item.value : []);
const countOf = (item: Item): number => childrenOf(item).reduce((sum, each) => sum + countOf(each), 1);

function take(items: Item[], wanted: (item: Item) => boolean): Item[] {
  const taken = items.filter(wanted);
  for (const each of taken) items.splice(items.indexOf(each), 1);
  return taken;
}

const schemaOf = ({ codec }: AnyField): Schema | undefined =>
  'schema' in codec ? (codec.schema as Schema) : undefined;

const hasLists = (schema: Schema, version: Version): boolean =>
  Object.values(schema).some((field) => {
    if (!inRange(field, version)) return false;
    const inner = schemaOf(field);
    return field.bound !== undefined || field.group !== undefined || (inner !== undefined && hasLists(inner, version));
  });

const reference = (place: number, isTagged: boolean): Item =>
  isTagged
    ? struct('AttributeReference', text('VendorIdentification', 'x'), text('AttributeName', `c${place}`))
    : text('AttributeName', `x-c${place}`);

/** Under which tag the group takes a set of attributes. */
function setTagOf(group: Group<unknown>, version: Version): number {
  const tag = Object.values(Tag).find(
    (each) => /Attributes?$/.test(tagName(each) ?? '') && group.accepts(each, version),
  );
  if (tag === undefined) throw new Error('a group of attributes has no tag');
  return tag;
}

/** A value of the field, as its tag says that it is. */
function sampleOf(field: AnyField, version: Version): Item {
  const { tag } = field;
  const schema = schemaOf(field);
  // Its codec makes one number of two fields.
  if (tag === Tag.ProtocolVersion) {
    return struct('ProtocolVersion', int('ProtocolVersionMajor', 1), int('ProtocolVersionMinor', 0));
  }
  if (schema !== undefined) {
    const required = Object.values(schema).filter((each) => each.presence === 'required' && inRange(each, version));
    const value = required.flatMap((each) => (each.group === undefined ? [sampleOf(each, version)] : []));
    return { tag, type: ItemType.Structure, value };
  }
  const key = tagName(tag);
  const type: ItemTypeName = (key && tags[key].types[0]) ?? 'TextString';
  switch (type) {
    case 'Enumeration': {
      const values = key !== undefined && isEnumeration(key) ? enumerationValues(key, version) : [];
      const value = key !== undefined && isEnumeration(key) ? enumerationNumber(key, values[0] ?? '') : undefined;
      return { tag, type: ItemType.Enumeration, value: value ?? 1 };
    }
    case 'Structure':
      return { tag, type: ItemType.Structure, value: [] };
    case 'ByteString':
      return { tag, type: ItemType.ByteString, value: Buffer.from('00', 'hex') };
    case 'Boolean':
      return { tag, type: ItemType.Boolean, value: true };
    case 'Integer':
    case 'Interval':
      return { tag, type: ItemType[type], value: 1 };
    case 'TextString':
      return { tag, type: ItemType.TextString, value: 'a' };
    default:
      return { tag, type: ItemType[type], value: 1n };
  }
}

/** Another value of the same shape: its first text, number or bytes are others. */
function varied(item: Item, place: number): Item {
  switch (item.type) {
    case ItemType.TextString:
      return { ...item, value: `${item.value} ${place}` };
    case ItemType.Integer:
      return { ...item, value: item.value + place };
    case ItemType.ByteString:
      return { ...item, value: Buffer.concat([item.value, Buffer.from(`${place}`)]) };
    case ItemType.Structure: {
      const [first, ...others] = item.value;
      return first === undefined ? item : { ...item, value: [varied(first, place), ...others] };
    }
    default:
      return item;
  }
}
