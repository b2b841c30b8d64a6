/** Why Cryptographic Parameters are refused: the two reasons that every service has for it. */
import { KmipError } from '#protocol/kmip-error';

/** They contradict one another, or the key, or lack what is needed. */
export const bad = (what: string): KmipError => new KmipError('BadCryptographicParameters', what);

/** What the text has and neither OpenSSL nor the libraries here do: nothing is wrong with the request. */
export const unsupported = (what: string): KmipError => new KmipError('UnsupportedCryptographicParameters', what);
