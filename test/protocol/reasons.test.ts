import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { enumerationHas, enumerationValues, type EnumerationValue } from '#protocol/enumerations';
import { KmipError, type ResultReason } from '#protocol/kmip-error';
import { reasonFor } from '#protocol/reasons';
import {
  newestVersion,
  supportedVersions,
  V1_0,
  V1_1,
  V1_2,
  V1_4,
  V2_0,
  V2_1,
  versionText,
  type WireVersion,
} from '#protocol/versions';

type Operation = EnumerationValue<'Operation'>;
const newest = enumerationValues('ResultReason', newestVersion);

/**
 * One failure, as 2.1 names it and as the error tables of 1.x do (1.4 §11.1 to §11.53). `definition` is the row of the
 * operation's table; without an operation it is one of the general rows.
 */
const same: readonly [
  operation: Operation | undefined,
  reason: ResultReason,
  definition: string,
  older: ResultReason,
][] = [
  [undefined, 'UnsupportedProtocolVersion', 'Protocol major version mismatch', 'InvalidMessage'],
  [undefined, 'InvalidMessage', 'Error parsing batch item or payload within batch item', 'InvalidMessage'],
  [undefined, 'InvalidField', 'Same major & minor version, unknown field', 'InvalidField'],
  [undefined, 'UnknownTag', 'Same major & minor version, unknown field', 'InvalidField'],
  [undefined, 'PermissionDenied', 'Client is not allowed to perform the specified operation', 'PermissionDenied'],
  [undefined, 'NotAuthorised', 'Client is not allowed to perform the specified operation', 'PermissionDenied'],
  [undefined, 'ResponseTooLarge', 'Maximum Response Size has been exceeded', 'ResponseTooLarge'],
  [undefined, 'OperationNotSupported', 'Server does not support operation', 'OperationNotSupported'],
  [
    undefined,
    'UnknownMessageExtension',
    'The Criticality Indicator in a Message Extension structure is set to True, but the server does not understand the extension',
    'FeatureNotSupported',
  ],
  [undefined, 'CodecError', 'Message cannot be parsed', 'InvalidMessage'],
  ['Create', 'InvalidObjectType', 'Object Type is not recognized', 'InvalidField'],
  ['Create', 'InvalidAttributeValue', 'Incorrect attribute value(s) specified', 'InvalidField'],
  ['Create', 'AttributeSingleValued', 'Incorrect attribute value(s) specified', 'InvalidField'],
  ['Create', 'UnsupportedAttribute', 'Incorrect attribute value(s) specified', 'InvalidField'],
  ['Create', 'InvalidAttribute', 'Incorrect attribute value(s) specified', 'InvalidField'],
  ['Create', 'CryptographicFailure', 'Error creating cryptographic object', 'CryptographicFailure'],
  [
    'Create',
    'ServerLimitExceeded',
    'Trying to set more instances than the server supports of an attribute that MAY have multiple instances',
    'IndexOutOfBounds',
  ],
  [
    'Create',
    'NonUniqueNameAttribute',
    'Trying to create a new object with the same Name attribute value as an existing object',
    'InvalidField',
  ],
  [
    'CreateKeyPair',
    'NonUniqueNameAttribute',
    'Trying to create a new object with the same Name attribute value as an existing object',
    'InvalidField',
  ],
  ['Register', 'InvalidObjectType', 'Object Type is not recognized', 'InvalidField'],
  [
    'Register',
    'NonUniqueNameAttribute',
    'Trying to register a new object with the same Name attribute value as an existing object',
    'InvalidField',
  ],
  [
    'Register',
    'ServerLimitExceeded',
    'Trying to set more instances than the server supports of an attribute that MAY have multiple instances',
    'IndexOutOfBounds',
  ],
  [
    'DeriveKey',
    'InvalidObjectType',
    'One or more of the objects specified are not of the correct type',
    'InvalidField',
  ],
  ['DeriveKey', 'BadCryptographicParameters', 'Invalid Derivation Parameters', 'InvalidField'],
  ['DeriveKey', 'ObjectNotFound', 'One or more of the objects specified do not exist', 'ItemNotFound'],
  ['ReKey', 'InvalidObjectType', 'Object specified is not able to be re-keyed', 'PermissionDenied'],
  ['Certify', 'InvalidObjectType', 'Object specified is not able to be certified', 'PermissionDenied'],
  [
    'Certify',
    'InvalidCSR',
    'The Certificate Request does not contain a signed certificate request of the specified Certificate Request Type',
    'InvalidField',
  ],
  [
    'Locate',
    'InvalidAttribute',
    'Non-existing attributes, attributes that the server does not understand or templates that do not exist are given in the request',
    'InvalidField',
  ],
  ['Check', 'IllegalObjectType', 'Check cannot be performed on this object', 'IllegalOperation'],
  [
    'Check',
    'IncompatibleCryptographicUsageMask',
    'The client is not allowed to use the object according to the specified attributes',
    'PermissionDenied',
  ],
  [
    'Check',
    'UsageLimitExceeded',
    'The client is not allowed to use the object according to the specified attributes',
    'PermissionDenied',
  ],
  ['Get', 'ObjectNotFound', 'Object does not exist', 'ItemNotFound'],
  ['Get', 'WrappingObjectNotFound', 'Wrapping key does not exist', 'ItemNotFound'],
  [
    'Get',
    'InvalidObjectType',
    'Object with Encryption Key Information exists, but it is not a key',
    'IllegalOperation',
  ],
  [
    'Get',
    'IncompatibleCryptographicUsageMask',
    'Object with Encryption Key Information exists, but it is not able to be used for wrapping',
    'PermissionDenied',
  ],
  [
    'Get',
    'WrappingObjectDestroyed',
    'Object with Encryption Key Information exists, but it is not able to be used for wrapping',
    'PermissionDenied',
  ],
  [
    'Get',
    'ObjectDestroyed',
    'Object exists and is not a Template, but the server only has attributes for this object',
    'IllegalOperation',
  ],
  [
    'Get',
    'BadCryptographicParameters',
    'Cryptographic Parameters associated with the object do not exist or do not match those provided in the Encryption Key Information and/or Signature Key Information',
    'ItemNotFound',
  ],
  ['Get', 'ObjectArchived', 'Object is archived', 'ObjectArchived'],
  ['AddAttribute', 'ObjectNotFound', 'No object with the specified Unique Identifier exists', 'ItemNotFound'],
  ['AddAttribute', 'ReadOnlyAttribute', 'Attempt to add a read-only attribute', 'PermissionDenied'],
  [
    'AddAttribute',
    'InvalidAttribute',
    'Attempt to add an attribute that is not supported for this object',
    'PermissionDenied',
  ],
  ['AddAttribute', 'AttributeSingleValued', 'The specified attribute already exists', 'IllegalOperation'],
  [
    'AddAttribute',
    'NonUniqueNameAttribute',
    'Trying to add a Name attribute with the same value that another object already has',
    'IllegalOperation',
  ],
  [
    'AddAttribute',
    'ServerLimitExceeded',
    'Trying to add a new instance to an attribute with multiple instances but the server limit on instances has been reached',
    'IndexOutOfBounds',
  ],
  [
    'ModifyAttribute',
    'AttributeNotFound',
    'A specified attribute does not exist (i.e., it needs to first be added)',
    'InvalidField',
  ],
  ['ModifyAttribute', 'AttributeReadOnly', 'The specified attribute is read-only', 'PermissionDenied'],
  [
    'ModifyAttribute',
    'NonUniqueNameAttribute',
    'Trying to set the Name attribute value to a value already used by another object',
    'IllegalOperation',
  ],
  ['DeleteAttribute', 'AttributeReadOnly', 'Attempt to delete a read-only/REQUIRED attribute', 'PermissionDenied'],
  ['DeleteAttribute', 'AttributeNotFound', 'No attribute with the specified name exists', 'ItemNotFound'],
  ['DeleteAttribute', 'InvalidAttribute', 'No attribute with the specified name exists', 'ItemNotFound'],
  [
    'ObtainLease',
    'UsageLimitExceeded',
    'The server determines that a new lease is not permitted to be issued for the specified cryptographic object',
    'PermissionDenied',
  ],
  [
    'GetUsageAllocation',
    'AttributeNotFound',
    'Object has no Usage Limits attribute, or the object is not able to be used for applying cryptographic protection',
    'IllegalOperation',
  ],
  [
    'GetUsageAllocation',
    'InvalidObjectType',
    'Object has no Usage Limits attribute, or the object is not able to be used for applying cryptographic protection',
    'IllegalOperation',
  ],
  [
    'GetUsageAllocation',
    'UsageLimitExceeded',
    'The server was not able to grant the requested amount of usage allocation',
    'PermissionDenied',
  ],
  [
    'Activate',
    'InvalidObjectType',
    'Unique Identifier specifies a template or other object that is not able to be activated',
    'IllegalOperation',
  ],
  ['Activate', 'WrongKeyLifecycleState', 'Object is not in Pre-Active state', 'PermissionDenied'],
  ['Revoke', 'InvalidField', 'Revocation Reason is not recognized', 'InvalidField'],
  [
    'Revoke',
    'InvalidObjectType',
    'Unique Identifier specifies a template or other object that is not able to be revoked',
    'IllegalOperation',
  ],
  ['Destroy', 'ObjectDestroyed', 'Object exists, but has already been destroyed', 'PermissionDenied'],
  [
    'Destroy',
    'WrongKeyLifecycleState',
    'Object is not in Pre-Active, Deactivated or Compromised state',
    'PermissionDenied',
  ],
  ['Archive', 'ObjectArchived', 'Object is already archived', 'ObjectArchived'],
  [
    'Poll',
    'InvalidAsynchronousCorrelationValue',
    'No outstanding operation with the specified Asynchronous Correlation Value exists',
    'ItemNotFound',
  ],
  [
    'Validate',
    'InvalidObjectType',
    'The combination of Certificate Objects and Unique Identifiers does not specify a certificate list',
    'InvalidMessage',
  ],
  [
    'Encrypt',
    'IncompatibleCryptographicUsageMask',
    'Object specified is not able to be used for encryption',
    'PermissionDenied',
  ],
  ['Encrypt', 'WrongKeyLifecycleState', 'Object specified is not able to be used for encryption', 'PermissionDenied'],
  ['Encrypt', 'InvalidObjectType', 'Object specified is not able to be used for encryption', 'PermissionDenied'],
  ['Encrypt', 'CryptographicFailure', 'Cryptographic error during encryption', 'CryptographicFailure'],
  [
    'Encrypt',
    'InvalidCorrelationValue',
    'No outstanding operation with the specified Correlation Value exists',
    'ItemNotFound',
  ],
  ['Sign', 'InvalidObjectType', 'Object specified is not able to be used for signing', 'PermissionDenied'],
  [
    'MACVerify',
    'InvalidObjectType',
    'Object specified is not able to be used for MAC verification',
    'PermissionDenied',
  ],
  ['Import', 'InvalidObjectType', 'Object Type is not recognized', 'InvalidField'],
  [
    'Import',
    'ObjectAlreadyExists',
    'Unique identifier already exists on the server and Replace Existing is false or not specified.',
    'ObjectAlreadyExists',
  ],
  ['CreateSplitKey', 'InvalidObjectType', 'Object Type is not recognized', 'InvalidField'],
  [
    'Register',
    'BadPassword',
    'Key Format Type is PKCS#12, but missing or multiple PKCS#12 Password Links',
    'InvalidField',
  ],
];

