/** Errors about objects that several operations give, so that each text stands once. */
import { KmipError } from '#protocol/kmip-error';

/**
 * The same for an object that does not exist and for one of another client, so that it tells nothing about the latter.
 */
export const objectNotFound = (): KmipError =>
  new KmipError(
    'ObjectNotFound',
    'object not found: no object with this Unique Identifier is accessible to this client',
  );

/** @param type the Object Type, or "object" where every type is treated alike. */
export const objectDestroyed = (type = 'object'): KmipError =>
  new KmipError('ObjectDestroyed', `the ${type} is destroyed`);

export const objectArchived = (type = 'object'): KmipError =>
  new KmipError('ObjectArchived', `the ${type} is archived: recover it first`);

/** The key was registered without its value, or its value is kept elsewhere (KMIP 2.1 §4.27). */
export const keyValueNotPresent = (): KmipError =>
  new KmipError('KeyValueNotPresent', 'Key Value is not present on this server');

export const keyTypeMissing = (): KmipError =>
  new KmipError(
    'InvalidAttribute',
    'Cryptographic Algorithm and Cryptographic Length are required for a symmetric key',
  );

export const keyLengthNotSupported = (algorithm: string, bits: number): KmipError =>
  new KmipError('InvalidAttributeValue', `Cryptographic Length ${bits} is not supported for ${algorithm}`);
