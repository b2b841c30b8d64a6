/** Failures as the error tables describe them (1.4 §11.2 to §11.29; 2.1 §6.1), by the reasons of both generations. */
import { expect } from 'chai';
import type { ResultReason } from '#protocol/kmip-error';
import { callerOf, custom, given, id, name, named, olderVersions, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  attribute,
  at,
  bytes,
  date,
  enumerated,
  int,
  struct,
  text,
  isOld,
  versions,
  type OperationName,
} from '#test/fixtures/items';
import type { Item } from '#ttlv/index';

/** Makes the object that the request is about, and returns the payload. */
type Request = (caller: Caller) => Promise<Item[]>;
interface Row {
  readonly failure: string;
  readonly operation: OperationName;
  readonly request: Request;
  readonly older: ResultReason;
  /** Absent where 2.x does not have the request. */
  readonly newer?: ResultReason;
}

const revocation = (code: number): Item => struct('RevocationReason', enumerated('RevocationReasonCode', code));
/** 1.x has no other object without a life (1.4 errata 01 counts the opaque ones in). */
const template = async ({ call, version }: Caller): Promise<string> => {
  const attributes = [named(name('pattern')), named(int('CryptographicLength', 256))];
  const payload = await call(
    'Register',
    enumerated('ObjectType', 'Template'),
    given(version),
    struct('Template', ...attributes),
  );
  return at(payload, 'UniqueIdentifier')?.value as string;
};
const activated = async ({ call, create }: Caller): Promise<string> => {
  const key = await create();
  await call('Activate', id(key));
  return key;
};
const destroyed = async ({ call, create }: Caller): Promise<string> => {
  const key = await create(name('gone'));
  await call('Destroy', id(key));
  return key;
};
const added = (version: string, value: Item): Item => (isOld(version) ? named(value) : struct('NewAttribute', value));
const deleted = (version: string, tag: number, label: string): Item =>
  isOld(version) ? text('AttributeName', label) : enumerated('AttributeReference', tag);

