/** Applies the rules of the attribute table: what Create and Register accept, and what clients may change later. */
import { KmipError } from '#protocol/kmip-error';
import { inRange, type Version } from '#protocol/versions';
import type { Instance } from './attribute-codec.ts';
import { Collected } from './attribute-collection.ts';
import { referenceText, type Reference } from './attribute-reference.ts';
import {
  attributeRow,
  attributeRows,
  keysWith,
  valuesOf,
  type AttributeKey,
  type Attributes,
  type ObjectType,
} from './attributes.ts';

/** Whether the table lets objects of this type have the attribute in this version. */
export function checkApplies(objectType: ObjectType, instance: Reference, version: Version): void {
  const row = attributeRow(instance.key);
  if (!inRange(row, version) || !row.objects.has(objectType)) {
    throw new KmipError(
      'InvalidAttribute',
      `${referenceText(instance)} is not an attribute of Object Type ${objectType}`,
    );
  }
}

/**
 * Whether only the server sets the attribute, at any time: also custom attributes whose names begin with "y-" (2.1
 * §4.60; 1.4 §3.39).
 */
export const isServersOwn = ({ key, vendor }: Reference): boolean =>
  attributeRow(key).setBy === 'server' || vendor?.vendorIdentification === 'y';

export function checkValue({ key, value }: Instance): void {
  attributeRow(key).check?.(value);
}

/** Pairs of dates of which the first may not be later than the second (2.1 §4.40, §4.41). */
const dateOrder = [...attributeRows].flatMap(([second, { notBefore }]) =>
  notBefore === undefined ? [] : [[notBefore as AttributeKey, second] as const],
);

/**
 * Checks the pairs of dates that have the attribute `changed`, or all pairs. Activate and Revoke set dates of their
 * own, which may leave a pair in the wrong order: a later change of another attribute must not fail because of it.
 * @throws KmipError InvalidAttributeValue.
 */
export function checkDates(set: Attributes, changed?: AttributeKey): void {
  for (const pair of dateOrder) {
    if (changed !== undefined && !pair.includes(changed)) continue;
    const [first, second] = pair;
    const [earlier, later] = [set[first], set[second]] as readonly (number | undefined)[];
    if (earlier === undefined || later === undefined || earlier <= later) continue;
    const [before, after] = [attributeRow(first).name, attributeRow(second).name];
    throw new KmipError('InvalidAttributeValue', `${after} must not be before ${before}`);
  }
}

/** The attributes that a client gives to an object that is being made. */
export function givenAttributes(objectType: ObjectType, instances: readonly Instance[], version: Version): Attributes {
  const set = collected(objectType, instances, version, (instance) => {
    if (!isServersOwn(instance)) return;
    throw new KmipError('ReadOnlyAttribute', `${referenceText(instance)} must not be given: only the server sets it`);
  });
  checkDates(set);
  return set;
}

/**
 * The attributes of an object from another server: rules about who sets an attribute, and when, "SHALL NOT be enforced"
 * (2.1 §6.1.25), and neither is the order of dates, which Activate and Revoke may have changed.
 */
export const importedAttributes = (
  objectType: ObjectType,
  instances: readonly Instance[],
  version: Version,
): Attributes => collected(objectType, instances, version);

const checkedFirst = keysWith('checkFirst');

function collected(
  objectType: ObjectType,
  instances: readonly Instance[],
  version: Version,
  check?: (instance: Instance) => void,
): Attributes {
  const collection = new Collected();
  for (const instance of instances) {
    checkApplies(objectType, instance, version);
    check?.(instance);
    checkValue(instance);
    collection.add(instance);
  }
  const set = collection.attributes();
  for (const key of checkedFirst) for (const value of valuesOf(set, key)) attributeRow(key).checkFirst?.(value);
  return set;
}
