/** The Transparent Key structures of asymmetric keys (KMIP 2.1 §3.5 to §3.12; 1.4 §2.1.7). */
import { bigInteger, bytes, enumeration } from '#protocol/codecs';
import { fieldsOf, optional, required, type Fields } from '#protocol/fields';
import { Tag } from '#protocol/tags';
import type { Version } from '#protocol/versions';
import type { Item } from '#ttlv/item';
import type {
  AsymmetricKey,
  EcPrivateKey,
  EcPublicKey,
  Group,
  GroupPrivateKey,
  GroupPublicKey,
  RsaParts,
  RsaPrivateKey,
  RsaPublicKey,
} from './asymmetric-key.ts';
import { bytesOf, maximumBits, numberOf } from '#crypto/big-numbers';
import { curveNamed, type Curve } from './curves.ts';
import { invalidField } from '#crypto/refusals';
import { privateKeyOf, publicKeyAt } from './ec-keys.ts';
import { checkModulus } from './rsa-check.ts';
import { completeParts } from './rsa-keys.ts';

/** A key as a structure; `write` gives undefined for what the version, or the structure, cannot say. */
export interface Transparent<K extends AsymmetricKey> {
  /** `algorithm` tells the two uses of one curve apart. */
  read(items: readonly Item[], version: Version, algorithm: string | undefined): K;
  write(key: K, version: Version): readonly Item[] | undefined;
}

/** A structure of numbers by its fields, and the two ways between it and a key. */
function transparent<T, K extends AsymmetricKey>(
  fields: Fields<T>,
  toKey: (value: T, algorithm: string | undefined) => K,
  fromKey: (key: K) => T | undefined,
): Transparent<K> {
  return {
    read(items, version, algorithm) {
      const value = fields.read(items, version);
      for (const each of Object.values(value as object)) {
        if (typeof each !== 'bigint') continue;
        if (each < 0n) throw invalidField('the Key Material must have no negative Big Integer');
        if (each >> BigInt(maximumBits) !== 0n)
          throw invalidField(`a Big Integer of the Key Material must have at most ${maximumBits} bits`);
      }
      return toKey(value, algorithm);
    },
    write(key, version) {
      const value = fromKey(key);
      return value !== undefined && fields.fits(value, version) ? fields.write(value, version) : undefined;
    },
  };
}

const where = 'Key Material';

export const transparentRsaPublic: Transparent<RsaPublicKey> = transparent(
  fieldsOf(
    { modulus: required(Tag.Modulus, bigInteger), publicExponent: required(Tag.PublicExponent, bigInteger) },
    where,
  ),
  ({ modulus, publicExponent }) => ({ family: 'RSA', half: 'public', modulus, publicExponent }),
  ({ modulus, publicExponent }) => ({ modulus, publicExponent }),
);

export const transparentRsaPrivate: Transparent<RsaPrivateKey> = transparent(
  fieldsOf(
    {
      modulus: required(Tag.Modulus, bigInteger),
      privateExponent: optional(Tag.PrivateExponent, bigInteger),
      publicExponent: optional(Tag.PublicExponent, bigInteger),
      p: optional(Tag.P, bigInteger),
      q: optional(Tag.Q, bigInteger),
      primeExponentP: optional(Tag.PrimeExponentP, bigInteger),
      primeExponentQ: optional(Tag.PrimeExponentQ, bigInteger),
      crtCoefficient: optional(Tag.CRTCoefficient, bigInteger),
    },
    where,
  ),
  ({ modulus, ...given }) => {
    const { privateExponent, p, q, primeExponentP, primeExponentQ } = given;
    const isKey =
      privateExponent !== undefined ||
      (p !== undefined && q !== undefined) ||
      (primeExponentP !== undefined && primeExponentQ !== undefined);
    if (!isKey)
      throw invalidField('a Transparent RSA Private Key requires Private Exponent, P and Q, or both prime exponents');
    if (p !== undefined && p === q) throw invalidField('the two primes of the RSA key must be different');
    checkModulus(modulus);
    checkParts(modulus, given);
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const parts = completeParts(known);
    return { family: 'RSA', half: 'private', modulus, ...(parts === undefined ? {} : { parts }) };
  },
  ({ modulus, parts }) => parts && { modulus, ...parts },
);