describe('result reasons', () => {
  it('stay as they are where the version has them', () => {
    for (const version of supportedVersions) {
      for (const reason of enumerationValues('ResultReason', version)) {
        expect(reasonFor(reason, version), `${reason} in ${versionText(version)}`).to.equal(reason);
      }
    }
  });

  it('become one that the version has, whatever failed', () => {
    const operations = [undefined, ...enumerationValues('Operation', newestVersion)];
    for (const version of supportedVersions) {
      for (const operation of operations) {
        for (const reason of newest) {
          const given = reasonFor(reason, version, operation);
          expect(enumerationHas('ResultReason', given, version), `${reason} in ${versionText(version)}`).to.equal(true);
        }
      }
    }
  });

  it('become General Failure only where nothing else is known of the failure', () => {
    const lost = newest.filter((reason) => reasonFor(reason, V1_0) === 'GeneralFailure');
    expect(lost).to.deep.equal(['InternalServerError', 'ServerLimitExceeded', 'GeneralFailure']);
  });

  for (const [operation, reason, definition, older] of same) {
    it(`say ${older} in 1.4 for ${reason} of ${operation ?? 'any operation'}: ${definition}`, () => {
      expect(reasonFor(reason, V1_4, operation)).to.equal(older);
      expect(reasonFor(reason, V2_1, operation)).to.equal(reason);
    });
  }

  const steps: readonly [reason: ResultReason, version: WireVersion, given: ResultReason][] = [
    ['Sensitive', V1_4, 'Sensitive'],
    ['Sensitive', V1_2, 'PermissionDenied'],
    ['KeyValueNotPresent', V1_2, 'KeyValueNotPresent'],
    ['KeyValueNotPresent', V1_1, 'IllegalOperation'],
    ['EncodingOptionError', V1_1, 'EncodingOptionError'],
    ['EncodingOptionError', V1_0, 'InvalidField'],
    ['AttestationRequired', V1_1, 'PermissionDenied'],
    ['UnknownObjectGroup', V2_0, 'ItemNotFound'],
    ['ConstraintViolation', V2_0, 'PermissionDenied'],
  ];
  for (const [reason, version, given] of steps) {
    it(`say ${given} in ${versionText(version)} for ${reason}`, () => {
      expect(reasonFor(reason, version)).to.equal(given);
    });
  }

  it('travel in the error, and the message is its own', () => {
    const error = new KmipError('ItemNotFound', 'no object has this identifier');
    expect(error).to.be.instanceOf(Error);
    expect([error.name, error.reason, error.message]).to.deep.equal([
      'KmipError',
      'ItemNotFound',
      'no object has this identifier',
    ]);
  });
});

