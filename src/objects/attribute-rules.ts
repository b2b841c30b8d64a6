/** The rules of the attribute table, applied: what Create and Register take, and what clients may change later. */
import { isDeepStrictEqual } from 'node:util';
import { KmipError } from '#protocol/kmip-error';
import { inRange, type Version } from '#protocol/versions';
import { referenceText, type Instance } from './attribute-codec.ts';
import { attributeRow, type AttributeKey, type Attributes, type ObjectType } from './attributes.ts';

/** Many values of one attribute are somebody's mistake, and every read pays for them. */
export const maximumInstances = 1000;

/** One more value in a set, no rule but the table's "multiple instances" and "the same value twice". */
export function withInstance(set: Attributes, instance: Instance): Attributes {
  const { key, value } = instance;
  const held: unknown = set[key];
  if (!attributeRow(key).multiple) {
    if (held !== undefined) {
      throw new KmipError('AttributeSingleValued', `${referenceText(instance)} takes one value only`);
    }
    return { ...set, [key]: value };
  }
  const values = (held ?? []) as readonly unknown[];
  if (values.length >= maximumInstances) {
    throw new KmipError('ServerLimitExceeded', `${referenceText(instance)} has ${maximumInstances} values already`);
  }
  if (key === 'name' && values.some((each) => isDeepStrictEqual(each, value))) {
    throw new KmipError('NonUniqueNameAttribute', 'the object has this Name already');
  }
  return { ...set, [key]: [...values, value] };
}

/** Whether the table lets objects of this type have the attribute in this version. */
export function checkApplies(
  objectType: ObjectType,
  instance: Pick<Instance, 'key' | 'vendor'>,
  version: Version,
): void {
  const row = attributeRow(instance.key);
  if (!inRange(row, version) || !row.objects.has(objectType)) {
    throw new KmipError('InvalidAttribute', `${referenceText(instance)} is no attribute of a ${objectType}`);
  }
}

/** Names of custom attributes that begin with "y-" are the server's (1.4 §3.39). */
export const isServersOwn = ({ key, vendor }: Pick<Instance, 'key' | 'vendor'>): boolean =>
  key === 'vendorAttribute' && vendor?.vendorIdentification === 'y';

/** The attributes that a client gives to an object that is being made. `except` are those that the caller checks itself. */
export function givenAttributes(
  objectType: ObjectType,
  instances: readonly Instance[],
  version: Version,
  except: ReadonlySet<AttributeKey> = new Set(),
): Attributes {
  let set: Attributes = {};
  for (const instance of instances) {
    checkApplies(objectType, instance, version);
    const { setBy } = attributeRow(instance.key);
    if ((setBy === 'server' && !except.has(instance.key)) || isServersOwn(instance)) {
      throw new KmipError('ReadOnlyAttribute', `${referenceText(instance)} is set by the server`);
    }
    set = withInstance(set, instance);
  }
  return set;
}

/** The order that the text demands of dates (2.1 §4.18, §4.40, §4.41), whoever gave which of them first. */
const orderedDates = [
  ['activationDate', 'processStartDate'],
  ['activationDate', 'deactivationDate'],
  ['protectStopDate', 'deactivationDate'],
] as const;

/** @throws KmipError InvalidAttributeValue when one of the dates precedes one that it may not precede. */
export function checkDates(attributes: Attributes): void {
  for (const [earlier, later] of orderedDates) {
    const [from, to] = [attributes[earlier], attributes[later]];
    if (from === undefined || to === undefined || from <= to) continue;
    const [first, second] = [attributeRow(earlier).name, attributeRow(later).name];
    throw new KmipError('InvalidAttributeValue', `${second} precedes ${first}`);
  }
}
