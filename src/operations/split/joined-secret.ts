/** The object that Join Split Key makes of a joined secret, with the true length of the secret. */
import { bytesOf, numberOf } from '#crypto/big-numbers';
import { readKey } from '#crypto/keys/key-formats';
import type { Sharing } from '#crypto/sharing/secret-sharing';
import { symmetricKeyBytes } from '#crypto/keys/symmetric-keys';
import type { Attributes } from '#objects/attributes/attributes';
import { keyTypeMissing } from '#objects/object-errors';
import type { ObjectStructure } from '#objects/object-structure';
import type { OpenValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { atRest } from '#protocol/versions';
import { derFormats, type SplitType } from './split-keys.ts';

/**
 * Also for parts of different keys with equal fields: only the joined secret shows that they do not belong together.
 */
const unfit = (): KmipError =>
  new KmipError('CryptographicFailure', 'the parts do not join to a key of the type and length requested');

/** In bytes; undefined when only the parts determine it. */
function lengthOf(
  objectType: SplitType,
  joined: Uint8Array,
  { cryptographicAlgorithm: algorithm, cryptographicLength: bits }: Attributes,
): number | undefined {
  if (objectType === 'PrivateKey') return derLength(joined);
  if (objectType === 'SecretData') return bits === undefined ? undefined : Math.ceil(bits / 8);
  if (algorithm === undefined || bits === undefined) {
    throw keyTypeMissing();
  }
  return symmetricKeyBytes(algorithm, bits);
}

/** The length of a SEQUENCE from its first bytes, which may follow zeros (X.690 §8.1.3). */
function derLength(bytes: Uint8Array): number | undefined {
  const [tag, length = 0, ...more] = bytes.subarray(bytes.findIndex((byte) => byte !== 0)).subarray(0, 5);
  if (tag !== 0x30) return undefined;
  return length < 0x80
    ? 2 + length
    : 2 + (length - 0x80) + Number(numberOf(Uint8Array.from(more.slice(0, length - 0x80))));
}

/**
 * A copy of the secret itself: in a prime field the secret is a number, without its leading zeros, and in GF(2^16) a
 * zero may follow it.
 * @throws KmipError CryptographicFailure when it cannot have the required length.
 */
export function secretIn(
  objectType: SplitType,
  joined: Uint8Array,
  { method }: Sharing,
  given: Attributes,
): Uint8Array {
  const length = lengthOf(objectType, joined, given);
  if (method === 'PolynomialSharingPrimeField') {
    const secret = bytesOf(numberOf(joined), length);
    if (secret === undefined) throw unfit();
    return secret;
  }
  const isFilledUp = method === 'PolynomialSharingGF2_16' && joined.length - 1 === length && joined.at(-1) === 0;
  const secret = isFilledUp ? joined.subarray(0, -1) : joined;
  if (objectType === 'SymmetricKey' && secret.length !== length) throw unfit();
  // A slice of a Buffer shares its memory, so it is copied.
  return Uint8Array.from(secret);
}

/** The object in the format of its bytes. @throws KmipError CryptographicFailure when they are not a private key. */
export function joinedStructure(
  objectType: SplitType,
  secret: Uint8Array,
  given: Attributes,
  secretDataType: OpenValue<'SecretDataType'> = 'Seed',
): ObjectStructure {
  const { cryptographicAlgorithm, cryptographicLength } = given;
  const said = cryptographicAlgorithm === undefined ? {} : { cryptographicAlgorithm, cryptographicLength };
  const keyBlock = { keyFormatType: 'Raw', keyValue: { keyMaterial: secret }, ...said } as const;
  if (objectType === 'SecretData') return { objectType, secretDataType, keyBlock };
  if (objectType === 'SymmetricKey') return { objectType, keyBlock };
  const keyFormatType = derFormats.find((format) => isKey(format, secret, given));
  if (keyFormatType === undefined) throw unfit();
  return { objectType, keyBlock: { ...keyBlock, keyFormatType } };
}

function isKey(format: string, secret: Uint8Array, { cryptographicAlgorithm: algorithm }: Attributes): boolean {
  try {
    readKey('private', format, secret, atRest, { algorithm });
    return true;
  } catch (error) {
    if (error instanceof KmipError) return false;
    throw error;
  }
}