const shared = join('..', 'shared', 'kmip', 'tables', 'operations.json');

interface SharedError {
  readonly definition?: string;
  readonly resultReason: string;
}
type SharedOperations = Readonly<
  Record<
    string,
    {
      readonly general: Readonly<Record<string, readonly SharedError[]>>;
      readonly operations: Readonly<Record<string, { readonly errors?: readonly SharedError[] }>>;
    }
  >
>;

describe('result reasons against the error tables of the standard', function () {
  before(function () {
    // The reference data is no part of the project: without it there is nothing to compare with.
    if (!existsSync(shared)) this.skip();
  });

  const bare = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

  it('are those of every version of 1.x that describes the failure', () => {
    const tables = JSON.parse(readFileSync(shared, 'utf8')) as SharedOperations;
    for (const [operation, reason, definition] of same) {
      let described = 0;
      for (const version of supportedVersions.filter((each) => each <= V1_4)) {
        const { general, operations } = tables[versionText(version)] ?? { general: {}, operations: {} };
        const errors =
          operation === undefined
            ? (general['General'] ?? [])
            : (Object.entries(operations).find(([name]) => bare(name) === bare(operation))?.[1].errors ?? []);
        for (const row of errors.filter((each) => each.definition === definition)) {
          described++;
          const given = reasonFor(reason, version, operation);
          expect(bare(given), `${operation} in ${versionText(version)}: ${definition}`).to.equal(
            bare(row.resultReason),
          );
        }
      }
      expect(described, `${operation}: ${definition}`).to.be.above(0);
    }
  });
});
