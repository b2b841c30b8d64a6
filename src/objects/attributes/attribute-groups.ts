/**
 * How payloads contain attributes. 1.x: lists of Attributes, Template-Attributes, Attribute Names (1.4 §2.1.8). 2.x:
 * Attributes, New Attribute and Current Attribute; an Attribute Reference is a name (2.1 §5.1, §5.5 to §5.7).
 */
import { ItemType, type Item } from '#ttlv/item';
import { atMost, atMostDistinct, checkNumber, type Bound } from '#protocol/bounds';
import { anyItem, quoted, tagText, text, wrongType } from '#protocol/codecs';
import { childrenOf, grouped, many, required, structure, type Field, type Group } from '#protocol/fields';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { inRange, rulesOf, type Version } from '#protocol/versions';
import { readNamed, readTagged, withValue, writeInstances, type Instance, type ReadMode } from './attribute-codec.ts';
import { maximumValues } from './attribute-collection.ts';
import { nameOf, referenceByName, unknownAttribute, type Reference } from './attribute-reference.ts';
import { name } from './attribute-structures.ts';
import { attributeByTag, attributeRow, type AttributeValue } from './attributes.ts';

/** The bound of all attributes that one request gives or one object brings: as many as an object may have. */
export const attributesOfObject = atMost(maximumValues, 'ServerLimitExceeded');

/** Each name costs a search, and its Template may have up to a thousand values of each attribute. */
const templatesNamed = atMostDistinct(20);

const templateAttribute = structure('Template-Attribute', {
  name: many(Tag.Name, name, templatesNamed),
  attribute: many(Tag.Attribute, anyItem, attributesOfObject),
});

/** One structure, which contains the list. */
const one = atMost(1, 'InvalidMessage');

/** A set of attributes as a client gives it. In 1.x it may also name Templates, whose attributes are added. */
export interface GivenAttributes {
  readonly instances: readonly Instance[];
  readonly templates?: readonly AttributeValue<'name'>[];
}

/** Values under their own tags. */
function readAll(
  tag: number,
  items: readonly Item[],
  version: Version,
  mode: ReadMode,
  bound: Bound,
): readonly Instance[] {
  checkNumber(tag, items, bound, version);
  return items.map((each) => readTagged(each, version, mode));
}

function theOnly(items: readonly Item[], tag: number): Item {
  const [only, second] = items;
  if (only !== undefined && second === undefined) return only;
  throw new KmipError('InvalidMessage', `${tagText(tag)} must be given at most once`);
}

/** Attributes of 2.x under `tag`, Template-Attribute of 1.x under `olderTag`. */
export function attributeSet<P extends 'required' | 'optional'>(
  tag: number,
  olderTag: number,
  presence: P,
): Field<GivenAttributes, P> {
  const tagIn = (version: Version): number => (rulesOf(version).attributesAreTagged ? tag : olderTag);
  return grouped<GivenAttributes, P>(
    tag,
    {
      accepts: (candidate, version) => candidate === tagIn(version),
      bound: one,
      read(items, version) {
        const only = theOnly(items, tagIn(version));
        if (rulesOf(version).attributesAreTagged) {
          return { instances: readAll(tag, childrenOf(only), version, 'whole', attributesOfObject) };
        }
        const { name: names = [], attribute = [] } = templateAttribute.read(only, version);
        return { instances: attribute.map((each) => withValue(readNamed(each, version, 'whole'))), templates: names };
      },
      write({ instances, templates = [] }, version) {
        const items = writeInstances(instances, version);
        return rulesOf(version).attributesAreTagged
          ? [{ tag, type: ItemType.Structure, value: items }]
          : [templateAttribute.write(olderTag, { name: templates, attribute: items }, version)];
      },
    },
    presence,
  );
}

/**
 * The attributes that Locate searches by (2.1 §6.1.28; 1.4 §4.9): Attributes, or a list of them. FortiGate sends them
 * within a Template-Attribute.
 */
export const askedAttributes = (bound: Bound): Group<readonly Instance[]> => ({
  bound,
  accepts: (tag, version) =>
    rulesOf(version).attributesAreTagged
      ? tag === Tag.Attributes
      : tag === Tag.Attribute || tag === Tag.TemplateAttribute,
  read(items, version) {
    if (!rulesOf(version).attributesAreTagged) {
      const asked = items.flatMap((item) =>
        item.tag === Tag.TemplateAttribute ? withoutTemplates(item, version) : [item],
      );
      checkNumber(Tag.Attribute, asked, bound, version);
      return asked.map((each) => withValue(readNamed(each, version, 'partial')));
    }
    return readAll(Tag.Attributes, childrenOf(theOnly(items, Tag.Attributes)), version, 'partial', bound);
  },
  write: writeList,
});

