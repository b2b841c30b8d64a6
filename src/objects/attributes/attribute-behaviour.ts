/** What sets single attributes apart, for their rows of the table: rules of values, consequences, first values. */
import { hash } from 'node:crypto';
import { quoted } from '#protocol/codecs';
import type { EnumerationValue } from '#protocol/enumerations';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import { stateAt } from '#objects/life-cycle';
import type { Beginning, Guarded, Lifetime, ObjectType } from './attribute-row.ts';
import type { ApplicationSpecificInformation, Link, UsageLimits, VendorAttribute } from './attribute-structures.ts';

/** 2.1 §4.4: "If the server does not support this namespace, then an error SHALL be returned". */
export function checkApplicationData({ applicationNamespace, applicationData }: ApplicationSpecificInformation): void {
  if (applicationData === undefined) {
    const namespace = quoted(applicationNamespace);
    throw new KmipError('ApplicationNamespaceNotSupported', `no Application Data is made for namespace ${namespace}`);
  }
}

/** "Only the transitions described" (2.1 §4.57) exist, and the state of a vendor has no transition. */
export function checkState(value: EnumerationValue<'State'>): void {
  if (!value.startsWith('0x')) return;
  throw new KmipError('InvalidAttributeValue', `State must be a state of the standard, not ${value}`);
}

/** 2.1 §4.60: "usage limited to alphanumeric, underscore and period". */
export function checkVendorNames({ vendorIdentification, attributeName }: VendorAttribute): void {
  if (!/^[A-Za-z0-9_.]+$/.test(vendorIdentification) || attributeName === '') {
    throw new KmipError(
      'InvalidAttributeValue',
      'Vendor Identification must consist of letters, digits, "_" and ".", and Attribute Name must not be empty',
    );
  }
}

/** What Usage Limits must have to be counted (2.1 §4.59; 1.4 §3.21). @throws KmipError InvalidAttributeValue. */
export function wholeLimits({
  usageLimitsTotal,
  usageLimitsUnit,
}: UsageLimits): Required<Omit<UsageLimits, 'usageLimitsCount'>> {
  if (usageLimitsTotal === undefined || usageLimitsTotal < 0n || usageLimitsUnit === undefined) {
    throw new KmipError('InvalidAttributeValue', 'Usage Limits must have a unit and a total of at least 0');
  }
  return { usageLimitsTotal, usageLimitsUnit };
}

/**
 * Only the server sets the count: the client gives "Usage Limits Total and/or Usage Limits Unit only" (2.1 §4.59). 1.x
 * requires the field, so a count that equals the total is accepted.
 */
export function keptLimits(given: UsageLimits, held: UsageLimits | undefined, readOnly: ResultReason): UsageLimits {
  const { usageLimitsTotal, usageLimitsUnit } = wholeLimits({ ...held, ...given });
  const { usageLimitsCount } = given;
  if (usageLimitsCount !== undefined && usageLimitsCount !== usageLimitsTotal) {
    throw new KmipError(readOnly, 'Usage Limits Count must be the total or absent: only the server sets it');
  }
  return { usageLimitsTotal, usageLimitsCount: usageLimitsTotal, usageLimitsUnit };
}

export const initialLimits = (_made: Beginning, given: UsageLimits | undefined): UsageLimits | undefined =>
  given && { ...given, usageLimitsCount: given.usageLimitsTotal };

/** A date "in the past, or the current date" is a transition (2.1 §4.57, 4 and 6). */
export const movedState = (attributes: Lifetime, now: number): Lifetime =>
  attributes.state === undefined ? {} : { state: stateAt(attributes, now) };

export const initialState = ({ given: { activationDate, deactivationDate }, now }: Beginning): Lifetime['state'] =>
  stateAt({ activationDate, deactivationDate, state: 'PreActive' }, now);

/** 2.1 §4.3. */
export const stillSensitive = ({ sensitive, alwaysSensitive }: Guarded): Guarded =>
  alwaysSensitive === undefined ? {} : { alwaysSensitive: alwaysSensitive && sensitive === true };

/** 2.1 §4.33. */
export const stillInextractable = ({ extractable, neverExtractable }: Guarded): Guarded =>
  neverExtractable === undefined ? {} : { neverExtractable: neverExtractable && extractable === false };

export const initialSensitive = ({ given }: Beginning): boolean => given.sensitive ?? false;
export const initialExtractable = ({ given }: Beginning): boolean => given.extractable ?? true;
/** "Unless the client provides a False value in Register or Import" (2.1 §4.24). */
export const initialFresh = ({ generated }: Beginning, given = true): boolean => generated || given;

export const timeOfMaking = ({ now }: Beginning): number => now;
export const timeOfGeneration = ({ now, generated }: Beginning): number | undefined => (generated ? now : undefined);

/** 2.1 §4.56: "a SHA-256 hash of the Unique Identifier". */
export const shortIdentifier = ({ id }: Beginning): Uint8Array => hash('sha256', id, 'buffer');

/** Seconds; how long clients may use a fetched object without asking again (2.1 §4.30). No policy shortens it. */
export const initialLease = (): number => 3600;

/** 2.1 §4.44, §12.2: Software and On System. */
export const softwareStorage = (): number => 0x01;

/**
 * Links of a certificate lead to what belongs to its key, which the new one is for too. A new key is neither certified
 * nor derived as the existing one was.
 */
export const isLinkCopied = ({ linkType }: Link, objectType: ObjectType): boolean =>
  objectType === 'Certificate' && linkType !== 'ReplacementObjectLink' && linkType !== 'ReplacedObjectLink';
