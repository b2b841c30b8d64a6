/**
 * What a registered Key Block must have (KMIP 2.1 §3.1 to §3.4; 1.4 §2.1.3 to §2.1.5, §2.1.7.1): fields that require
 * one another, and material in the structure of its format. Wrapped material is not checked, because the server cannot
 * read it.
 */
import { symmetricKeyBytes } from '#crypto/keys/symmetric-keys';
import { attributeRow, type Attributes } from '#objects/attributes/attributes';
import { keyLengthNotSupported, keyTypeMissing } from '#objects/object-errors';
import { isWrapped, type KeyBlock, type KeyMaterial } from '#objects/object-structure';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { inRange, type Version } from '#protocol/versions';
import { ItemType } from '#ttlv/item';

/** The structure of Key Material for formats of symmetric keys; `crypto` has those of asymmetric keys. */
const shapes: { readonly [format: string]: 'bytes' | 'key' } = {
  Raw: 'bytes',
  Opaque: 'bytes',
  TransparentSymmetricKey: 'key',
};

/** Refuses a Key Block that the text does not allow, or whose format is not in `formats`. */
export function checkKeyBlock(block: KeyBlock, formats: readonly string[], version: Version): void {
  const { keyFormatType, keyValue, keyWrappingData, cryptographicAlgorithm, cryptographicLength } = block;
  if (!formats.includes(keyFormatType)) {
    throw new KmipError('InvalidField', `Key Format Type must be one of ${formats.join(', ')}, not ${keyFormatType}`);
  }
  if (block.keyCompressionType !== undefined && !formats.includes('X_509')) {
    throw new KmipError('InvalidField', 'Key Compression Type is valid only for elliptic curve public keys');
  }
  if ((cryptographicAlgorithm === undefined) !== (cryptographicLength === undefined)) {
    throw new KmipError(
      'InvalidField',
      'Key Block must have both Cryptographic Algorithm and Cryptographic Length, or neither',
    );
  }
  if (keyWrappingData !== undefined) checkWrapping(block, keyWrappingData);
  if (keyValue === undefined) {
    // The versions that allow an absent Key Value have an attribute for it (1.2 §2.1.3, §3.41).
    if (inRange(attributeRow('keyValuePresent'), version)) return;
    throw new KmipError('InvalidMessage', 'Key Block lacks Key Value');
  }
  if (!isWrapped(keyValue)) checkMaterial(keyFormatType, keyValue.keyMaterial);
  else if (keyWrappingData === undefined) {
    throw new KmipError('InvalidField', 'Key Wrapping Data is required when Key Value is a Byte String');
  }
}

/** 2.1 §3.3. A key with only a MAC or a signature may still be readable. */
function checkWrapping({ keyValue }: KeyBlock, wrapping: NonNullable<KeyBlock['keyWrappingData']>): void {
  if (wrapping.encryptionKeyInformation === undefined && wrapping.macSignatureKeyInformation === undefined) {
    throw new KmipError(
      'InvalidField',
      'Key Wrapping Data must have Encryption Key Information or MAC/Signature Key Information',
    );
  }
  if (keyValue === undefined || (!isWrapped(keyValue) && wrapping.wrappingMethod !== 'MACSign')) {
    throw new KmipError('InvalidField', 'Key Wrapping Data is given, but Key Value is not wrapped');
  }
}

function checkMaterial(format: string, material: KeyMaterial): void {
  const isBytes = material instanceof Uint8Array;
  if (shapes[format] === undefined) return;
  if (shapes[format] === 'bytes') {
    if (!isBytes)
      throw new KmipError('InvalidField', `Key Material must be a Byte String for Key Format Type ${format}`);
    return;
  }
  const [key, more] = isBytes ? [] : material;
  if (key?.tag !== Tag.Key || key.type !== ItemType.ByteString || more !== undefined) {
    throw new KmipError(
      'InvalidField',
      `Key Material must be a Structure with exactly one Key for Key Format Type ${format}`,
    );
  }
}

/** The attributes that the Key Block contains; they must match the given ones. */
export function saidByKeyBlock(block: KeyBlock, given: Attributes): Attributes {
  const { cryptographicAlgorithm, cryptographicLength } = block;
  if (cryptographicAlgorithm === undefined) return {};
  const said = { cryptographicAlgorithm, cryptographicLength };
  for (const key of ['cryptographicAlgorithm', 'cryptographicLength'] as const) {
    if (given[key] !== undefined && given[key] !== said[key]) {
      throw new KmipError('InvalidAttributeValue', `${attributeRow(key).name} does not match the Key Block`);
    }
  }
  return said;
}

/** Refuses a symmetric key without algorithm and length, or whose readable material has another length. */
export function checkSymmetricKey(
  { keyFormatType, keyValue }: KeyBlock,
  { cryptographicAlgorithm: algorithm, cryptographicLength: length }: Attributes,
): void {
  if (algorithm === undefined || length === undefined) {
    // They may be wrapped together with the key (2.1 §6.1.43: "encapsulated in the Key Block").
    if (keyValue !== undefined && isWrapped(keyValue) && algorithm === length) return;
    throw keyTypeMissing();
  }
  const expected = symmetricKeyBytes(algorithm, length);
  if (expected === undefined) {
    throw keyLengthNotSupported(algorithm, length);
  }
  if (keyValue === undefined || isWrapped(keyValue) || keyFormatType === 'Opaque') return;
  const held = plainLength(keyValue.keyMaterial);
  if (held !== expected) {
    throw new KmipError(
      'InvalidAttributeValue',
      `Key Material must be ${expected} bytes for ${algorithm} of ${length} bits, not ${held}`,
    );
  }
}

const plainLength = (material: KeyMaterial): number =>
  material instanceof Uint8Array
    ? material.length
    : material.reduce((sum, item) => sum + (item.type === ItemType.ByteString ? item.value.length : 0), 0);
