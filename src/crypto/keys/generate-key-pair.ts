/** Key pairs of every family, made by OpenSSL. */
import { generateKeyPairSync, type ED25519KeyPairOptions } from 'node:crypto';
import { KmipError } from '#protocol/kmip-error';
import { familyOf, type Family, type PrivateKey, type PublicKey } from './asymmetric-key.ts';
import { curveNamed, curveOfLength, hasPoints, type Curve, type CurveKind } from './curves.ts';
import { readPrivateInfo, readPublicInfo } from './key-containers.ts';
import { rsaLengths } from './rsa-check.ts';

export interface KeyPair {
  readonly publicKey: PublicKey;
  readonly privateKey: PrivateKey;
}

/** What a client may say of the pair that it wants; lengths in bits. */
export interface PairParameters {
  readonly length?: number | undefined;
  readonly recommendedCurve?: string | undefined;
  readonly qlength?: number | undefined;
  /** For a curve of two uses, when the algorithm EC does not say which. */
  readonly curveKind?: CurveKind | undefined;
}

/** The name and the options that node gives a kind of key. */
export type Recipe = readonly [type: string, options?: RecipeOptions];

interface RecipeOptions {
  readonly modulusLength?: number;
  readonly publicExponent?: number;
  readonly divisorLength?: number;
  readonly namedCurve?: string;
  readonly group?: string;
}

const recipes: { readonly [F in Family]: (asked: PairParameters, algorithm: string) => Recipe } = {
  RSA({ length }) {
    const { minimum, maximum } = rsaLengths;
    if (length === undefined || length < minimum || length > maximum || length % 8 !== 0) {
      throw wrong(`Cryptographic Length of an RSA key must be a multiple of 8 from ${minimum} to ${maximum}`);
    }
    return ['rsa', { modulusLength: length, publicExponent: 65537 }];
  },
  EC(asked, algorithm) {
    const { openssl, kind } = curveFor(asked, algorithm);
    return kind === 'prime' || kind === 'binary' ? ['ec', { namedCurve: openssl }] : [openssl];
  },
  DSA({ length, qlength }) {
    const lengths = dsaLengths.find(([p, q]) => p === length && (qlength === undefined || q === qlength));
    if (lengths === undefined) {
      const texts = dsaLengths.map(([p, q]) => `${p} with ${q}`);
      throw wrong(`Cryptographic Length with Qlength of a DSA key must be one of ${texts.join(', ')}`);
    }
    return ['dsa', { modulusLength: lengths[0], divisorLength: lengths[1] }];
  },
  DH({ length, qlength }) {
    const group = dhGroups[length ?? 0];
    if (group === undefined)
      throw wrong(`Cryptographic Length of a DH key must be one of ${Object.keys(dhGroups).join(', ')}`);
    if (qlength !== undefined && qlength !== (length ?? 0) - 1) {
      throw wrong('Qlength of a DH key must be Cryptographic Length minus one: its group has a safe prime');
    }
    return ['dh', { group }];
  },
};

/** P and Q (FIPS 186-4 §4.2), the usual one of each length first. */
const dsaLengths = [
  [1024, 160],
  [2048, 256],
  [2048, 224],
  [3072, 256],
] as const;

/** RFC 2409 §6.2, RFC 3526. */
const dhGroups: { readonly [length: number]: string } = {
  1024: 'modp2',
  1536: 'modp5',
  2048: 'modp14',
  3072: 'modp15',
  4096: 'modp16',
};

const wrong = (message: string): KmipError => new KmipError('InvalidAttributeValue', message);

/** The curves that an algorithm itself names. */
const curvesOfAlgorithms: { readonly [algorithm: string]: string } = { Ed25519: 'CURVE25519', Ed448: 'CURVE448' };

function curveFor({ recommendedCurve, length, curveKind }: PairParameters, algorithm: string): Curve {
  const name = recommendedCurve ?? curvesOfAlgorithms[algorithm];
  const curve =
    name !== undefined
      ? curveNamed(name, algorithm, curveKind)
      : length === undefined
        ? undefined
        : curveOfLength(length);
  const own = curvesOfAlgorithms[algorithm];
  if (curve === undefined || (own !== undefined && curve.name !== own)) {
    throw wrong(`Recommended Curve or Cryptographic Length is not supported for ${algorithm}`);
  }
  if (length !== undefined && hasPoints(curve) && length !== curve.bits) {
    throw wrong(`Cryptographic Length is ${length}, but keys on the Recommended Curve have ${curve.bits} bits`);
  }
  return curve;
}

/**
 * What `makeKeyPair` takes to make such a pair.
 * @throws KmipError InvalidAttributeValue when pairs of this kind are not made.
 */
export function recipeOf(algorithm: string, asked: PairParameters): Recipe {
  const family = familyOf(algorithm);
  if (family === undefined) throw wrong(`key pairs of ${algorithm} are not supported`);
  return recipes[family](asked, algorithm);
}

/** It takes milliseconds to minutes. */
export function makeKeyPair([type, options]: Recipe): KeyPair {
  const encoded: ED25519KeyPairOptions<'der', 'der'> = {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  };
  const { publicKey, privateKey } = generated(type, encoded);
  try {
    return { publicKey: readPublicInfo(publicKey), privateKey: readPrivateInfo(privateKey) };
  } finally {
    privateKey.fill(0);
  }
}

function generated(type: string, options: ED25519KeyPairOptions<'der', 'der'>) {
  try {
    // Of the types of node's overloads only one can be named here; the others differ in their options.
    return generateKeyPairSync(type as 'ed25519', options);
  } catch {
    throw new KmipError('CryptographicFailure', 'the key pair could not be generated');
  }
}
