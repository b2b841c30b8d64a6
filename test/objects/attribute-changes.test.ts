/**
 * The rules of changes against lists made from the rules tables of the text (2.1 chapter 4; 1.4 chapter
 * 3), attribute by attribute.
 */
import { expect } from 'chai';
import {
  addInstance,
  deleteInstances,
  modifyInstance,
  type AttributeChange,
  type Terms,
} from '#objects/attributes/attribute-changes';
import type { Reference } from '#objects/attributes/attribute-reference';
import { attributeRows, type AttributeKey, type AttributeRow } from '#objects/attributes/attributes';
import type { ManagedObject } from '#objects/managed-object';
import { KmipError } from '#protocol/kmip-error';
import { atRest } from '#protocol/versions';

const terms: Terms = { version: atRest, now: 1000, readOnly: 'AttributeReadOnly', ambiguous: 'MultiValuedAttribute' };
const vendor = { vendorIdentification: 'x', attributeName: 'a' };

/** "Deletable by client: Yes". */
const deletable: readonly AttributeKey[] = [
  'alternativeName',
  'applicationSpecificInformation',
  'comment',
  'contactInformation',
  'cryptographicParameters',
  'description',
  'keyValueLocation',
  'link',
  'name',
  'objectGroup',
  'pkcs12FriendlyName',
  'protectionLevel',
  'protectionPeriod',
  'rotateName',
  'usageLimits',
  'vendorAttribute',
];
/** "Modifiable by client: Yes", with conditions or without. */
const modifiable: readonly AttributeKey[] = [
  ...deletable,
  'activationDate',
  'deactivationDate',
  'extractable',
  'processStartDate',
  'protectStopDate',
  'quantumSafe',
  'sensitive',
];
/** "Initially set by: Client", alone or with the server. */
const settable: readonly AttributeKey[] = [
  ...modifiable,
  'cryptographicDomainParameters',
  'cryptographicUsageMask',
  'fresh',
  'nistKeyType',
  'operationPolicyName',
  'originalCreationDate',
  'randomNumberGenerator',
  'rotateAutomatic',
  'rotateInterval',
  'rotateOffset',
];

const samples: { readonly [K in AttributeKey]?: unknown } = {
  applicationSpecificInformation: { applicationNamespace: 'ssl', applicationData: 'www' },
  usageLimits: { usageLimitsTotal: 1n, usageLimitsCount: 1n, usageLimitsUnit: 'Byte' },
  vendorAttribute: { ...vendor, attributeValue: 'v' },
};
/** A value that no rule looks into; far from the clock where it is a date. */
const sample = (key: AttributeKey): unknown => samples[key] ?? 5000;

const referenceTo = (key: AttributeKey): Reference => (key === 'vendorAttribute' ? { key, vendor } : { key });

function objectOf([key, row]: readonly [AttributeKey, AttributeRow], held: boolean): ManagedObject {
  const [objectType] = row.objects;
  const value = row.multiple ? [sample(key)] : sample(key);
  return {
    id: 'an-id',
    owner: 'client-1',
    attributes: { state: 'PreActive', ...(held ? { [key]: value } : {}) },
    indexes: {},
    structure: { objectType } as never,
  };
}

function allowed(change: () => AttributeChange): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (error instanceof KmipError && error.reason === 'AttributeReadOnly') return false;
    throw error;
  }
}

describe('what clients may do to each attribute', () => {
  const rows = [...attributeRows];
  const state = ([key]: (typeof rows)[number]): boolean => key !== 'state';
  const keysOf = (may: (row: (typeof rows)[number]) => boolean): AttributeKey[] =>
    rows
      .filter(may)
      .map(([key]) => key)
      .sort();

  it('is to add those that the text lets them set', () => {
    const may = keysOf((row) =>
      allowed(() => addInstance(objectOf(row, false), { ...referenceTo(row[0]), value: sample(row[0]) }, terms)),
    );
    expect(may).to.deep.equal([...settable].sort());
  });

  it('is to modify those that the text lets them modify', () => {
    const may = keysOf((row) =>
      allowed(() =>
        modifyInstance(objectOf(row, state(row)), 'only', { ...referenceTo(row[0]), value: sample(row[0]) }, terms),
      ),
    );
    expect(may).to.deep.equal([...modifiable].sort());
  });

  it('is to delete those that the text lets them delete', () => {
    const may = keysOf((row) =>
      allowed(() => deleteInstances(objectOf(row, state(row)), 'all', referenceTo(row[0]), terms)),
    );
    expect(may).to.deep.equal([...deletable].sort());
  });

  const dates = ['activationDate', 'deactivationDate', 'processStartDate', 'protectStopDate'] as const;
  const states = ['PreActive', 'Active', 'Deactivated', 'Compromised', 'Destroyed', 'DestroyedCompromised'] as const;
  const changeable: { readonly [K in (typeof dates)[number]]: readonly string[] } = {
    activationDate: ['PreActive'],
    deactivationDate: ['PreActive', 'Active'],
    processStartDate: ['PreActive', 'Active'],
    protectStopDate: ['PreActive', 'Active'],
  };
  for (const key of dates) {
    it(`is to set and modify ${key} in the states that the text names only`, () => {
      for (const held of [true, false]) {
        const may = states.filter((each) => {
          const row = [key, attributeRows.get(key) as AttributeRow] as const;
          const object = objectOf(row, held);
          const inState = { ...object, attributes: { ...object.attributes, state: each } };
          try {
            if (held) modifyInstance(inState, 'only', { key, value: 6000 }, terms);
            else addInstance(inState, { key, value: 6000 }, terms);
            return true;
          } catch (error) {
            if (error instanceof KmipError && error.reason === 'WrongKeyLifecycleState') return false;
            throw error;
          }
        });
        expect(may).to.deep.equal(changeable[key]);
      }
    });
  }

  it('is nothing to Usage Limits of which some were allocated', () => {
    const object = objectOf(['usageLimits', attributeRows.get('usageLimits') as AttributeRow], true);
    const usageLimits = { usageLimitsTotal: 10n, usageLimitsCount: 9n, usageLimitsUnit: 'Byte' as const };
    const used = { ...object, attributes: { ...object.attributes, usageLimits } };
    const given = { key: 'usageLimits', value: { usageLimitsTotal: 20n } } as const;
    expect(allowed(() => modifyInstance(used, 'only', given, terms))).to.equal(false);
    expect(allowed(() => deleteInstances(used, 'all', given, terms))).to.equal(false);
  });

  it('leaves the object as it was, and answers with another', () => {
    const object = objectOf(['name', attributeRows.get('name') as AttributeRow], true);
    const before = structuredClone(object);
    const { object: to } = addInstance(object, { key: 'name', value: 'other' }, terms);
    expect(object).to.deep.equal(before);
    expect(to.attributes.name).to.deep.equal([5000, 'other']);
    expect(to.attributes.lastChangeDate).to.equal(1000);
  });
});
