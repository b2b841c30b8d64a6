/** Asymmetric keys as numbers and points, free of every format. */
import type { EnumerationValue } from '#protocol/enumerations';
import type { Item } from '#ttlv/item';
import type { CryptographicAlgorithm } from './symmetric-keys.ts';
import type { Curve } from './curves.ts';

export type KeyFormatType = EnumerationValue<'KeyFormatType'>;
export type KeyCompressionType = EnumerationValue<'KeyCompressionType'>;
/** A Byte String for most formats, the fields of a structure for the Transparent ones. */
export type KeyMaterial = Uint8Array | readonly Item[];
export type Half = 'public' | 'private';

export interface RsaPublicKey {
  readonly family: 'RSA';
  readonly half: 'public';
  readonly modulus: bigint;
  readonly publicExponent: bigint;
}

export interface RsaPrivateKey {
  readonly family: 'RSA';
  readonly half: 'private';
  readonly modulus: bigint;
  /**
   * Absent when a Transparent RSA Private Key had too few of them to know the rest: it is given out as it came only.
   */
  readonly parts?: RsaParts;
}

/** The names are those of the fields of a Transparent RSA Private Key (KMIP 2.1 §3.7). */
export interface RsaParts {
  readonly privateExponent: bigint;
  readonly publicExponent: bigint;
  readonly p: bigint;
  readonly q: bigint;
  readonly primeExponentP: bigint;
  readonly primeExponentQ: bigint;
  readonly crtCoefficient: bigint;
}

export interface EcPublicKey {
  readonly family: 'EC';
  readonly half: 'public';
  readonly curve: Curve;
  /** Uncompressed (X9.62), or the bytes of RFC 7748 and RFC 8032. */
  readonly point: Uint8Array;
}

export interface EcPrivateKey {
  readonly family: 'EC';
  readonly half: 'private';
  readonly curve: Curve;
  /** Big endian, of the length of the field at most; or the bytes of RFC 8410. */
  readonly secret: Uint8Array;
  /** As the format had it. */
  readonly point?: Uint8Array;
}

/** A prime field and a generator of a subgroup; DH may not say which. */
export interface Group {
  readonly p: bigint;
  readonly q?: bigint | undefined;
  readonly g: bigint;
  readonly j?: bigint | undefined;
}

interface GroupKey<F extends 'DSA' | 'DH'> {
  readonly family: F;
  readonly group: Group;
}
export type GroupPublicKey<F extends 'DSA' | 'DH' = 'DSA' | 'DH'> = GroupKey<F> & {
  readonly half: 'public';
  readonly y: bigint;
};
export type GroupPrivateKey<F extends 'DSA' | 'DH' = 'DSA' | 'DH'> = GroupKey<F> & {
  readonly half: 'private';
  readonly x: bigint;
};

export type PublicKey = RsaPublicKey | EcPublicKey | GroupPublicKey;
export type PrivateKey = RsaPrivateKey | EcPrivateKey | GroupPrivateKey;
export type AsymmetricKey = PublicKey | PrivateKey;
export type Family = AsymmetricKey['family'];

/** Whose keys an algorithm uses. */
const families: { readonly [A in CryptographicAlgorithm]?: Family } = {
  RSA: 'RSA',
  DSA: 'DSA',
  DH: 'DH',
  EC: 'EC',
  ECDSA: 'EC',
  ECDH: 'EC',
  ECMQV: 'EC',
  Ed25519: 'EC',
  Ed448: 'EC',
};

/** Undefined for algorithms that are not asymmetric, and for those that are not supported. */
export const familyOf = (algorithm: string): Family | undefined => families[algorithm as CryptographicAlgorithm];
