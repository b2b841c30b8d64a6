/** The reasons for which cryptography refuses what a client sends. */
import { KmipError } from '#protocol/kmip-error';

/** The parameters contradict one another or the key, or lack what is needed. */
export const badParameters = (what: string): KmipError => new KmipError('BadCryptographicParameters', what);

export const hashingAlgorithmMissing = (): KmipError =>
  badParameters('Hashing Algorithm is missing from the Cryptographic Parameters');

/** The standard has it, but neither OpenSSL nor the other libraries do: nothing is wrong with the request. */
export const unsupportedParameters = (what: string): KmipError =>
  new KmipError('UnsupportedCryptographicParameters', what);

/** A field, or what it encodes, is not valid. */
export const invalidField = (what: string): KmipError => new KmipError('InvalidField', what);
