/**
 * Operations give the Result Reason of KMIP 2.1 (§11.48); versions that lack it get the one that their chapter 11 has for the same failure.
 * A reason that a version has stays as it is, so this is also the table for 1.4 and older where 2.x renamed an old one.
 */
import { enumerationHas } from './enumerations.ts';
import type { ResultReason } from './kmip-error.ts';
import type { Version } from './versions.ts';

/** For each reason that came with 2.x, the one of 1.x, from its error tables (1.4 §11.1 to §11.53). */
const olderReasons: { readonly [R in ResultReason]?: ResultReason } = {
  // The text of 2.x uses Item Not Found and Object Not Found side by side; 1.x has one of them.
  ObjectNotFound: 'ItemNotFound',
  AttributeInstanceNotFound: 'ItemNotFound',
  AttributeNotFound: 'ItemNotFound',
  WrappingObjectNotFound: 'ItemNotFound',
  UnknownObjectGroup: 'ItemNotFound',
  InvalidTicket: 'AuthenticationNotSuccessful',
  BadPassword: 'AuthenticationNotSuccessful',
  NotAuthorised: 'PermissionDenied',
  UsageLimitExceeded: 'PermissionDenied',
  IncompatibleCryptographicUsageMask: 'PermissionDenied',
  WrongKeyLifecycleState: 'PermissionDenied',
  ObjectDestroyed: 'PermissionDenied',
  WrappingObjectDestroyed: 'PermissionDenied',
  ReadOnlyAttribute: 'PermissionDenied',
  AttributeReadOnly: 'PermissionDenied',
  ConstraintViolation: 'PermissionDenied',
  UnsupportedAttribute: 'PermissionDenied',
  WrappingObjectArchived: 'ObjectArchived',
  AttributeSingleValued: 'IndexOutOfBounds',
  MultiValuedAttribute: 'InvalidField',
  IllegalObjectType: 'IllegalOperation',
  InvalidObjectType: 'IllegalOperation',
  NumericRange: 'InvalidField',
  InvalidDataType: 'InvalidField',
  InvalidAttribute: 'InvalidField',
  InvalidAttributeValue: 'InvalidField',
  InvalidCSR: 'InvalidField',
  NonUniqueNameAttribute: 'InvalidField',
  UnknownEnumeration: 'InvalidField',
  UnknownTag: 'InvalidField',
  UnsupportedProtocolVersion: 'InvalidMessage',
  CodecError: 'InvalidMessage',
  InvalidAsynchronousCorrelationValue: 'InvalidField',
  InvalidCorrelationValue: 'InvalidField',
  DuplicateProcessRequest: 'InvalidField',
  BadCryptographicParameters: 'InvalidField',
  UnsupportedCryptographicParameters: 'InvalidField',
  MissingInitializationVector: 'MissingData',
  KeyWrapTypeNotSupported: 'FeatureNotSupported',
  ServerLimitExceeded: 'GeneralFailure',
  InternalServerError: 'GeneralFailure',
  UnknownMessageExtension: 'FeatureNotSupported',
  ProtectionStorageUnavailable: 'FeatureNotSupported',
  PrivateProtectionStorageUnavailable: 'FeatureNotSupported',
  PublicProtectionStorageUnavailable: 'FeatureNotSupported',
  // These came in 1.1 to 1.4.
  EncodingOptionError: 'InvalidField',
  KeyValueNotPresent: 'IllegalOperation',
  AttestationRequired: 'PermissionDenied',
  AttestationFailed: 'PermissionDenied',
  Sensitive: 'PermissionDenied',
  NotExtractable: 'PermissionDenied',
  ObjectAlreadyExists: 'IllegalOperation',
  // And these 1.x alone has.
  IllegalOperation: 'InvalidField',
  IndexOutOfBounds: 'InvalidField',
};

/** The reason to send to a client of this version. */
export function reasonFor(reason: ResultReason, version: Version): ResultReason {
  let known = reason;
  for (let step = 0; step < 3 && !enumerationHas('ResultReason', known, version); step++) {
    known = olderReasons[known] ?? 'GeneralFailure';
  }
  return known;
}
