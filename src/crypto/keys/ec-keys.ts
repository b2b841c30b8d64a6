/**
 * Elliptic curve keys: ECPrivateKey (RFC 5915), points and their compression (SEC 1 §2.3), and the curves of RFC 8410.
 */
import { createECDH, ECDH } from 'node:crypto';
import type { EcPrivateKey, EcPublicKey, KeyCompressionType } from './asymmetric-key.ts';
import { curveByOid, fieldBytes, hasPoints, type Curve } from './curves.ts';
import {
  bits,
  bitsOf,
  childrenOf,
  integer,
  integerOf,
  isTagged,
  octets,
  octetsOf,
  oid,
  oidOf,
  readDer,
  sequence,
  tagged,
  toDer,
  explicitValueOf,
} from '#crypto/der';
import { invalidField } from '#crypto/refusals';
import type { Contents, ContentsOf } from './key-contents.ts';

/** RFC 5480 §2.1.1. */
const ecPublicKey = '1.2.840.10045.2.1';

type PointForm = 'uncompressed' | 'compressed' | 'hybrid';

/** Which form each compression type means on which kind of curve. */
const compressions: {
  readonly [T in KeyCompressionType]: { readonly form: PointForm; readonly kinds: readonly string[] };
} = {
  ECPublicKeyTypeUncompressed: { form: 'uncompressed', kinds: ['prime', 'binary'] },
  ECPublicKeyTypeX9_62CompressedPrime: { form: 'compressed', kinds: ['prime'] },
  ECPublicKeyTypeX9_62CompressedChar2: { form: 'compressed', kinds: ['binary'] },
  ECPublicKeyTypeX9_62Hybrid: { form: 'hybrid', kinds: ['prime', 'binary'] },
};

const formOf = ([first]: Uint8Array): PointForm | undefined =>
  first === 4
    ? 'uncompressed'
    : first === 2 || first === 3
      ? 'compressed'
      : first === 6 || first === 7
        ? 'hybrid'
        : undefined;

export const isCompression = (type: string): type is KeyCompressionType => type in compressions;

/** The key with its point in that form; undefined when its curve has none such. */
export function withCompression(key: EcPublicKey, type: KeyCompressionType): EcPublicKey | undefined {
  const { form, kinds } = compressions[type];
  return kinds.includes(key.curve.kind) ? { ...key, point: convertedPoint(key.point, key.curve, form) } : undefined;
}

/** @throws KmipError InvalidField for a point that is not on its curve. */
function convertedPoint(point: Uint8Array, { openssl }: Curve, form: PointForm): Uint8Array {
  try {
    return ECDH.convertKey(point, openssl, undefined, undefined, form) as unknown as Uint8Array;
  } catch {
    throw invalidField('the point of the EC public key is not on its curve');
  }
}

/** A public key from its encoded point, in whatever form. */
export function publicKeyAt(curve: Curve, point: Uint8Array): EcPublicKey {
  const key = { family: 'EC', half: 'public', curve } as const;
  const length = fieldBytes(curve);
  if (!hasPoints(curve)) {
    if (point.length !== length) throw invalidField(`a public key of ${curve.openssl} must have ${length} bytes`);
    return { ...key, point };
  }
  const form = formOf(point);
  if (form === undefined || point.length !== (form === 'compressed' ? 1 + length : 1 + 2 * length)) {
    throw invalidField(`the point of an EC public key on ${curve.openssl} has an invalid length or form`);
  }
  return { ...key, point: form === 'uncompressed' ? point : convertedPoint(point, curve, 'uncompressed') };
}

/** A private key from its bytes; shorter ones, which some write, are filled up where they are a number. */
export function privateKeyOf(curve: Curve, bytes: Uint8Array, point?: Uint8Array): EcPrivateKey {
  const { secretBytes, openssl } = curve;
  const tooLong = bytes.subarray(0, Math.max(0, bytes.length - secretBytes)).some((byte) => byte !== 0);
  if (tooLong || (!hasPoints(curve) && bytes.length !== secretBytes)) {
    throw invalidField(`a private key of ${openssl} must have ${secretBytes} bytes`);
  }
  const secret = new Uint8Array(secretBytes);
  const value = bytes.subarray(-secretBytes);
  secret.set(value, secretBytes - value.length);
  return { family: 'EC', half: 'private', curve, secret, ...(point === undefined ? {} : { point }) };
}

