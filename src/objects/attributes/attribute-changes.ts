/**
 * What clients do to the attributes of an existing object: Add, Modify, Set, Delete and Adjust Attribute by one set of
 * rules, those of the table (2.1 chapter 4, §6.1.2, §6.1.3, §6.1.13, §6.1.34, §6.1.51; 1.4 chapter 3, §4.14 to §4.16).
 * The object itself is never modified: a changed copy is returned.
 */
import { KmipError } from '#protocol/kmip-error';
import type { Version } from '#protocol/versions';
import type { Instance } from './attribute-codec.ts';
import { checkItems, nameTaken, withInstance } from './attribute-collection.ts';
import { referenceId, referenceText, type Reference } from './attribute-reference.ts';
import { checkApplies, checkDates, checkValue, isServersOwn } from './attribute-rules.ts';
import { attributeRow, valuesOf, type AttributeKey, type Attributes, type Modifiable } from './attributes.ts';
import { stateText, type State } from '#objects/life-cycle';
import {
  areSame,
  indexesOf,
  instancesOf,
  instancesReferred,
  objectTypeOf,
  withNext,
  type ManagedObject,
} from '#objects/managed-object';
import { sameAs } from '#objects/value-key';

/** The conditions of a change. */
export interface Terms {
  readonly version: Version;
  /** Seconds since 1970. */
  readonly now: number;
  /** 2.1 has two reasons for this failure; each operation's error table has one of them. */
  readonly readOnly: 'ReadOnlyAttribute' | 'AttributeReadOnly';
  /** The reason when there are several instances and the request does not say which one. */
  readonly ambiguous: 'AttributeInstanceNotFound' | 'MultiValuedAttribute';
}

/** Which instance of an attribute: by Attribute Index (1.x), by its value (2.x), or the only one. */
export type Which = { readonly index: number } | { readonly value: unknown } | 'only';

export interface AttributeChange {
  readonly object: ManagedObject;
  /** What was added, modified or deleted, with its Attribute Index. */
  readonly instance: Instance;
}

/** @throws KmipError AttributeSingleValued, NonUniqueNameAttribute, ServerLimitExceeded, or what the table forbids. */
export function addInstance(object: ManagedObject, given: Instance, terms: Terms): AttributeChange {
  checkClients(object, given, terms);
  const { key } = given;
  const instance = { ...given, value: asKept(object, given, terms) };
  const longer = withNext(object, withInstance(object.attributes, instance), given);
  checkModifiable(object, given, terms);
  const to = changed(longer, key, longer.attributes, indexesOf(longer, key), terms);
  return { object: to, instance: instancesOf(to, key).at(-1) as Instance };
}

/** @throws KmipError AttributeNotFound, AttributeInstanceNotFound, or what the table forbids. */
export function modifyInstance(object: ManagedObject, which: Which, given: Instance, terms: Terms): AttributeChange {
  const { key } = given;
  checkClients(object, given, terms);
  const { modifiable } = attributeRow(key);
  if (modifiable === 'never') throw readOnly(given, 'cannot be modified', terms);
  if (modifiable === 'toFalse' && given.value !== false) throw readOnly(given, 'can be modified to False only', terms);
  const held = heldInstance(object, which, given, terms);
  checkModifiable(object, given, terms);
  const value = asKept(object, given, terms);
  const [place = 0] = placesOf(object, [held]);
  const values = valuesOf(object.attributes, key);
  if (attributeRow(key).distinct === true && values.toSpliced(place, 1).some(sameAs(value))) throw nameTaken();
  const next = attributeRow(key).multiple ? values.with(place, value) : value;
  checkItems({ ...object.attributes, [key]: next }, object.attributes);
  const to = changed(object, key, { ...object.attributes, [key]: next }, indexesOf(object, key), terms);
  return { object: to, instance: { ...held, value } };
}

/** Adds, or modifies the only instance (2.1 §6.1.51). */
export function setInstance(object: ManagedObject, given: Instance, terms: Terms): AttributeChange {
  return instancesReferred(object, given).length === 0
    ? addInstance(object, given, terms)
    : modifyInstance(object, 'only', given, terms);
}

/**
 * Deletes one instance, or all of them, without touching the Attribute Index of others (1.4 §2.1.1).
 * Answers with the last that went.
 * @throws KmipError AttributeNotFound, AttributeInstanceNotFound, or what the table forbids.
 */
export function deleteInstances(
  object: ManagedObject,
  which: Which | 'all',
  reference: Reference,
  terms: Terms,
): AttributeChange {
  const { key } = reference;
  checkClients(object, reference, terms);
  if (!attributeRow(key).deletable) throw readOnly(reference, 'cannot be deleted', terms);
  const gone = which === 'all' ? heldInstances(object, reference) : [heldInstance(object, which, reference, terms)];
  for (const each of gone) checkClients(object, each, terms);
  checkModifiable(object, reference, terms);
  const places = new Set(placesOf(object, gone));
  const left = <T>(list: readonly T[]): T[] => list.filter((_, place) => !places.has(place));
  const { [key]: _, ...others } = object.attributes;
  const values = left(valuesOf(object.attributes, key));
  const attributes: Attributes = values.length === 0 ? others : { ...others, [key]: values };
  const to = changed(object, key, attributes, left(indexesOf(object, key)), terms);
  return { object: to, instance: gone.at(-1) as Instance };
}