/** A part that was ignored would make Locate find more objects than requested. */
function withoutTemplates(item: Item, version: Version): readonly Item[] {
  const { name: names = [], attribute = [] } = templateAttribute.read(item, version);
  if (names.length > 0)
    throw new KmipError('InvalidField', 'Template-Attribute must contain only Attributes, not names of Templates');
  return attribute;
}

/** The attributes in the answer of Get Attributes: Attributes, or a list of them. */
export const listedAttributes = (bound: Bound): Group<readonly Instance[]> => ({
  bound,
  accepts: (tag, version) => tag === (rulesOf(version).attributesAreTagged ? Tag.Attributes : Tag.Attribute),
  read: (items, version) =>
    rulesOf(version).attributesAreTagged
      ? readAll(Tag.Attributes, items.flatMap(childrenOf), version, 'whole', bound)
      : items.map((item) => withValue(readNamed(item, version, 'whole'))),
  write: writeList,
});

function writeList(instances: readonly Instance[], version: Version): Item[] {
  const items = writeInstances(instances, version);
  return rulesOf(version).attributesAreTagged
    ? [{ tag: Tag.Attributes, type: ItemType.Structure, value: items }]
    : items;
}

/** One attribute with its value: New Attribute (or Current Attribute) of 2.x, Attribute of 1.x. */
export const oneAttribute = (tag: number): Group<Instance> => ({
  bound: one,
  accepts: (candidate, version) => candidate === (rulesOf(version).attributesAreTagged ? tag : Tag.Attribute),
  read(items, version) {
    const only = theOnly(items, tag);
    if (!rulesOf(version).attributesAreTagged) return withValue(readNamed(only, version, 'whole'));
    const [value, more] = childrenOf(only);
    if (value === undefined || more !== undefined) {
      throw new KmipError('InvalidMessage', `${tagText(tag)} must hold exactly one attribute`);
    }
    return readTagged(value, version, 'whole');
  },
  write(instance, version) {
    const items = writeInstances([instance], version);
    return rulesOf(version).attributesAreTagged ? [{ tag, type: ItemType.Structure, value: items }] : items;
  },
});

const vendorReference = structure('Attribute Reference', {
  vendorIdentification: required(Tag.VendorIdentification, text),
  attributeName: required(Tag.AttributeName, text),
});

function readReference(item: Item, version: Version): Reference {
  if (!rulesOf(version).attributesAreTagged) return referenceByName(text.read(item, version));
  if (item.type === ItemType.Structure) return { key: 'vendorAttribute', vendor: vendorReference.read(item, version) };
  if (item.type !== ItemType.Enumeration) throw wrongType(item, 'Enumeration or Structure');
  const key = attributeByTag(item.value);
  if (key === undefined) throw unknownAttribute(quoted(tagText(item.value)));
  return { key };
}

function writeReference(reference: Reference, version: Version): Item | undefined {
  const row = attributeRow(reference.key);
  if (!inRange(row, version)) return undefined;
  if (rulesOf(version).attributesAreTagged) {
    return reference.vendor === undefined
      ? { tag: Tag.AttributeReference, type: ItemType.Enumeration, value: row.tag }
      : vendorReference.write(Tag.AttributeReference, reference.vendor, version);
  }
  const value = nameOf(reference);
  return value === undefined ? undefined : { tag: Tag.AttributeName, type: ItemType.TextString, value };
}

/** Attribute Names of 1.x, Attribute References of 2.x. */
export const attributeReferences = (bound: Bound): Group<readonly Reference[]> => ({
  accepts: isReference,
  bound,
  read: (items, version) => items.map((item) => readReference(item, version)),
  write: writeReferences,
});

const isReference = (tag: number, version: Version): boolean =>
  tag === (rulesOf(version).attributesAreTagged ? Tag.AttributeReference : Tag.AttributeName);

const writeReferences = (references: readonly Reference[], version: Version): Item[] =>
  references.flatMap((each) => writeReference(each, version) ?? []);

/** Exactly one of them. */
export const oneReference: Group<Reference> = {
  accepts: isReference,
  bound: one,
  read: (items, version) => readReference(theOnly(items, Tag.AttributeReference), version),
  write: (reference, version) => writeReferences([reference], version),
};