/**
 * The point that belongs to a private key on a curve with points.
 * @throws KmipError InvalidField when it is 0 or too large.
 */
export function pointOf({ curve, secret }: EcPrivateKey): Uint8Array {
  const ecdh = createECDH(curve.openssl);
  try {
    ecdh.setPrivateKey(secret);
  } catch {
    throw invalidField('the EC private key is out of range for its curve');
  }
  return ecdh.getPublicKey();
}

function namedCurve(block: Contents['parameters'], what: string): Curve {
  const curve = curveByOid(oidOf(block, what));
  if (curve === undefined || !hasPoints(curve)) throw invalidField(`the curve of ${what} is not supported`);
  return curve;
}

/** RFC 5915 §3; `outside` is the curve that a container names. */
export function readEcPrivate(bytes: Uint8Array, outside?: Curve): EcPrivateKey {
  const what = 'the ECPrivateKey';
  const [version, secret, ...more] = childrenOf(readDer(bytes, what), what);
  if (integerOf(version, what) !== 1n) throw invalidField(`${what} must have version 1`);
  const parameters = more.find((each) => isTagged(each, 0));
  const point = more.find((each) => isTagged(each, 1));
  if (more.length !== Number(parameters !== undefined) + Number(point !== undefined)) {
    throw invalidField(`${what} has unknown fields`);
  }
  const inside = parameters && namedCurve(explicitValueOf(parameters), what);
  const curve = outside ?? inside;
  if (curve === undefined) throw invalidField(`${what} must name its curve`);
  if (inside !== undefined && inside !== curve)
    throw invalidField(`${what} names a different curve than its container`);
  const encoded = point && publicKeyAt(curve, bitsOf(explicitValueOf(point), what)).point;
  return privateKeyOf(curve, octetsOf(secret, what), encoded);
}

/** Undefined for the curves without this form. `named` is false where a container names the curve. */
export function writeEcPrivate(key: EcPrivateKey, named = true): Uint8Array | undefined {
  const { curve, secret, point = hasPoints(curve) ? pointOf(key) : undefined } = key;
  if (point === undefined) return undefined;
  return toDer(
    sequence(integer(1n), octets(secret), ...(named ? [tagged(0, oid(curve.oid))] : []), tagged(1, bits(point))),
  );
}

const curveOf = ({ oid: identifier, parameters }: Contents): Curve => {
  const own = curveByOid(identifier);
  if (own === undefined) return namedCurve(parameters, 'the EC key');
  if (parameters !== undefined) throw invalidField(`a key of ${own.openssl} must have no parameters`);
  return own;
};

export const ecContents: ContentsOf<EcPublicKey, EcPrivateKey> = {
  owns(identifier) {
    const own = curveByOid(identifier);
    return identifier === ecPublicKey || (own !== undefined && !hasPoints(own));
  },
  readPublic: (contents) => publicKeyAt(curveOf(contents), contents.key),
  readPrivate(contents) {
    const curve = curveOf(contents);
    if (hasPoints(curve)) return readEcPrivate(contents.key, curve);
    // RFC 8410 §7: an OCTET STRING within the other.
    const what = `the private key of ${curve.openssl}`;
    return privateKeyOf(curve, octetsOf(readDer(contents.key, what), what));
  },
  writePublic: ({ curve, point }) => ({ ...algorithm(curve), key: point }),
  writePrivate(key) {
    const { curve, secret } = key;
    return { ...algorithm(curve), key: writeEcPrivate(key, false) ?? toDer(octets(secret)) };
  },
};

const algorithm = (curve: Curve): Omit<Contents, 'key'> =>
  hasPoints(curve) ? { oid: ecPublicKey, parameters: oid(curve.oid) } : { oid: curve.oid, parameters: undefined };
