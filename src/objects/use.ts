/**
 * Whether an object may be used for a cryptographic purpose now: the one place that every service asks (KMIP 2.1 §4.40,
 * §4.41, §4.57, §4.59, §12.1).
 */
import { maskBit } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { Attributes } from './attributes.ts';
import { stateText, type State } from './life-cycle.ts';
import { objectTypeOf, type ManagedObject } from './managed-object.ts';
import { storageStatusOf } from './storage-status.ts';

/** By the bit that permits each: whether it applies protection, or processes what is protected. */
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
  CertificateSign: 'protect',
  CRLSign: 'protect',
} as const;
export type Purpose = keyof typeof purposes;

const bitOf = (name: string): number => maskBit('CryptographicUsageMask', name) ?? 0;
/** 2.1 §12.1: "contains no Usage Restrictions". */
const unrestricted = bitOf('Unrestricted');

/**
 * Refuses what the object's place, state, dates or mask forbid at `now` (seconds), its state being as the clock
 * has it. A Deactivated object still processes what it protected once (2.1 §4.57): its owner is who gives permission. A
 * Compromised one is trusted by nobody.
 * @throws KmipError ObjectDestroyed, ObjectArchived, WrongKeyLifecycleState or IncompatibleCryptographicUsageMask.
 */
export function permitUse(object: ManagedObject, purpose: Purpose, now: number): void {
  const { attributes } = object;
  const { state, processStartDate, protectStopDate, cryptographicUsageMask = 0 } = attributes;
  const type = objectTypeOf(object);
  const storage = storageStatusOf(attributes);
  if (storage === 'DestroyedStorage') throw new KmipError('ObjectDestroyed', `the ${type} was destroyed`);
  if (storage === 'ArchivalStorage') throw new KmipError('ObjectArchived', `the ${type} is archived`);
  const protects = purposes[purpose] === 'protect';
  if (state !== 'Active' && (protects || state !== 'Deactivated')) {
    const held = state === undefined ? 'has no State' : `is ${stateText(state as State)}`;
    throw new KmipError('WrongKeyLifecycleState', `the ${type} ${held}: ${purpose} is for Active ones`);
  }
  if (protects && protectStopDate !== undefined && now > protectStopDate) {
    throw new KmipError('WrongKeyLifecycleState', `the Protect Stop Date of the ${type} has passed`);
  }
  if (!protects && processStartDate !== undefined && now < processStartDate) {
    throw new KmipError('WrongKeyLifecycleState', `the Process Start Date of the ${type} is not reached`);
  }
  if ((cryptographicUsageMask & (bitOf(purpose) | unrestricted)) === 0) {
    throw new KmipError(
      'IncompatibleCryptographicUsageMask',
      `the Cryptographic Usage Mask of the ${type} lacks ${purpose}`,
    );
  }
}

/**
 * The attributes after protection was applied to so many bytes, which count as one object; the same ones when nothing is limited.
 * @throws KmipError UsageLimitExceeded.
 */
export function afterProtecting(attributes: Attributes, bytes: number): Attributes {
  const { usageLimits } = attributes;
  const left = usageLimits?.usageLimitsCount;
  if (left === undefined) return attributes;
  const used = usageLimits?.usageLimitsUnit === 'Byte' ? BigInt(bytes) : 1n;
  if (used > left) throw new KmipError('UsageLimitExceeded', `Usage Limits Count is ${left}, and ${used} are needed`);
  return { ...attributes, usageLimits: { ...usageLimits, usageLimitsCount: left - used } };
}
