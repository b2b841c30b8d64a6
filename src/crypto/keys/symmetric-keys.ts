/**
 * Keys that are only bytes: which lengths each algorithm has. Where the algorithm's own standard fixes them, it is
 * named.
 */
import type { EnumerationValue } from '#protocol/enumerations';

export type CryptographicAlgorithm = EnumerationValue<'CryptographicAlgorithm'>;

/** In bits. */
interface KeyLengths {
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
}

const exactly = (length: number): KeyLengths => ({ minimum: length, maximum: length, step: 8 });
const range = (minimum: number, maximum: number, step = 8): KeyLengths => ({ minimum, maximum, step });
/** RFC 2104: any length. More than a block of the hash gains nothing, and more than this is a mistake. */
const hmac = range(8, 8192);

const symmetricAlgorithms: { readonly [A in CryptographicAlgorithm]?: KeyLengths } = {
  AES: range(128, 256, 64), // FIPS 197
  HMAC_SHA1: hmac,
  HMAC_SHA224: hmac,
  HMAC_SHA256: hmac,
  HMAC_SHA384: hmac,
  HMAC_SHA512: hmac,
  HMAC_MD5: hmac,
  HMAC_SHA3_224: hmac,
  HMAC_SHA3_256: hmac,
  HMAC_SHA3_384: hmac,
  HMAC_SHA3_512: hmac,
  Blowfish: range(32, 448),
  Camellia: range(128, 256, 64), // RFC 3713
  CAST5: range(40, 128), // RFC 2144
  IDEA: exactly(128),
  MARS: range(128, 448, 32),
  RC2: range(8, 1024), // RFC 2268
  RC4: range(40, 2048),
  RC5: range(8, 2040), // RFC 2040
  SKIPJACK: exactly(80),
  Twofish: range(128, 256, 64),
  OneTimePad: range(8, 8_388_608),
  ChaCha20: range(128, 256, 128), // RFC 8439 has 256, the original also 128
  Poly1305: exactly(256),
  ChaCha20Poly1305: exactly(256), // RFC 8439
  ARIA: range(128, 256, 64), // RFC 5794
  SEED: exactly(128), // RFC 4269
  SM4: exactly(128),
  GOST28147_89: exactly(256), // RFC 5830
};

/** DES keys are counted without their parity bits by some and with them by others (FIPS 46-3): bytes by bits. */
const desKeys: { readonly [A in CryptographicAlgorithm]?: { readonly [length: number]: number } } = {
  DES: { 56: 8, 64: 8 },
  DES3: { 112: 16, 128: 16, 168: 24, 192: 24 },
};

/** How many bytes a key of so many bits has; undefined when the algorithm is not symmetric or the length not valid. */
export function symmetricKeyBytes(algorithm: string, length: number): number | undefined {
  const lengths = symmetricAlgorithms[algorithm as CryptographicAlgorithm];
  if (lengths === undefined) return desKeys[algorithm as CryptographicAlgorithm]?.[length];
  const { minimum, maximum, step } = lengths;
  const fits = Number.isInteger(length) && length >= minimum && length <= maximum && (length - minimum) % step === 0;
  return fits ? length / 8 : undefined;
}