const readOnly = (reference: Reference, why: string, terms: Terms): KmipError =>
  new KmipError(terms.readOnly, `${referenceText(reference)} ${why}`);

/** Checks that clients may change this attribute of an object of this type. */
export function checkClients(object: ManagedObject, reference: Reference, terms: Terms): void {
  checkApplies(objectTypeOf(object), reference, terms.version);
  if (isServersOwn(reference) || attributeRow(reference.key).setBy === 'creation') {
    throw readOnly(reference, 'cannot be changed: only the server sets it', terms);
  }
}

type Condition = (attributes: Attributes, key: AttributeKey, now: number) => boolean;

const stateIs =
  (...states: readonly (State | undefined)[]): Condition =>
  ({ state }) =>
    states.includes(state);
/** Templates have no state, and dates do not apply to them. */
const beforeUse = stateIs(undefined, 'PreActive');
const untilDeactivated = stateIs(undefined, 'PreActive', 'Active');

/** The conditions of the table's "Modifiable by client". They also hold for a first value, except `never`. */
const conditions: { readonly [M in Modifiable]: Condition } = {
  never: () => true,
  toFalse: () => true,
  inAnyState: () => true,
  whilePreActive: beforeUse,
  untilDeactivated,
  untilReached: (attributes, key, now) =>
    untilDeactivated(attributes, key, now) && ((attributes[key] as number | undefined) ?? Infinity) > now,
  untilAllocated: ({ usageLimits }) => usageLimits?.usageLimitsCount === usageLimits?.usageLimitsTotal,
};

function checkModifiable({ attributes }: ManagedObject, reference: Reference, terms: Terms): void {
  const { modifiable } = attributeRow(reference.key);
  if (conditions[modifiable](attributes, reference.key, terms.now)) return;
  if (modifiable === 'untilAllocated') throw readOnly(reference, 'is in use: part of it is already allocated', terms);
  const state = stateText(attributes.state ?? 'PreActive');
  throw new KmipError(
    'WrongKeyLifecycleState',
    `${referenceText(reference)} cannot be changed: the object is ${state}, or the date has passed`,
  );
}

/** @throws KmipError AttributeNotFound when there is none. */
function heldInstances(object: ManagedObject, reference: Reference): readonly Instance[] {
  const held = instancesReferred(object, reference);
  if (held.length > 0) return held;
  throw new KmipError('AttributeNotFound', `the object has no ${referenceText(reference)}`);
}

function heldInstance(object: ManagedObject, which: Which, reference: Reference, terms: Terms): Instance {
  const held = heldInstances(object, reference);
  if (which === 'only') {
    if (held.length === 1) return held[0] as Instance;
    throw new KmipError(terms.ambiguous, `the object has several values of ${referenceText(reference)}: name one`);
  }
  const isIt = 'index' in which ? undefined : sameAs(which.value);
  const found = held.find((each) =>
    'index' in which ? (each.index ?? 0) === which.index : isIt?.(each.value) === true,
  );
  if (found !== undefined) return found;
  const what = 'index' in which ? `with Attribute Index ${which.index}` : 'with this value';
  throw new KmipError('AttributeInstanceNotFound', `the object has no ${referenceText(reference)} ${what}`);
}

/** The places of the instances among the attribute's values; all instances are of one attribute. */
function placesOf(object: ManagedObject, instances: readonly Instance[]): readonly number[] {
  const [first] = instances;
  if (first === undefined) return [];
  const idOf = (each: Instance): string => `${each.index}\0${referenceId(each)}`;
  const places = new Map(instancesOf(object, first.key).map((each, place) => [idOf(each), place]));
  return instances.map((each) => places.get(idOf(each)) ?? -1);
}

/** The value that is stored for the value that a client gave. */
function asKept({ attributes }: ManagedObject, given: Instance, { readOnly: reason }: Terms): unknown {
  checkValue(given);
  const { kept } = attributeRow(given.key);
  return kept === undefined ? given.value : kept(given.value, attributes[given.key], reason);
}

/**
 * `attributes` are those of the object before consequences; `indexes` are those of the values of the changed attribute.
 */
function changed(
  object: ManagedObject,
  key: AttributeKey,
  attributes: Attributes,
  indexes: readonly number[],
  { now }: Terms,
): ManagedObject {
  checkDates(attributes, key);
  const to = { ...attributes, ...attributeRow(key).onChange?.(attributes, now), lastChangeDate: now };
  const { [key]: _, ...others } = object.indexes;
  const counted = areSame(indexes, indexesOf({ attributes: to, indexes: {} }, key));
  return { ...object, attributes: to, indexes: counted ? others : { ...others, [key]: indexes } };
}
