import { createPrivateKey, type KeyObject } from 'node:crypto';
import { makeKeyObjects, recipeOf, type KeyObjectPair } from '#crypto/keys/generate-key-pair';
import { OperatorError } from '#operator-error';

/** The keys that certificates are made for. Old arrays take RSA and P-256/P-384 only, so only those are made. */

export type KeyPair = KeyObjectPair;

const recipes = {
  'P-256': recipeOf('EC', { recommendedCurve: 'P_256' }),
  'P-384': recipeOf('EC', { recommendedCurve: 'P_384' }),
  'RSA-2048': recipeOf('RSA', { length: 2048 }),
  'RSA-3072': recipeOf('RSA', { length: 3072 }),
  'RSA-4096': recipeOf('RSA', { length: 4096 }),
};

export type KeyKind = keyof typeof recipes;
export const keyKinds = Object.keys(recipes) as readonly KeyKind[];

/** RSA-4096 takes a second or more, in another thread. */
export const generateKeys = (kind: KeyKind): Promise<KeyPair> => makeKeyObjects(recipes[kind]);

/** PKCS#8, unencrypted. */
export function writePrivateKey(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}

const maximumKeyBytes = 64 * 1024;

/** Reads PKCS#8, PKCS#1 or SEC 1 in PEM; the passphrase opens an encrypted one. */
export function readPrivateKey(pem: string | Uint8Array, passphrase?: string): KeyObject {
  if (pem.length > maximumKeyBytes)
    throw new OperatorError(`the private key must have at most ${maximumKeyBytes} bytes`);
  const key = Buffer.from(pem as Uint8Array);
  if (passphrase === undefined && key.includes('ENCRYPTED')) {
    throw new OperatorError('the private key is encrypted', 'decrypt it first: openssl pkey -in KEY -out PLAIN');
  }
  try {
    return createPrivateKey({ key, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch {
    throw new OperatorError('the private key cannot be read', 'give a PEM file that begins with BEGIN PRIVATE KEY');
  }
}

/** The bounds within which a foreign key gets a certificate: strong enough, and cheap enough to verify. */
const minimumRsaBits = 2048;
const maximumRsaBits = 8192;
const acceptedCurves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** A name for the key as people write it (`RSA-2048`, `P-256`); throws an OperatorError outside the bounds. */
export function nameOfAcceptableKey(key: KeyObject): string {
  const { modulusLength = 0, namedCurve = '', publicExponent } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  if (key.asymmetricKeyType === 'ec') {
    const curve = acceptedCurves[namedCurve];
    if (curve !== undefined) return curve;
    throw new OperatorError(`the curve ${namedCurve || '(unnamed)'} of the key is not supported`, 'use P-256 or P-384');
  }
  if (key.asymmetricKeyType !== 'rsa') {
    throw new OperatorError(`keys of type ${key.asymmetricKeyType} are not supported`, 'use RSA, P-256 or P-384');
  }
  if (modulusLength < minimumRsaBits || modulusLength > maximumRsaBits) {
    throw new OperatorError(
      `the RSA key must have ${minimumRsaBits} to ${maximumRsaBits} bits, not ${modulusLength}`,
      'use RSA with 2048 to 4096 bits, or P-256',
    );
  }
  if (publicExponent === undefined || publicExponent < 3n || publicExponent > 0xffff_ffffn) {
    throw new OperatorError('the public exponent of the RSA key must be from 3 to 4294967295', 'use 65537');
  }
  return `RSA-${modulusLength}`;
}
