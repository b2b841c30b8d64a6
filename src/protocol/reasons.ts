/**
 * Operations give the Result Reason of KMIP 2.1 (§11.46). A version without that reason gets the one that its chapter
 * 11 has for the same failure. A reason that a version has stays unchanged.
 */
import { enumerationHas, type EnumerationValue, type OpenValue } from './enumerations.ts';
import type { ResultReason } from './kmip-error.ts';
import type { Version } from './versions.ts';

type Operation = EnumerationValue<'Operation'>;
type OlderReasons = { readonly [R in ResultReason]?: ResultReason };

/** For each reason that came later than 1.0, the one before it, from the error tables of 1.x (1.4 §11.1 to §11.43). */
const olderReasons: OlderReasons = {
  // The text of 2.x uses Item Not Found and Object Not Found side by side; 1.x has one of them.
  ObjectNotFound: 'ItemNotFound',
  AttributeInstanceNotFound: 'ItemNotFound',
  AttributeNotFound: 'ItemNotFound',
  WrappingObjectNotFound: 'ItemNotFound',
  UnknownObjectGroup: 'ItemNotFound',
  InvalidAsynchronousCorrelationValue: 'ItemNotFound',
  InvalidCorrelationValue: 'ItemNotFound',
  InvalidTicket: 'AuthenticationNotSuccessful',
  NotAuthorised: 'PermissionDenied',
  UsageLimitExceeded: 'PermissionDenied',
  IncompatibleCryptographicUsageMask: 'PermissionDenied',
  WrongKeyLifecycleState: 'PermissionDenied',
  ObjectDestroyed: 'PermissionDenied',
  WrappingObjectDestroyed: 'PermissionDenied',
  ReadOnlyAttribute: 'PermissionDenied',
  AttributeReadOnly: 'PermissionDenied',
  ConstraintViolation: 'PermissionDenied',
  WrappingObjectArchived: 'ObjectArchived',
  IllegalObjectType: 'IllegalOperation',
  InvalidObjectType: 'IllegalOperation',
  MultiValuedAttribute: 'InvalidField',
  AttributeSingleValued: 'InvalidField',
  UnsupportedAttribute: 'InvalidField',
  NumericRange: 'InvalidField',
  InvalidDataType: 'InvalidField',
  InvalidAttribute: 'InvalidField',
  InvalidAttributeValue: 'InvalidField',
  InvalidCSR: 'InvalidField',
  NonUniqueNameAttribute: 'InvalidField',
  BadPassword: 'InvalidField',
  UnknownEnumeration: 'InvalidField',
  UnknownTag: 'InvalidField',
  DuplicateProcessRequest: 'InvalidField',
  BadCryptographicParameters: 'InvalidField',
  UnsupportedCryptographicParameters: 'InvalidField',
  UnsupportedProtocolVersion: 'InvalidMessage',
  CodecError: 'InvalidMessage',
  MissingInitializationVector: 'MissingData',
  KeyWrapTypeNotSupported: 'FeatureNotSupported',
  UnknownMessageExtension: 'FeatureNotSupported',
  ProtectionStorageUnavailable: 'FeatureNotSupported',
  PrivateProtectionStorageUnavailable: 'FeatureNotSupported',
  PublicProtectionStorageUnavailable: 'FeatureNotSupported',
  PKCS_11CodecError: 'InvalidField',
  PKCS_11InvalidFunction: 'InvalidField',
  PKCS_11InvalidInterface: 'InvalidField',
  ServerLimitExceeded: 'GeneralFailure',
  InternalServerError: 'GeneralFailure',
  // These came in 1.1 to 1.4.
  EncodingOptionError: 'InvalidField',
  KeyValueNotPresent: 'IllegalOperation',
  AttestationRequired: 'PermissionDenied',
  AttestationFailed: 'PermissionDenied',
  Sensitive: 'PermissionDenied',
  NotExtractable: 'PermissionDenied',
  ObjectAlreadyExists: 'IllegalOperation',
  // These ended with 1.4.
  IllegalOperation: 'InvalidField',
  IndexOutOfBounds: 'ServerLimitExceeded',
};

/** "Object Type is not recognized"; "more instances than the server supports" (1.4 §11.2). */
const making: OlderReasons = { InvalidObjectType: 'InvalidField', ServerLimitExceeded: 'IndexOutOfBounds' };
/** "One or more of the specified objects are not able to be used to derive a new key" (1.4 §11.7). */
const deriving: OlderReasons = {
  ...making,
  IncompatibleCryptographicUsageMask: 'InvalidField',
  WrongKeyLifecycleState: 'InvalidField',
  ObjectDestroyed: 'InvalidField',
};
/** "Object specified is not able to be used for encryption", re-keyed, certified (1.4 §11.5, §11.30). */
const using: OlderReasons = { InvalidObjectType: 'PermissionDenied' };
/** "The server only has attributes for this object"; "Cryptographic Parameters ... do not match" (1.4 §11.12). */
const fetching: OlderReasons = { ObjectDestroyed: 'IllegalOperation', BadCryptographicParameters: 'ItemNotFound' };

/** Where the older tables have different reasons per operation for one reason of 2.1. */
const olderReasonsOf: { readonly [O in Operation]?: OlderReasons } = {
  Create: making,
  CreateKeyPair: making,
  Register: making,
  Import: making,
  CreateSplitKey: making,
  JoinSplitKey: making,
  DeriveKey: deriving,
  ReKey: using,
  ReKeyKeyPair: using,
  Certify: using,
  ReCertify: using,
  Encrypt: using,
  Decrypt: using,
  Sign: using,
  SignatureVerify: using,
  MAC: using,
  MACVerify: using,
  Get: fetching,
  Export: fetching,
  AddAttribute: {
    AttributeSingleValued: 'IllegalOperation',
    NonUniqueNameAttribute: 'IllegalOperation',
    InvalidAttribute: 'PermissionDenied',
    UnsupportedAttribute: 'PermissionDenied',
    ServerLimitExceeded: 'IndexOutOfBounds',
  },
  ModifyAttribute: { AttributeNotFound: 'InvalidField', NonUniqueNameAttribute: 'IllegalOperation' },
  DeleteAttribute: { InvalidAttribute: 'ItemNotFound' },
  GetUsageAllocation: { AttributeNotFound: 'IllegalOperation' },
  Validate: { InvalidObjectType: 'InvalidMessage' },
};

/**
 * The reason to send to a client of this version after `operation` failed; `operation` is absent when the message
 * failed first.
 */
export function reasonFor(reason: ResultReason, version: Version, operation?: OpenValue<'Operation'>): ResultReason {
  const own: OlderReasons = olderReasonsOf[operation as Operation] ?? {};
  let known = reason;
  for (let step = 0; step < 3 && !enumerationHas('ResultReason', known, version); step++) {
    known = own[known] ?? olderReasons[known] ?? 'GeneralFailure';
  }
  return known;
}
