/**
 * Who may do what, cell by cell: operation x object type x state x (owner, another client). The owner
 * gets what the life cycle and the error tables say; the other client's answer is, byte for byte, the
 * one for an object that does not exist.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { State } from '#objects/life-cycle';
import { operations, type ServedOperation } from '#operations/registry/served';
import { isIn } from '#operations/operation';
import type { ResultReason } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { V1_4, V2_1 } from '#protocol/versions';
import { objectKind } from '#repository/object-record';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { aesKey, answersOf, attributesFor, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, bytes, enumerated, int, long, request, struct, text, item } from '#test/fixtures/items';
import { decode } from '#ttlv/decode';
import { objectIn, oneAttribute, revocation, statefulTypes, states, type MatrixType } from './objects-in-states.ts';

/** Where an object stands: its state, or that it is a Template. */
type Place = State | 'Template';
/** A reason of 2.1, and what 1.4 has for it. */
type Reasons = readonly [now: ResultReason, old: ResultReason];

interface Row {
  /** The request but for the identifier. */
  readonly payload?: (version: string) => readonly Item[];
  /** The types that it is for, when not for all: of the others the owner is refused for what they are. */
  readonly takes?: readonly MatrixType[];
  /** Where the owner is refused; everywhere else it succeeds. */
  readonly refused?: { readonly [P in Place]?: Reasons };
}

const wrongState: Reasons = ['WrongKeyLifecycleState', 'PermissionDenied'];
const destroyed: Reasons = ['ObjectDestroyed', 'PermissionDenied'];
const gone: Reasons = ['ObjectDestroyed', 'IllegalOperation'];
const wrongType: Reasons = ['InvalidObjectType', 'IllegalOperation'];
/** Of keys that are asked to work. */
const notForUse: Reasons = ['InvalidObjectType', 'PermissionDenied'];
const noLease: Reasons = ['PermissionDenied', 'PermissionDenied'];
const noLimits: Reasons = ['AttributeNotFound', 'IllegalOperation'];

const contact =
  (tag: 'NewAttribute' | 'CurrentAttribute') =>
  (version: string): Item[] => [
    oneAttribute(version, tag, 'Contact Information', text('ContactInformation', 'somebody else')),
  ];
const reference = (version: string): Item =>
  version < '2'
    ? text('AttributeName', 'Contact Information')
    : enumerated('AttributeReference', Tag.ContactInformation);

const parameters = (...fields: Item[]): Item => struct('CryptographicParameters', ...fields);
const ecdsa = parameters(enumerated('DigitalSignatureAlgorithm', 'ECDSAWithSHA256'));
const hmac = parameters(enumerated('CryptographicAlgorithm', 'HMAC_SHA256'));
/** Keys that protect are Active; Deactivated ones still process what they protected. */
const unfitToProcess = {
  PreActive: wrongState,
  Compromised: wrongState,
  Destroyed: destroyed,
  DestroyedCompromised: destroyed,
} as const;
const unfitToProtect = { ...unfitToProcess, Deactivated: wrongState } as const;

/** The operations that name an object; several ways to use one are several rows. */
const onObjects = {
  Activate: [
    {
      refused: {
        Active: wrongState,
        Deactivated: wrongState,
        Compromised: wrongState,
        Destroyed: wrongState,
        DestroyedCompromised: wrongState,
        Template: wrongType,
      },
    },
  ],
  AddAttribute: [
    { payload: (version) => [oneAttribute(version, 'NewAttribute', 'Object Group', text('ObjectGroup', 'another'))] },
  ],
  AdjustAttribute: [
    {
      payload: () => [
        struct('AttributeReference', text('VendorIdentification', 'x'), text('AttributeName', 'count')),
        enumerated('AdjustmentType', 'Increment'),
      ],
    },
  ],
  Archive: [{ refused: { Destroyed: destroyed, DestroyedCompromised: destroyed } }],
  Check: [
    {
      refused: {
        Destroyed: destroyed,
        DestroyedCompromised: destroyed,
        Template: ['IllegalObjectType', 'IllegalOperation'],
      },
    },
  ],
  DeleteAttribute: [{ payload: (version) => [reference(version)] }],
  Destroy: [{ refused: { Active: wrongState, Destroyed: destroyed, DestroyedCompromised: destroyed } }],
  Export: [{}],
  Get: [{ refused: { Destroyed: gone, DestroyedCompromised: gone } }],
  GetAttributes: [{}, { payload: (version) => [reference(version)] }],
  GetAttributeList: [{}],
  GetUsageAllocation: [
    {
      payload: () => [long('UsageLimitsCount', 1n)],
      refused: {
        PreActive: noLimits,
        Active: noLimits,
        Deactivated: noLimits,
        Compromised: noLimits,
        Destroyed: noLimits,
        DestroyedCompromised: noLimits,
        Template: noLimits,
      },
    },
  ],
  MAC: [{ payload: () => [hmac, bytes('Data', '00')], takes: ['SymmetricKey', 'SecretData'], refused: unfitToProtect }],
  MACVerify: [
    {
      payload: () => [hmac, bytes('Data', '00'), bytes('MACData', '00')],
      takes: ['SymmetricKey', 'SecretData'],
      refused: unfitToProcess,
    },
  ],
  ModifyAttribute: [{ payload: contact('NewAttribute') }],
  ObtainLease: [
    {
      refused: {
        Deactivated: noLease,
        Compromised: noLease,
        Destroyed: noLease,
        DestroyedCompromised: noLease,
        Template: noLease,
      },
    },
  ],
  Recover: [{}],
  Revoke: [
    {
      payload: () => [revocation('CessationOfOperation')],
      refused: {
        PreActive: wrongState,
        Deactivated: wrongState,
        Compromised: wrongState,
        Destroyed: wrongState,
        DestroyedCompromised: wrongState,
        Template: wrongType,
      },
    },
    {
      payload: () => [revocation('KeyCompromise')],
      refused: { Compromised: wrongState, DestroyedCompromised: wrongState, Template: wrongType },
    },
  ],
  SetAttribute: [{ payload: contact('NewAttribute') }],
  Sign: [{ payload: () => [ecdsa, bytes('Data', '00')], takes: ['PrivateKey'], refused: unfitToProtect }],
  SignatureVerify: [
    {
      payload: () => [ecdsa, bytes('Data', '00'), bytes('SignatureData', '00')],
      takes: ['PublicKey', 'Certificate'],
      refused: unfitToProcess,
    },
  ],
} satisfies { readonly [O in ServedOperation]?: readonly Row[] };