const rows: readonly Row[] = [
  {
    failure: 'Object Type is not recognized',
    operation: 'Create',
    request: async ({ version }) => [enumerated('ObjectType', 0x7fff), given(version)],
    older: 'InvalidField',
    newer: 'InvalidField',
  },
  {
    failure: 'Object Type is none that it makes',
    operation: 'Create',
    request: async ({ version }) => [enumerated('ObjectType', 'SecretData'), given(version)],
    older: 'InvalidField',
    newer: 'InvalidObjectType',
  },
  {
    failure: 'Templates that do not exist are given in request',
    operation: 'Create',
    request: async () => [enumerated('ObjectType', 'SymmetricKey'), struct('TemplateAttribute', name('absent'))],
    older: 'ItemNotFound',
  },
  {
    failure: 'Incorrect attribute value(s) specified: a length that the algorithm lacks',
    operation: 'Create',
    request: async ({ version }) => [
      enumerated('ObjectType', 'SymmetricKey'),
      given(
        version,
        enumerated('CryptographicAlgorithm', 'AES'),
        int('CryptographicLength', 100),
        int('CryptographicUsageMask', 12),
      ),
    ],
    older: 'InvalidField',
    newer: 'InvalidAttributeValue',
  },
  {
    failure: 'Incorrect attribute value(s) specified: two of what there can be one of',
    operation: 'Create',
    request: async ({ version }) => [
      enumerated('ObjectType', 'SymmetricKey'),
      given(
        version,
        enumerated('CryptographicAlgorithm', 'AES'),
        int('CryptographicLength', 128),
        int('CryptographicLength', 256),
        int('CryptographicUsageMask', 12),
      ),
    ],
    older: 'InvalidField',
    newer: 'AttributeSingleValued',
  },
  {
    failure: 'REQUIRED field(s) missing',
    operation: 'Create',
    request: async () => [enumerated('ObjectType', 'SymmetricKey')],
    older: 'InvalidMessage',
    newer: 'InvalidMessage',
  },
  {
    failure: 'Object Type does not match type of cryptographic object provided',
    operation: 'Register',
    request: async ({ version }) => [
      enumerated('ObjectType', 'SymmetricKey'),
      given(version),
      struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '00')),
    ],
    older: 'InvalidField',
    newer: 'InvalidObjectType',
  },
  {
    failure: 'Object does not exist',
    operation: 'Get',
    request: async () => [id('absent')],
    older: 'ItemNotFound',
    newer: 'ObjectNotFound',
  },
  {
    failure: 'the server only has attributes for this object',
    operation: 'Get',
    request: async (caller) => [id(await destroyed(caller))],
    older: 'IllegalOperation',
    newer: 'ObjectDestroyed',
  },
  {
    failure: 'Object exists but cannot be provided in the desired Key Format Type',
    operation: 'Get',
    request: async ({ create }) => [id(await create()), enumerated('KeyFormatType', 'PKCS_1')],
    older: 'KeyFormatTypeNotSupported',
    newer: 'KeyFormatTypeNotSupported',
  },
  {
    failure: 'Object is not in Pre-Active state',
    operation: 'Activate',
    request: async (caller) => [id(await activated(caller))],
    older: 'PermissionDenied',
    newer: 'WrongKeyLifecycleState',
  },
  {
    failure: 'an object that is not able to be activated',
    operation: 'Activate',
    request: async (caller) => [id(await template(caller))],
    older: 'IllegalOperation',
  },
  {
    failure: 'Revocation Reason is not recognized',
    operation: 'Revoke',
    request: async (caller) => [id(await activated(caller)), revocation(0x7fff)],
    older: 'InvalidField',
    newer: 'InvalidField',
  },
  {
    failure: 'an object that is not able to be revoked',
    operation: 'Revoke',
    request: async (caller) => [id(await template(caller)), revocation(1)],
    older: 'IllegalOperation',
  },
  {
    failure: 'Object exists, but has already been destroyed',
    operation: 'Destroy',
    request: async (caller) => [id(await destroyed(caller))],
    older: 'PermissionDenied',
    newer: 'ObjectDestroyed',
  },
  {
    failure: 'Object is not in Pre-Active, Deactivated or Compromised state',
    operation: 'Destroy',
    request: async (caller) => [id(await activated(caller))],
    older: 'PermissionDenied',
    newer: 'WrongKeyLifecycleState',
  },
  {
    failure: 'Non-existing attributes are given in the request',
    operation: 'Locate',
    request: async ({ version }) => [
      isOld(version) ? attribute('Nothing', int('AttributeValue', 1)) : struct('Attributes', text('Username', 'x')),
    ],
    older: 'InvalidField',
    newer: 'InvalidAttribute',
  },
  {
    failure: 'the client is not allowed to use the object according to the specified attributes',
    operation: 'Check',
    request: async (caller) => [id(await activated(caller)), int('CryptographicUsageMask', 1)],
    older: 'PermissionDenied',
    newer: 'IncompatibleCryptographicUsageMask',
  },
  {
    failure: 'Attempt to add a read-only attribute',
    operation: 'AddAttribute',
    request: async ({ create, version }) => [id(await create()), added(version, date('ArchiveDate', 1))],
    older: 'PermissionDenied',
    newer: 'ReadOnlyAttribute',
  },
  {
    failure: 'Attempt to add an attribute that is not supported for this object',
    operation: 'AddAttribute',
    request: async ({ create, version }) => [
      id(await create()),
      added(version, enumerated('CertificateType', 'X_509')),
    ],
    older: 'PermissionDenied',
    newer: 'InvalidAttribute',
  },
  {
    failure: 'The specified attribute already exists',
    operation: 'AddAttribute',
    request: async ({ create, version }) => [
      id(await create(text('ContactInformation', 'a'))),
      added(version, text('ContactInformation', 'b')),
    ],
    older: 'IllegalOperation',
    newer: 'AttributeSingleValued',
  },
  {
    failure: 'New attribute contains Attribute Index',
    operation: 'AddAttribute',
    request: async ({ create }) => [id(await create()), attribute('Object Group', text('AttributeValue', 'g'), 1)],
    older: 'InvalidField',
  },
  {
    failure: 'a Name that the object has already',
    operation: 'AddAttribute',
    request: async ({ create, version }) => [id(await create(name('twice'))), added(version, name('twice'))],
    older: 'IllegalOperation',
    newer: 'NonUniqueNameAttribute',
  },
  {
    failure: 'A specified attribute does not exist (i.e., it needs to first be added)',
    operation: 'ModifyAttribute',
    request: async ({ create, version }) => [id(await create()), added(version, text('ContactInformation', 'a'))],
    older: 'InvalidField',
    newer: 'AttributeNotFound',
  },
  {
    failure: 'No matching attribute instance exists',
    operation: 'ModifyAttribute',
    request: async ({ create }) => [
      id(await create(text('ObjectGroup', 'g'))),
      attribute('Object Group', text('AttributeValue', 'h'), 5),
    ],
    older: 'ItemNotFound',
  },
  {
    failure: 'The specified attribute is read-only',
    operation: 'ModifyAttribute',
    request: async ({ create, version }) => [id(await create()), added(version, enumerated('State', 'Active'))],
    older: 'PermissionDenied',
    newer: 'AttributeReadOnly',
  },
  {
    failure: 'Attempt to delete a read-only/REQUIRED attribute',
    operation: 'DeleteAttribute',
    request: async ({ create, version }) => [id(await create()), deleted(version, 0x42008d, 'State')],
    older: 'PermissionDenied',
    newer: 'AttributeReadOnly',
  },
  {
    failure: 'No attribute with the specified name exists',
    operation: 'DeleteAttribute',
    request: async ({ create, version }) => [id(await create()), deleted(version, 0x420022, 'Contact Information')],
    older: 'ItemNotFound',
    newer: 'AttributeNotFound',
  },
  {
    failure: 'a custom attribute that the object lacks',
    operation: 'ModifyAttribute',
    request: async ({ create, version }) => [
      id(await create()),
      added(version, custom(version, 'none', text('AttributeValue', 'v'))),
    ],
    older: 'InvalidField',
    newer: 'AttributeNotFound',
  },
];

describe('a failure is answered as its version\u2019s error tables have it', () => {
  let fixture: Fixture;
  before(async () => (fixture = await openFixture()));
  after(() => fixture.close());

  for (const { failure, operation, request, older, newer } of rows) {
    it(`${operation}: ${failure}`, async () => {
      for (const version of newer === undefined ? olderVersions : versions) {
        const caller = callerOf(fixture.handler, fixture.session(), version);
        const answer = await caller.refused(operation, ...(await request(caller)));
        expect(answer.reason, `${version}: ${answer.message}`).to.equal(isOld(version) ? older : newer);
      }
    });
  }
});
