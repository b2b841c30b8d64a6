/**
 * THE table of the formats of asymmetric keys (KMIP 2.1 §11.25; 1.4 §9.1.3.2.3): which keys each can hold, and how it
 * is read and written. A key that two rows can hold is turned from the one into the other.
 */
import { enumerationHas } from '#protocol/enumerations';
import type { Version } from '#protocol/versions';
import type { AsymmetricKey, Half, KeyFormatType, KeyMaterial } from './asymmetric-key.ts';
import { bitLength } from '#crypto/big-numbers';
import { curveNamed, type Curve } from './curves.ts';
import { derRules } from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import { checkEcPrivate, checkEcPublic } from './ec-check.ts';
import { privateKeyOf, publicKeyAt, readEcPrivate, writeEcPrivate } from './ec-keys.ts';
import { checkGroupKey } from './group-check.ts';
import { readPrivateInfo, readPublicInfo, writePrivateInfo, writePublicInfo } from './key-containers.ts';
import { checkRsaPrivate, checkRsaPublic } from './rsa-check.ts';
import { readRsaPrivate, readRsaPublic, writeRsaPrivate, writeRsaPublic } from './rsa-keys.ts';
import {
  transparentDhPrivate,
  transparentDhPublic,
  transparentDsaPrivate,
  transparentDsaPublic,
  transparentEcPrivate,
  transparentEcPublic,
  transparentRsaPrivate,
  transparentRsaPublic,
  type Transparent,
} from './transparent-keys.ts';

/** What the material alone does not tell, from the attributes that go with it. */
export interface Hints {
  readonly algorithm?: string | undefined;
  readonly recommendedCurve?: string | undefined;
}

interface Format<K extends AsymmetricKey> {
  readonly half: K['half'];
  /** Undefined: every one. */
  readonly family?: K['family'];
  read(material: KeyMaterial, version: Version, hints: Hints): K;
  /** Undefined when the format, in this version, cannot say the key. */
  write(key: K, version: Version): KeyMaterial | undefined;
}

const bytesOnly = (material: KeyMaterial): Uint8Array => {
  if (material instanceof Uint8Array) return material;
  throw invalidField('the Key Material must be a Byte String in this Key Format Type');
};

const asBytes = <K extends AsymmetricKey>(
  half: K['half'],
  read: (bytes: Uint8Array, hints: Hints) => K,
  write: (key: K) => Uint8Array | undefined,
  family?: K['family'],
): Format<K> => ({
  half,
  ...(family === undefined ? {} : { family }),
  read: (material, _version, hints) => read(bytesOnly(material), hints),
  write: (key) => write(key),
});

const asStructure = <K extends AsymmetricKey>(
  half: K['half'],
  family: K['family'],
  { read, write }: Transparent<K>,
): Format<K> => ({
  half,
  family,
  read(material, version, { algorithm }) {
    if (material instanceof Uint8Array) {
      throw invalidField('the Key Material must be a Structure in this Key Format Type');
    }
    return read(material, version, algorithm);
  },
  write,
});

function hintedCurve({ recommendedCurve, algorithm }: Hints): Curve {
  const curve = recommendedCurve === undefined ? undefined : curveNamed(recommendedCurve, algorithm);
  if (curve === undefined) throw invalidField('a Raw asymmetric key must be an EC key with a Recommended Curve');
  return curve;
}

const ecPublic = asStructure('public', 'EC', transparentEcPublic);
const ecPrivate = asStructure('private', 'EC', transparentEcPrivate);