/** Common ones: the rest is the server's choice. */
const keyPairAttributes = (version: string): Item => ({
  ...attributesFor(
    version,
    ['Cryptographic Algorithm', enumerated('CryptographicAlgorithm', 'ECDSA')],
    ['Cryptographic Length', int('CryptographicLength', 256)],
  ),
  tag: version < '2' ? Tag.CommonTemplateAttribute : Tag.CommonAttributes,
});

/**
 * What they do hangs on more than states: see test/operations/certificates/certify.test.ts, encrypt.test.ts,
 * re-key.test.ts, derive-key.test.ts and their like.
 */
type OnMore =
  | 'Certify'
  | 'CreateSplitKey'
  | 'Decrypt'
  | 'DeriveKey'
  | 'Encrypt'
  | 'JoinSplitKey'
  | 'ReCertify'
  | 'ReKey'
  | 'ReKeyKeyPair'
  | 'Validate';

const opaqueObject = struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '01'));
const objectType: [name: string, item: Item] = ['Object Type', enumerated('ObjectType', 'OpaqueObject')];

/** Those that name none: what anybody may do at any time, and what it answers. */
const onNoObject: {
  readonly [O in Exclude<ServedOperation, keyof typeof onObjects | 'Locate' | OnMore>]: (
    version: string,
  ) => readonly Item[];
} = {
  Create: aesKey,
  CreateKeyPair: (version) => [keyPairAttributes(version)],
  DiscoverVersions: () => [],
  GetConstraints: () => [],
  // Of an object that another client has: see test/operations/create/import.test.ts.
  Import: (version) => [
    uniqueIdentifier(randomUUID()),
    ...(version < '2' ? [] : [enumerated('ObjectType', 'OpaqueObject')]),
    ...(version < '2' ? (attributesFor(version, objectType).value as Item[]) : [attributesFor(version, objectType)]),
    opaqueObject,
  ],
  Hash: () => [parameters(enumerated('HashingAlgorithm', 'SHA_256')), bytes('Data', '00')],
  Interop: () => [enumerated('InteropFunction', 'Begin'), text('InteropIdentifier', 'case')],
  Log: () => [text('LogMessage', 'hello')],
  Ping: () => [],
  Query: () => [enumerated('QueryFunction', 'QueryOperations')],
  RNGRetrieve: () => [int('DataLength', 16)],
  RNGSeed: () => [bytes('Data', '00')],
  Register: (version) => [enumerated('ObjectType', 'OpaqueObject'), attributesFor(version), opaqueObject],
  SetConstraints: () => [struct('Constraints')],
  SetDefaults: () => [],
};

const absentId = 'no-such-object';

