/**
 * Whether an object may be used for a cryptographic purpose now: the one place that every service asks (KMIP 2.1 §4.40,
 * §4.41, §4.57, §4.59, §12.1).
 */
import { maskBit } from '#protocol/enumerations';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import type { Attributes } from '#objects/attributes/attributes';
import { stateText } from './life-cycle.ts';
import { objectTypeOf, type ManagedObject } from './managed-object.ts';
import { storageStatusOf } from './storage-status.ts';
import { objectArchived, objectDestroyed } from './object-errors.ts';

/** By the bit of the mask that permits the purpose: whether it applies protection, or processes protected data. */
const purposes = {
  Sign: 'protect',
  Verify: 'process',
  Encrypt: 'protect',
  Decrypt: 'process',
  WrapKey: 'protect',
  UnwrapKey: 'process',
  MACGenerate: 'protect',
  MACVerify: 'process',
  DeriveKey: 'protect',
  ContentCommitmentNonRepudiation: 'protect',
  KeyAgreement: 'protect',
  CertificateSign: 'protect',
  CRLSign: 'protect',
  GenerateCryptogram: 'protect',
  ValidateCryptogram: 'process',
  TranslateEncrypt: 'protect',
  TranslateDecrypt: 'process',
  TranslateWrap: 'protect',
  TranslateUnwrap: 'process',
  FPEEncrypt: 'protect',
  FPEDecrypt: 'process',
} as const;
export type Purpose = keyof typeof purposes;
export const protects = (purpose: Purpose): boolean => purposes[purpose] === 'protect';

const bitOf = (name: string): number => maskBit('CryptographicUsageMask', name) ?? 0;
/** 2.1 §12.1: "contains no Usage Restrictions". */
const unrestricted = bitOf('Unrestricted');
const bitsOf = (kind: 'protect' | 'process'): number =>
  Object.entries(purposes)
    .filter(([, each]) => each === kind)
    .reduce((bits, [name]) => bits | bitOf(name), unrestricted);
const [protecting, processing] = [bitsOf('protect'), bitsOf('process')];

/**
 * Refuses a use that the storage, state, dates or mask of the object forbid at `now` (seconds); the state is that at
 * `now`. A Deactivated object still processes data that it protected earlier (2.1 §4.57), since its owner permits it. A
 * Compromised object must not be used.
 * @throws KmipError ObjectDestroyed, ObjectArchived, WrongKeyLifecycleState or IncompatibleCryptographicUsageMask.
 */
export function permitUse(object: ManagedObject, purpose: Purpose, now: number): void {
  permitNow(object, purposes[purpose], purpose, now);
  const { cryptographicUsageMask = 0 } = object.attributes;
  if ((cryptographicUsageMask & (bitOf(purpose) | unrestricted)) === 0) {
    throw new KmipError(
      'IncompatibleCryptographicUsageMask',
      `the Cryptographic Usage Mask of the ${objectTypeOf(object)} lacks ${purpose}`,
    );
  }
}

/**
 * Refuses an object that cannot apply protection, or not at `now`: an allocation of usage is for applying protection
 * (2.1 §6.1.23).
 * @throws KmipError InvalidObjectType for an object that never can, ObjectDestroyed or WrongKeyLifecycleState.
 */
export function permitProtection(object: ManagedObject, now: number): void {
  if (((object.attributes.cryptographicUsageMask ?? 0) & protecting) === 0) {
    throw new KmipError(
      'InvalidObjectType',
      `the ${objectTypeOf(object)} cannot apply protection: its Cryptographic Usage Mask does not allow any such use`,
    );
  }
  permitNow(object, 'protect', 'applying protection', now);
}

function permitNow(object: ManagedObject, kind: 'protect' | 'process', called: string, now: number): void {
  const { attributes } = object;
  const { state, processStartDate, protectStopDate } = attributes;
  const type = objectTypeOf(object);
  const storage = storageStatusOf(attributes);
  if (storage === 'DestroyedStorage') throw objectDestroyed(type);
  if (storage === 'ArchivalStorage') throw objectArchived(type);
  const isProtection = kind === 'protect';
  if (state !== 'Active' && (isProtection || state !== 'Deactivated')) {
    const held = state === undefined ? 'has no State' : `is ${stateText(state)}`;
    throw new KmipError('WrongKeyLifecycleState', `the ${type} ${held}: ${called} requires state Active`);
  }
  if (isProtection && protectStopDate !== undefined && now > protectStopDate) {
    throw new KmipError('WrongKeyLifecycleState', `the Protect Stop Date of the ${type} has passed`);
  }
  if (!isProtection && processStartDate !== undefined && now < processStartDate) {
    throw new KmipError('WrongKeyLifecycleState', `the Process Start Date of the ${type} is not yet reached`);
  }
}

type Limits = NonNullable<Attributes['usageLimits']>;

/** Whether an object with exhausted limits has no use left: processing is not limited (2.1 §4.59). */
export const isUsedUp = ({ usageLimits, cryptographicUsageMask = 0 }: Attributes): boolean =>
  usageLimits?.usageLimitsCount === 0n && (cryptographicUsageMask & processing) === 0;

/**
 * The limits after `units` were used or allocated.
 * @throws KmipError UsageLimitExceeded, or the reason that the operation has for it.
 */
export function afterUsing(limits: Limits, units: bigint, refusal: ResultReason = 'UsageLimitExceeded'): Limits {
  const { usageLimitsCount: left = 0n } = limits;
  if (units > left) throw new KmipError(refusal, `Usage Limits Count is ${left}, but ${units} are needed`);
  return { ...limits, usageLimitsCount: left - units };
}

/**
 * The attributes after protection was applied to so many bytes. They count as one object, or as none when an earlier
 * part of the stream has counted it. Without limits the same attributes are returned.
 * @throws KmipError as `afterUsing` does.
 */
export function afterProtecting(
  attributes: Attributes,
  bytes: number,
  { objects = 1, refusal }: { readonly objects?: 0 | 1; readonly refusal?: ResultReason } = {},
): Attributes {
  const { usageLimits } = attributes;
  if (usageLimits?.usageLimitsCount === undefined) return attributes;
  const units = usageLimits.usageLimitsUnit === 'Byte' ? BigInt(bytes) : BigInt(objects);
  return { ...attributes, usageLimits: afterUsing(usageLimits, units, refusal) };
}
