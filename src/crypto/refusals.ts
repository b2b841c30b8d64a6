/** The two reasons for which every service refuses Cryptographic Parameters. */
import { KmipError } from '#protocol/kmip-error';

/** The parameters contradict one another or the key, or lack what is needed. */
export const bad = (what: string): KmipError => new KmipError('BadCryptographicParameters', what);

/** The standard has it, but neither OpenSSL nor the other libraries do: nothing is wrong with the request. */
export const unsupported = (what: string): KmipError => new KmipError('UnsupportedCryptographicParameters', what);