/**
 * Before anything is computed with them, which takes long with large ones: every part of a key is below its modulus,
 * and the primes are its factors.
 */
function checkParts(
  modulus: bigint,
  { p, q, ...others }: { readonly [N in keyof RsaParts]?: bigint | undefined },
): void {
  if (p !== undefined && q !== undefined && p * q !== modulus) {
    throw invalidField('the modulus of the RSA key must be the product of its primes');
  }
  for (const each of Object.values({ p, q, ...others })) {
    if (each !== undefined && each >= modulus)
      throw invalidField('every number of the RSA key must be below its modulus');
  }
}

interface CurveAndSecret {
  readonly recommendedCurve: string;
}

function curveOf({ recommendedCurve }: CurveAndSecret, algorithm: string | undefined): Curve {
  const curve = curveNamed(recommendedCurve, algorithm);
  if (curve === undefined) throw invalidField(`Recommended Curve ${recommendedCurve} is not supported`);
  return curve;
}

const recommendedCurve = required(Tag.RecommendedCurve, enumeration('RecommendedCurve'));

export const transparentEcPublic: Transparent<EcPublicKey> = transparent(
  fieldsOf({ recommendedCurve, qString: required(Tag.QString, bytes) }, where),
  (value, algorithm) => publicKeyAt(curveOf(value, algorithm), value.qString),
  ({ curve, point }) => ({ recommendedCurve: curve.name, qString: point }),
);

/**
 * D is a number; of the curves of RFC 7748 and RFC 8032, whose keys are bytes, it is these bytes as a big-endian
 * number.
 */
export const transparentEcPrivate: Transparent<EcPrivateKey> = transparent(
  fieldsOf({ recommendedCurve, d: required(Tag.D, bigInteger) }, where),
  (value, algorithm) => {
    const curve = curveOf(value, algorithm);
    const secret = bytesOf(value.d, curve.secretBytes);
    if (secret === undefined) throw invalidField('D is too large for its curve');
    return privateKeyOf(curve, secret);
  },
  ({ curve, secret }) => ({ recommendedCurve: curve.name, d: numberOf(secret) }),
);

const dsaGroup = {
  p: required(Tag.P, bigInteger),
  q: required(Tag.Q, bigInteger),
  g: required(Tag.G, bigInteger),
};
const dhGroup = {
  p: required(Tag.P, bigInteger),
  q: optional(Tag.Q, bigInteger),
  g: required(Tag.G, bigInteger),
  j: optional(Tag.J, bigInteger),
};
const xField = required(Tag.X, bigInteger);
const yField = required(Tag.Y, bigInteger);

interface GroupFields extends Group {
  readonly x?: bigint;
  readonly y?: bigint;
}

const groupPublic = <F extends 'DSA' | 'DH'>(family: F, fields: unknown): Transparent<GroupPublicKey<F>> =>
  transparent<GroupFields, GroupPublicKey<F>>(
    fields as Fields<GroupFields>,
    ({ y = 0n, ...group }) => ({ family, half: 'public', group, y }),
    ({ group, y }) => ({ ...group, y }),
  );
const groupPrivate = <F extends 'DSA' | 'DH'>(family: F, fields: unknown): Transparent<GroupPrivateKey<F>> =>
  transparent<GroupFields, GroupPrivateKey<F>>(
    fields as Fields<GroupFields>,
    ({ x = 0n, ...group }) => ({ family, half: 'private', group, x }),
    ({ group, x }) => ({ ...group, x }),
  );

export const transparentDsaPublic = groupPublic('DSA', fieldsOf({ ...dsaGroup, y: yField }, where));
export const transparentDsaPrivate = groupPrivate('DSA', fieldsOf({ ...dsaGroup, x: xField }, where));
export const transparentDhPublic = groupPublic('DH', fieldsOf({ ...dhGroup, y: yField }, where));
export const transparentDhPrivate = groupPrivate('DH', fieldsOf({ ...dhGroup, x: xField }, where));