// A request may leave the Key Format Type open: then the key comes in the first of its formats that the version has.
const rows = [
  ['PKCS_1', asBytes('public', readRsaPublic, writeRsaPublic, 'RSA')],
  ['PKCS_1', asBytes('private', readRsaPrivate, writeRsaPrivate, 'RSA')],
  ['X_509', asBytes('public', readPublicInfo, writePublicInfo)],
  [
    'ECPrivateKey',
    asBytes(
      'private',
      (bytes) => readEcPrivate(bytes),
      (key) => writeEcPrivate(key),
      'EC',
    ),
  ],
  ['PKCS_8', asBytes('private', readPrivateInfo, writePrivateInfo)],
  [
    'Raw',
    asBytes(
      'public',
      (bytes, hints) => publicKeyAt(hintedCurve(hints), bytes),
      ({ point }) => point,
      'EC',
    ),
  ],
  [
    'Raw',
    asBytes(
      'private',
      (bytes, hints) => privateKeyOf(hintedCurve(hints), bytes),
      ({ secret }) => secret,
      'EC',
    ),
  ],
  ['TransparentRSAPublicKey', asStructure('public', 'RSA', transparentRsaPublic)],
  ['TransparentRSAPrivateKey', asStructure('private', 'RSA', transparentRsaPrivate)],
  ['TransparentDSAPublicKey', asStructure('public', 'DSA', transparentDsaPublic)],
  ['TransparentDSAPrivateKey', asStructure('private', 'DSA', transparentDsaPrivate)],
  ['TransparentDHPublicKey', asStructure('public', 'DH', transparentDhPublic)],
  ['TransparentDHPrivateKey', asStructure('private', 'DH', transparentDhPrivate)],
  ['TransparentECPublicKey', ecPublic],
  ['TransparentECPrivateKey', ecPrivate],
  ['TransparentECDSAPublicKey', ecPublic],
  ['TransparentECDSAPrivateKey', ecPrivate],
  ['TransparentECDHPublicKey', ecPublic],
  ['TransparentECDHPrivateKey', ecPrivate],
  ['TransparentECMQVPublicKey', ecPublic],
  ['TransparentECMQVPrivateKey', ecPrivate],
] as unknown as readonly (readonly [KeyFormatType, Format<AsymmetricKey>])[];

const rowOf = (format: string, half: Half): Format<AsymmetricKey> | undefined =>
  rows.find(([name, row]) => name === format && row.half === half)?.[1];

/** The formats that a half of a pair can have, of whatever family. */
export const formatsOf = (half: Half): readonly KeyFormatType[] =>
  rows.filter(([, row]) => row.half === half).map(([name]) => name);

/**
 * Reads a key; its numbers are not checked.
 * @throws KmipError InvalidField when the material is not in this format.
 */
export function readKey(
  half: Half,
  format: string,
  material: KeyMaterial,
  version: Version,
  hints: Hints = {},
): AsymmetricKey {
  const row = rowOf(format, half);
  if (row === undefined) throw invalidField(`Key Format Type ${format} is not valid for a ${half} key`);
  if (material instanceof Uint8Array && material.length > derRules.key.bytes) {
    throw invalidField(`the Key Material must have at most ${derRules.key.bytes} bytes`);
  }
  return row.read(material, version, hints);
}

/** The key in this format; undefined when it cannot be converted, or the version does not have the format. */
export function writeKey(key: AsymmetricKey, format: string, version: Version): KeyMaterial | undefined {
  const row = rowOf(format, key.half);
  if (row === undefined || !enumerationHas('KeyFormatType', format, version)) return undefined;
  return row.family === undefined || row.family === key.family ? row.write(key, version) : undefined;
}

/** The first of the table's formats that the version can say the key in. */
export const firstFormat = (key: AsymmetricKey, version: Version): KeyFormatType | undefined =>
  rows.map(([name]) => name).find((name) => writeKey(key, name, version) !== undefined);

const transparent = (family: string): { readonly [H in Half]: KeyFormatType } => ({
  public: `Transparent${family}PublicKey` as KeyFormatType,
  private: `Transparent${family}PrivateKey` as KeyFormatType,
});

/** KMIP 2.1 §4.26, table 81; DH, which it leaves out, is as DSA. */
const defaultFormats: { readonly [F in AsymmetricKey['family']]: { readonly [H in Half]: KeyFormatType } } = {
  RSA: { public: 'PKCS_1', private: 'PKCS_1' },
  EC: transparent('EC'),
  DSA: transparent('DSA'),
  DH: transparent('DH'),
};

export const defaultFormat = ({ family, half }: AsymmetricKey): KeyFormatType => defaultFormats[family][half];

/**
 * Whether a key's numbers are a key at all: lengths, ranges, group and curve, and for private RSA keys a trial.
 * @throws KmipError InvalidField saying which rule is broken.
 */
export function checkKey(key: AsymmetricKey): void {
  if (key.family === 'RSA') return key.half === 'public' ? checkRsaPublic(key) : checkRsaPrivate(key);
  if (key.family === 'EC') return key.half === 'public' ? checkEcPublic(key) : checkEcPrivate(key);
  checkGroupKey(key);
}

/** The Cryptographic Length in bits (KMIP 2.1 §6.1.9): of the modulus, of P, of the field of the curve. */
export function lengthOf(key: AsymmetricKey): number {
  if (key.family === 'EC') return key.curve.bits;
  return bitLength(key.family === 'RSA' ? key.modulus : key.group.p);
}
