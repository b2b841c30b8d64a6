/** A managed object in the server: owner, attributes, and its structure without the material. */
import type { Instance } from '#objects/attributes/attribute-codec';
import { referenceId, type Reference } from '#objects/attributes/attribute-reference';
import {
  attributeRow,
  attributeRows,
  valuesOf,
  type AttributeKey,
  type Attributes,
  type AttributeValue,
  type ObjectType,
} from '#objects/attributes/attributes';
import type { ObjectStructure } from './object-structure.ts';

/**
 * Attribute Indexes of 1.x where they are not 0, 1, 2 and so on: after a deletion, which leaves the indexes of other
 * instances unchanged (1.4 §2.1.1).
 */
export type Indexes = { readonly [K in AttributeKey]?: readonly number[] | undefined };

export interface ManagedObject {
  readonly id: string;
  /** The client that owns the object. */
  readonly owner: string;
  readonly attributes: Attributes;
  readonly indexes: Indexes;
  readonly structure: ObjectStructure;
}

export const objectTypeOf = (object: ManagedObject): ObjectType => object.structure.objectType;

/**
 * The Attribute Index of each value: as stored, else counted; custom attributes of different names are counted
 * separately.
 */
export function indexesOf(
  { attributes, indexes }: Pick<ManagedObject, 'attributes' | 'indexes'>,
  key: AttributeKey,
): readonly number[] {
  const kept = indexes[key];
  if (kept !== undefined) return kept;
  const values = valuesOf(attributes, key);
  if (key !== 'vendorAttribute') return values.map((_, place) => place);
  const counts = new Map<string, number>();
  return (values as readonly AttributeValue<'vendorAttribute'>[]).map((vendor) => {
    const called = referenceId({ key, vendor });
    const index = counts.get(called) ?? 0;
    counts.set(called, index + 1);
    return index;
  });
}

/**
 * The object with `attributes`, which have one more value of this one, the last: it gets the next Attribute Index, one
 * more than the highest held, and the others keep theirs (1.4 §2.1.1).
 */
export function withNext(object: ManagedObject, attributes: Attributes, reference: Reference): ManagedObject {
  const { key } = reference;
  const { [key]: kept } = object.indexes;
  // Those that are counted go on being counted.
  if (kept === undefined) return { ...object, attributes };
  const next = instancesReferred(object, reference).reduce((most, { index = 0 }) => Math.max(most, index), -1) + 1;
  return { ...object, attributes, indexes: { ...object.indexes, [key]: [...kept, next] } };
}

/** The Attribute Indexes of given values where they are not 0, 1, 2 and so on; index 0 may be left out (1.4 §2.1.1). */
export function indexesGiven(instances: readonly Instance[], attributes: Attributes): Indexes {
  const given: { [K in AttributeKey]?: readonly number[] } = {};
  for (const [key, values] of grouped(instances, (each) => each.key)) {
    const indexes = values.map(({ index = 0 }) => index);
    // Custom attributes are counted separately for each name.
    const distinct = new Set(values.map((each, place) => `${referenceId(each)}\0${indexes[place]}`));
    if (distinct.size < indexes.length || !attributeRow(key).multiple) continue;
    if (!areSame(indexes, indexesOf({ attributes, indexes: {} }, key))) given[key] = indexes;
  }
  return given;
}

export const areSame = (some: readonly number[], others: readonly number[]): boolean =>
  some.length === others.length && some.every((each, place) => each === others[place]);

/** The values of one attribute, ready for the wire. */
export function instancesOf(
  object: Pick<ManagedObject, 'attributes' | 'indexes'>,
  key: AttributeKey,
): readonly Instance[] {
  const values = valuesOf(object.attributes, key);
  if (values.length === 0) return [];
  if (!attributeRow(key).multiple) return [{ key, value: values[0] }];
  const indexes = indexesOf(object, key);
  return values.map((value, place) => ({
    key,
    ...(key === 'vendorAttribute' ? { vendor: value as AttributeValue<'vendorAttribute'> } : {}),
    value,
    index: indexes[place] ?? place,
  }));
}

/** The values of the attribute that the reference names; of custom attributes only those with that name. */
export function instancesReferred(
  object: Pick<ManagedObject, 'attributes' | 'indexes'>,
  reference: Reference,
): readonly Instance[] {
  return referredIn(object)(reference);
}

/** The same for many references: custom attributes are sorted by name once. */
export function referredIn(
  object: Pick<ManagedObject, 'attributes' | 'indexes'>,
): (reference: Reference) => readonly Instance[] {
  let custom: Map<string, Instance[]> | undefined;
  return (reference) => {
    const instances = reference.vendor === undefined || custom === undefined ? instancesOf(object, reference.key) : [];
    if (reference.vendor === undefined) return instances;
    custom ??= grouped(instances, referenceId);
    return custom.get(referenceId(reference)) ?? [];
  };
}

function grouped<T, K>(list: readonly T[], keyOf: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return groups;
}

const tableOrder = [...attributeRows.keys()];
const places = new Map<string, number>(tableOrder.map((key, place) => [key, place]));

/** Objects have a tenth of the table's rows: it is these that are sorted, each looked up once. */
function inOrder(attributes: Attributes): AttributeKey[] {
  const held: number[] = [];
  let isSorted = true;
  for (const key in attributes) {
    const place = places.get(key) ?? 0;
    isSorted &&= held.length === 0 || (held.at(-1) as number) < place;
    held.push(place);
  }
  // Those that were read from the store are.
  if (!isSorted) held.sort((a, b) => a - b);
  return held.map((place) => tableOrder[place] as AttributeKey);
}

/**
 * Every attribute of the object, in the order of the table. An object has about a tenth of the rows, so its own keys
 * are sorted instead of going through all rows.
 */
export function allInstances(object: Pick<ManagedObject, 'attributes' | 'indexes'>): Instance[] {
  const keys = inOrder(object.attributes);
  const instances: Instance[] = [];
  // One by one: a call accepts a limited number of arguments, and an attribute may have more values.
  for (const key of keys) for (const one of instancesOf(object, key)) instances.push(one);
  return instances;
}

/** The inverse of `allInstances`, without checks: stored values are valid. */
export function attributesFrom(instances: readonly Instance[]): Attributes {
  const attributes: { [key: string]: unknown } = {};
  for (const { key, value } of instances) {
    const held = attributes[key];
    if (!attributeRow(key).multiple) attributes[key] = value;
    else if (held === undefined) attributes[key] = [value];
    else (held as unknown[]).push(value);
  }
  return attributes;
}
