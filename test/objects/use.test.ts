/**
 * Permission to use, by state, date, mask and storage (KMIP 2.1 §4.41, §4.57, §4.40, §12.1), and Usage Limits (§4.59).
 */
import { expect } from 'chai';
import type { Attributes } from '#objects/attributes/attributes';
import type { State } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { afterProtecting, permitUse, protects, type Purpose } from '#objects/use';
import { maskBit } from '#protocol/enumerations';
import { KmipError, type ResultReason } from '#protocol/kmip-error';

const now = 1_000_000;
const bit = (name: string): number => maskBit('CryptographicUsageMask', name) as number;
const mask = bit('Encrypt') | bit('Decrypt');

const keyWith = (attributes: Partial<Attributes>): ManagedObject => ({
  id: 'key',
  owner: 'client',
  indexes: {},
  attributes: { state: 'Active', cryptographicUsageMask: mask, ...attributes },
  structure: { objectType: 'SymmetricKey', keyBlock: { keyFormatType: 'Raw' } },
});

function refused(attributes: Partial<Attributes>, purpose: Purpose): ResultReason | undefined {
  try {
    permitUse(keyWith(attributes), purpose, now);
    return undefined;
  } catch (error) {
    if (!(error instanceof KmipError)) throw error;
    return error.reason;
  }
}

describe('permission to use', () => {
  it('is for Active objects, and to process also for Deactivated ones', () => {
    const wrong = 'WrongKeyLifecycleState';
    const expected: {
      readonly [S in State]: readonly [protect: ResultReason | undefined, process: ResultReason | undefined];
    } = {
      PreActive: [wrong, wrong],
      Active: [undefined, undefined],
      Deactivated: [wrong, undefined],
      Compromised: [wrong, wrong],
      Destroyed: [wrong, wrong],
      DestroyedCompromised: [wrong, wrong],
    };
    for (const [state, [protect, process]] of Object.entries(expected)) {
      expect(refused({ state: state as State }, 'Encrypt'), state).to.equal(protect);
      expect(refused({ state: state as State }, 'Decrypt'), state).to.equal(process);
    }
  });

  it('ends to protect with Protect Stop Date, and begins to process at Process Start Date', () => {
    for (const [date, protect, process] of [
      [{ protectStopDate: now }, undefined, undefined],
      [{ protectStopDate: now - 1 }, 'WrongKeyLifecycleState', undefined],
      [{ processStartDate: now }, undefined, undefined],
      [{ processStartDate: now + 1 }, undefined, 'WrongKeyLifecycleState'],
    ] as const) {
      expect(refused(date, 'Encrypt'), JSON.stringify(date)).to.equal(protect);
      expect(refused(date, 'Decrypt'), JSON.stringify(date)).to.equal(process);
    }
  });

  it('takes the bit of the purpose in the mask, or Unrestricted', () => {
    const lacking = 'IncompatibleCryptographicUsageMask';
    expect(refused({ cryptographicUsageMask: bit('Decrypt') }, 'Encrypt')).to.equal(lacking);
    expect(refused({ cryptographicUsageMask: bit('Encrypt') }, 'Decrypt')).to.equal(lacking);
    expect(refused({ cryptographicUsageMask: 0 }, 'Encrypt')).to.equal(lacking);
    expect(refused({ cryptographicUsageMask: bit('Sign') }, 'Sign')).to.equal(undefined);
    expect(refused({ cryptographicUsageMask: bit('Unrestricted') }, 'Encrypt')).to.equal(undefined);
    const { cryptographicUsageMask: _none, ...none } = keyWith({}).attributes;
    expect(() => permitUse({ ...keyWith({}), attributes: none }, 'Encrypt', now)).to.throw('lacks');
  });

  it('is for nothing that is archived or destroyed', () => {
    expect(refused({ destroyDate: now - 1, state: 'Destroyed' }, 'Decrypt')).to.equal('ObjectDestroyed');
    expect(refused({ archiveDate: now - 1 }, 'Decrypt')).to.equal('ObjectArchived');
  });

  it('tells apart what protects from what processes', () => {
    const kinds = (
      ['Sign', 'Verify', 'Encrypt', 'Decrypt', 'MACGenerate', 'MACVerify', 'WrapKey', 'UnwrapKey'] as const
    ).filter(protects);
    expect(kinds).to.deep.equal(['Sign', 'Encrypt', 'MACGenerate', 'WrapKey']);
  });
});

describe('Usage Limits', () => {
  const limited = (usageLimitsUnit: 'Byte' | 'Object', usageLimitsCount: bigint): Attributes =>
    keyWith({ usageLimits: { usageLimitsTotal: 100n, usageLimitsCount, usageLimitsUnit } }).attributes;
  const left = (attributes: Attributes) => attributes.usageLimits?.usageLimitsCount;

  it('count bytes, or objects however long', () => {
    expect(left(afterProtecting(limited('Byte', 40n), 16))).to.equal(24n);
    expect(left(afterProtecting(limited('Byte', 16n), 16))).to.equal(0n);
    expect(left(afterProtecting(limited('Object', 2n), 1_000_000))).to.equal(1n);
    expect(left(afterProtecting(limited('Object', 0n), 5, { objects: 0 }))).to.equal(0n);
    const { attributes } = keyWith({});
    expect(afterProtecting(attributes, 16), 'without limits').to.equal(attributes);
  });

  it('refuse what goes past them, by the reason of the operation', () => {
    for (const refusal of ['PermissionDenied', undefined] as const) {
      try {
        afterProtecting(limited('Byte', 15n), 16, refusal === undefined ? {} : { refusal });
        expect.fail('it was permitted');
      } catch (error) {
        expect((error as KmipError).reason).to.equal(refusal ?? 'UsageLimitExceeded');
      }
    }
  });
});
