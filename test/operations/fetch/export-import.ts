/** What Export answers, taken apart, and made into an Import again. */
import type { ObjectType } from '#objects/attributes/attributes';
import { objectSchemas } from '#objects/object-structure';
import { enumerationNumber } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import type { Item } from '#ttlv/index';
import { id, named, type Caller } from '#test/clients/caller';
import { all, at, enumerated, isOld, struct, value, versions } from '#test/fixtures/items';

/** Those that have the two operations. */
export const versionsWithImport = versions.filter((version) => version >= '1.4');

export interface Exported {
  readonly id: string;
  readonly objectType: number;
  /** One by one, in the version's shape. */
  readonly attributes: readonly Item[];
  readonly object: Item;
}

const objectTags: readonly number[] = Object.keys(objectSchemas).map((type) => Tag[type as ObjectType]);

export async function exported(here: Caller, which: string, ...asked: Item[]): Promise<Exported> {
  const payload = await here.call('Export', id(which), ...asked);
  return {
    id: value(payload, 'UniqueIdentifier') as string,
    objectType: value(payload, 'ObjectType') as number,
    attributes: isOld(here.version) ? all(payload, 'Attribute') : (value(payload, 'Attributes') as Item[]),
    object: (payload.value as Item[]).find(({ tag }) => objectTags.includes(tag)) as Item,
  };
}

/** The payload of an Import. Attributes under their own tags are named for 1.4. */
export const importing = (
  { version }: Caller,
  { id: which, objectType, attributes, object }: Exported,
  ...more: Item[]
): Item[] => [
  id(which),
  ...(isOld(version) ? [] : [enumerated('ObjectType', objectType)]),
  ...more,
  ...(isOld(version) ? attributes.map(named) : [struct('Attributes', ...attributes)]),
  object,
];

export const symmetricKey = (which: string, attributes: readonly Item[], object: Item): Exported => ({
  id: which,
  objectType: enumerationNumber('ObjectType', 'SymmetricKey') as number,
  attributes,
  object,
});

/** The value of an attribute of an Export, by its tag; named as the text names it. */
export const attributeOf = ({ attributes }: Exported, tag: TagName, called: string): Item | undefined =>
  attributes.find((each) => each.tag === Tag[tag] || at(each, 'AttributeName')?.value === called);