for (const [version, number, types] of [
  ['1.4', V1_4, [...statefulTypes, 'PGPKey', 'Template']],
  ['2.1', V2_1, [...statefulTypes, 'PGPKey', 'CertificateRequest']],
] as const) {
  describe(`the rights of clients in ${version}`, () => {
    let fixture: Fixture;
    const [owner, other] = ['client-1', 'client-2'];
    before(async () => (fixture = await openFixture({ interop: true })));
    after(() => fixture.close());

    const bytesOf = async (message: Item, client: string): Promise<Uint8Array> =>
      await fixture.handler.handle(encode(message), fixture.session(client));
    const revisionOf = async (id: string) => (await fixture.store.get(objectKind, id))?.revision;
    const served = (name: string): boolean => operations.some((each) => each.name === name && isIn(each, number));
    const placesOf = (objectType: MatrixType): readonly Place[] => (objectType === 'Template' ? ['Template'] : states);
    const objectAt = (objectType: MatrixType, place: Place) =>
      objectIn(fixture, version, objectType, place === 'Template' ? undefined : place);

    for (const [operation, rows] of Object.entries(onObjects) as [ServedOperation, readonly Row[]][]) {
      if (!served(operation)) continue;
      for (const [place, { payload = () => [], takes = types, refused = {} }] of rows.entries()) {
        const asking = (id: string): Item =>
          request(version, [item(operation, [uniqueIdentifier(id), ...payload(version)], '01')]);

        for (const objectType of types) {
          it(`${operation} (${place + 1}) of a ${objectType}, in every state`, async () => {
            for (const where of placesOf(objectType)) {
              const id = await objectAt(objectType, where);
              const before = await revisionOf(id);
              expect(Buffer.from(await bytesOf(asking(id), other)).toString('hex'), `${where}, other`).to.equal(
                Buffer.from(await bytesOf(asking(absentId), other)).toString('hex'),
              );
              expect(await revisionOf(id), `${where}, untouched`).to.equal(before);
              const [answer] = answersOf(decode(await bytesOf(asking(id), owner)));
              const [now, old] = (takes.includes(objectType) ? refused[where] : notForUse) ?? [undefined, undefined];
              const expected = version < '2' ? old : now;
              expect([answer?.status, answer?.reason], `${where}, owner`).to.deep.equal([
                expected === undefined ? 'Success' : 'OperationFailed',
                expected,
              ]);
            }
          });
        }

        it(`${operation} (${place + 1}) of what is archived`, async () => {
          for (const objectType of types) {
            const id = await objectAt(objectType, objectType === 'Template' ? 'Template' : 'PreActive');
            await bytesOf(request(version, [item('Archive', [uniqueIdentifier(id)])]), owner);
            const before = await revisionOf(id);
            expect(Buffer.from(await bytesOf(asking(id), other)).toString('hex'), `${objectType}, other`).to.equal(
              Buffer.from(await bytesOf(asking(absentId), other)).toString('hex'),
            );
            const [answer] = answersOf(decode(await bytesOf(asking(id), owner)));
            const expected = operation === 'Recover' ? undefined : 'ObjectArchived';
            expect(answer?.reason, `${objectType}, owner`).to.equal(expected);
            if (expected !== undefined) expect(await revisionOf(id), `${objectType}, untouched`).to.equal(before);
          }
        });
      }
    }

    for (const objectType of types) {
      it(`Locate of a ${objectType}, in every state`, async () => {
        const found = async (message: Item, client: string): Promise<unknown[]> => {
          const [answer] = answersOf(decode(await bytesOf(message, client)));
          expect(answer?.status).to.equal('Success');
          return all(answer?.payload as Item, 'UniqueIdentifier').map(({ value }) => value);
        };
        for (const where of placesOf(objectType)) {
          const id = await objectAt(objectType, where);
          const byId = (which: string): Item =>
            request(version, [item('Locate', locating(version, ['Unique Identifier', uniqueIdentifier(which)]))]);
          const everything = request(version, [item('Locate', locating(version))]);
          // Without a Storage Status Mask "only on-line objects" are looked for, and what is destroyed is not.
          const isThere = where !== 'Destroyed' && where !== 'DestroyedCompromised';
          expect(await found(byId(id), owner), `${where}, owner`).to.deep.equal(isThere ? [id] : []);
          expect((await found(everything, owner)).includes(id), `${where}, owner, all`).to.equal(isThere);
          expect(await bytesOf(byId(id), other), `${where}, other`).to.deep.equal(await bytesOf(byId(absentId), other));
          expect(await found(everything, 'client-3'), `${where}, other, all`).to.deep.equal([]);
        }
      });
    }

    for (const [operation, payload] of Object.entries(onNoObject)) {
      if (!served(operation)) continue;
      it(`${operation}, by anybody`, async () => {
        for (const client of [owner, other]) {
          const message = request(version, [item(operation as ServedOperation, payload(version), '01')]);
          expect(answersOf(decode(await bytesOf(message, client)))[0]?.status, client).to.equal('Success');
        }
      });
    }
  });
}

/** Locate takes its Attributes bare in 1.x. */
const locating = (version: string, ...given: readonly [name: string, item: Item][]): readonly Item[] => {
  const attributes = attributesFor(version, ...given);
  return version < '2' ? (attributes.value as Item[]) : [attributes];
};
