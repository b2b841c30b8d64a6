/** The rules of the attribute table, applied: what Create and Register take, and what clients may change later. */
import { quoted } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import { inRange, type Version } from '#protocol/versions';
import type { Instance } from './attribute-codec.ts';
import { Collected } from './attribute-collection.ts';
import { referenceText, type Reference } from './attribute-reference.ts';
import {
  attributeRow,
  type AttributeKey,
  type Attributes,
  type AttributeValue,
  type ObjectType,
} from './attributes.ts';

/** Whether the table lets objects of this type have the attribute in this version. */
export function checkApplies(objectType: ObjectType, instance: Reference, version: Version): void {
  const row = attributeRow(instance.key);
  if (!inRange(row, version) || !row.objects.has(objectType)) {
    throw new KmipError('InvalidAttribute', `${referenceText(instance)} is no attribute of a ${objectType}`);
  }
}

/** What the server alone sets, now or ever: also custom attributes whose names begin with "y-" (2.1 §4.60; 1.4 §3.39). */
export const isServersOwn = ({ key, vendor }: Reference): boolean =>
  attributeRow(key).setBy === 'server' || vendor?.vendorIdentification === 'y';

/** What a value must be, beyond its type. */
const valueRules: { readonly [K in AttributeKey]?: (value: AttributeValue<K>) => void } = {
  /** 2.1 §4.4: "If the server does not support this namespace, then an error SHALL be returned". */
  applicationSpecificInformation({ applicationNamespace, applicationData }) {
    if (applicationData === undefined) {
      const namespace = quoted(applicationNamespace);
      throw new KmipError('ApplicationNamespaceNotSupported', `no Application Data is made for namespace ${namespace}`);
    }
  },
  /** "Only the transitions described" (2.1 §4.57) are there: from a state of a vendor there is none. */
  state(value) {
    if (!value.startsWith('0x')) return;
    throw new KmipError('InvalidAttributeValue', `State must be one that the standard has, not ${value}`);
  },
  /** 2.1 §4.60: "usage limited to alphanumeric, underscore and period". */
  vendorAttribute({ vendorIdentification, attributeName }) {
    if (!/^[A-Za-z0-9_.]+$/.test(vendorIdentification) || attributeName === '') {
      throw new KmipError(
        'InvalidAttributeValue',
        'Vendor Identification must be of letters, digits, "_" and ".", and Attribute Name not empty',
      );
    }
  },
};

export function checkValue({ key, value }: Instance): void {
  valueRules[key]?.(value as never);
}

/** Pairs of dates of which the first may not be later than the second (2.1 §4.40, §4.41). */
const dateOrder = [
  ['activationDate', 'processStartDate'],
  ['protectStopDate', 'deactivationDate'],
] as const;

/**
 * Looks at the pairs that have the attribute `changed`, or at all: Activate and Revoke set dates of their own, and what
 * they leave behind is no fault of a later change elsewhere.
 * @throws KmipError InvalidAttributeValue.
 */
export function checkDates(set: Attributes, changed?: AttributeKey): void {
  for (const pair of dateOrder) {
    if (changed !== undefined && !pair.some((key) => key === changed)) continue;
    const [first, second] = pair;
    const [earlier, later] = [set[first], set[second]];
    if (earlier === undefined || later === undefined || earlier <= later) continue;
    const [before, after] = [attributeRow(first).name, attributeRow(second).name];
    throw new KmipError('InvalidAttributeValue', `${after} precedes ${before}`);
  }
}

type Limits = AttributeValue<'usageLimits'>;

/** What Usage Limits must have to be counted (2.1 §4.59; 1.4 §3.21). @throws KmipError InvalidAttributeValue. */
export function wholeLimits({ usageLimitsTotal, usageLimitsUnit }: Limits): Required<Omit<Limits, 'usageLimitsCount'>> {
  if (usageLimitsTotal === undefined || usageLimitsTotal < 0n || usageLimitsUnit === undefined) {
    throw new KmipError('InvalidAttributeValue', 'Usage Limits needs a total of 0 or more, and a unit');
  }
  return { usageLimitsTotal, usageLimitsUnit };
}

/** The attributes that a client gives to an object that is being made. */
export function givenAttributes(objectType: ObjectType, instances: readonly Instance[], version: Version): Attributes {
  const set = collected(objectType, instances, version, (instance) => {
    if (!isServersOwn(instance)) return;
    throw new KmipError('ReadOnlyAttribute', `${referenceText(instance)} is set by the server`);
  });
  checkDates(set);
  return set;
}

/**
 * Those of an object that had a life elsewhere: rules of who sets an attribute, and when, "SHALL NOT be enforced" (2.1 §6.1.25), nor that of
 * the order of dates, which Activate and Revoke leave behind as they please.
 */
export const importedAttributes = (
  objectType: ObjectType,
  instances: readonly Instance[],
  version: Version,
): Attributes => collected(objectType, instances, version);

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
  if (set.usageLimits !== undefined) wholeLimits(set.usageLimits);
  return set;
}
