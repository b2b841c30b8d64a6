/**
 * The plain bytes of every kind of record, and the terms that it is found by, for fixed values: what is on disk today
 * has to be readable for ever. A change of `record-bytes.json` is a change of the format, and needs a new schema of
 * the store.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { recordKinds } from '#administration/record-kinds';
import type { CreationRules } from '#objects/creation-rules';
import type { ManagedObject } from '#objects/managed-object';
import { encodeRecord, encodedTombstone, recordKey, termKey } from '#store/engines/lmdb-layout';
import { sealRecord } from '#store/seal/sealed-record';
import type { Kind } from '#store/store';

const file = join('test', 'fixtures', 'earlier-data', 'record-bytes.json');

const certificate = {
  ...{ fingerprint: '0a', serial: '01', subject: 'CN=array', notBefore: 1, notAfter: 2, issuedHere: true, revoked: 3 },
};

const splitKey: ManagedObject = {
  id: '00000000-0000-7000-8000-000000000001',
  owner: '00000000-0000-4000-8000-0000000000aa',
  attributes: {
    uniqueIdentifier: '00000000-0000-7000-8000-000000000001',
    objectType: 'SplitKey',
    cryptographicAlgorithm: 'AES',
    cryptographicLength: 128,
    cryptographicUsageMask: 12,
    name: [
      { nameValue: 'first', nameType: 'UninterpretedTextString' },
      { nameValue: 'third', nameType: 'UninterpretedTextString' },
    ],
    objectGroup: ['payroll'],
    link: [{ linkType: 'ParentLink', linkedObjectIdentifier: '00000000-0000-7000-8000-000000000002' }],
    applicationSpecificInformation: [{ applicationNamespace: 'ssl', applicationData: 'www.example.org' }],
    vendorAttribute: [
      {
        vendorIdentification: 'x',
        attributeName: 'label',
        attributeValue: { tag: 0x42000b, type: 7, value: 'green' },
      },
    ],
    state: 'Active',
    initialDate: 1_700_000_000,
    activationDate: 1_700_000_001,
    fresh: true,
    rotateInterval: 86_400,
  },
  indexes: { name: [0, 2] },
  structure: {
    objectType: 'SplitKey',
    splitKeyParts: 3,
    keyPartIdentifier: 1,
    splitKeyThreshold: 2,
    splitKeyMethod: 'PolynomialSharingGF2_8',
    splitOf: '00000000-0000-7000-8000-000000000003',
    polynomial: 0x11d,
    keyBlock: { keyFormatType: 'Raw', cryptographicAlgorithm: 'AES', cryptographicLength: 128 },
  },
} as unknown as ManagedObject;

const rules: CreationRules = {
  objectDefaults: [
    {
      objectTypes: { objectType: ['SymmetricKey'] },
      attributes: [{ key: 'contactInformation', value: 'the bank' }],
    },
  ],
  constraints: [
    {
      objectTypes: { objectType: ['SymmetricKey'] },
      attributes: [{ key: 'cryptographicLength', value: 256 }],
    },
  ],
};

/** One value of each kind, with every field that a record of it may have. */
const values: Readonly<Record<string, unknown>> = {
  object: splitKey,
  'creation-rules': rules,
  'issued-certificate': {
    ...{ authority: 'certify-ca', fingerprint: '0a', serial: '01', subject: 'CN=array', object: 'o', client: 'c' },
    ...{ notBefore: 1, notAfter: 2, revoked: { at: 3, reason: 'KeyCompromise', by: 'client' } },
  },
  client: {
    ...{ id: 'c', name: 'array', created: 1, revoked: 2, lost: true, certificates: [certificate] },
    credentials: [{ username: 'u', salt: 'c2FsdA==', hash: 'aGFzaA==', cost: { N: 16384, r: 8, p: 1 } }],
    ...{ quota: { objects: 5 }, rotations: 'off', passwordRequired: true },
  },
  'client-claim': { client: 'c', made: 1 },
  meta: {},
  ca: { certificate: 'PEM', crlNumber: 1 },
  'server-names': { names: ['localhost'] },
  audit: { time: '2026-01-01T00:00:00.000Z', entry: { kind: 'operation', status: 'Success' }, owners: ['1-a'] },
  'audit-checkpoint': { chain: '1-a', seq: 1, hash: 'ff', closed: true, trail: 't', place: 'p' },
  usage: { objects: 1, removed: 2, bytes: 3, counted: 4 },
  'usage-writer': {},
  lease: { holder: 'server', until: 1 },
  schema: { version: 1, mark: { to: 2, kind: 'object', after: 'a' } },
};

const inClear = (field: string, value: string | Uint8Array): string => `${field}=${Buffer.from(value).toString('hex')}`;

function snapshotOf(kind: Kind<unknown>): unknown {
  const value = values[kind.name];
  return {
    bytes: Buffer.from(kind.encode(value)).toString('hex'),
    terms: kind.terms(value, inClear),
    ...(kind.identifiers === undefined ? {} : { identifiers: kind.identifiers }),
  };
}

describe('the bytes of records', () => {
  const expected = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, { readonly bytes: string }>>;

  for (const kind of recordKinds) {
    it(`are those of schema 1 for the kind ${kind.name}`, () => {
      expect(snapshotOf(kind)).to.deep.equal(expected[kind.name]);
      const bytes = Buffer.from(expected[kind.name]?.bytes ?? '', 'hex');
      expect(kind.encode(kind.decode(bytes))).to.deep.equal(kind.encode(values[kind.name]));
    });
  }

  it('are those of schema 1 below the seal', () => {
    const sealer = {
      keyNumber: 1,
      seal: (place: object, ...plain: readonly Uint8Array[]) =>
        Buffer.concat([Buffer.from(JSON.stringify(place)), ...plain]),
    };
    const heading = { kind: 'object', id: 'id', revision: 7, terms: ['a', 'bc'] };
    const record = sealRecord(sealer, heading, Buffer.of(1, 2), { revision: 5, sealed: Buffer.of(3) });
    const layout = {
      key: recordKey('object', 'id').toString('hex'),
      term: termKey('object', 'a', 'id').toString('hex'),
      record: encodeRecord(record).toString('hex'),
      tombstone: encodedTombstone.toString('hex'),
    };
    expect(layout).to.deep.equal(expected['lmdb']);
  });
});
