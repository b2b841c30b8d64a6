/** The attributes that Register derives from an asymmetric key, and the checks of the key (KMIP 2.1 §3.1, §6.1.43). */
import { isDeepStrictEqual } from 'node:util';
import { familyOf, type AsymmetricKey, type Half, type KeyMaterial } from '#crypto/keys/asymmetric-key';
import { bitLength } from '#crypto/big-numbers';
import { withCompression, isCompression } from '#crypto/keys/ec-keys';
import { formatsOf, lengthOf, readKey, writeKey } from '#crypto/keys/key-formats';
import type { Attributes } from '#objects/attributes/attributes';
import { isWrapped, type KeyBlock } from '#objects/object-structure';
import { containerIn } from '#objects/opened-container';
import { enumerationHas, type OpenValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import type { Version } from '#protocol/versions';
import type { Item } from '#ttlv/item';
import type { WrittenKey } from '#workers/key-tasks';
import type { Context } from '#operations/context';
import { digestOfAsymmetric } from './default-digest.ts';
import { checkKeyBlock, saidByKeyBlock } from './key-block-rules.ts';

/** The key in a Key Block; undefined when it is wrapped, opaque or absent. `attributes` are those of the object. */
export function keyIn(
  half: Half,
  block: KeyBlock,
  attributes: Attributes,
  version: Version,
): AsymmetricKey | undefined {
  const found = writtenIn(half, block, attributes, version);
  return found && readKey(found.half, found.format, found.material, found.version, found.hints);
}

/** The same, not yet parsed. */
function writtenIn(
  half: Half,
  block: KeyBlock,
  { cryptographicAlgorithm: algorithm, cryptographicDomainParameters }: Attributes,
  version: Version,
): WrittenKey | undefined {
  const { keyFormatType: format, keyValue } = block;
  if (keyValue === undefined || isWrapped(keyValue) || format === 'Opaque') return undefined;
  const opened = containerIn(block);
  const hints = { algorithm, recommendedCurve: cryptographicDomainParameters?.recommendedCurve };
  if (opened !== undefined) return { half, format: 'PKCS_8', material: opened.privateKey, version, hints };
  return { half, format, material: keyValue.keyMaterial, version, hints };
}

/**
 * @throws KmipError InvalidField when the material is not a valid key, InvalidAttributeValue when attributes contradict
 * it.
 */
export async function examineAsymmetric(
  half: Half,
  block: KeyBlock,
  given: Attributes,
  context: Context,
): Promise<Attributes> {
  checkKeyBlock(block, [...formatsOf(half), ...(half === 'private' ? ['PKCS_12'] : []), 'Opaque'], context.version);
  const said = { ...given, ...saidByKeyBlock(block, given) };
  const { cryptographicAlgorithm: algorithm, cryptographicLength: length } = said;
  const family = algorithm === undefined ? undefined : familyOf(algorithm);
  if (algorithm !== undefined && family === undefined) {
    throw new KmipError(
      'InvalidAttributeValue',
      `Cryptographic Algorithm ${algorithm} is not supported for ${half} keys`,
    );
  }
  const written = writtenIn(half, block, said, context.version);
  if (written === undefined) {
    if (algorithm === undefined && block.keyValue !== undefined && !isWrapped(block.keyValue)) {
      throw new KmipError(
        'InvalidAttribute',
        `Cryptographic Algorithm and Cryptographic Length are required for an opaque ${half} key`,
      );
    }
    return algorithm === undefined ? {} : { cryptographicAlgorithm: algorithm, cryptographicLength: length };
  }
  const key = await context.heavily('readCheckedKey', written);
  checkCompression(key, block, context.version);
  checkAlgorithm(key, algorithm);
  checkLength(key, length);
  const parameters = domainParametersOf(key);
  checkDomainParameters(parameters ?? {}, given);
  return {
    cryptographicAlgorithm: algorithm ?? algorithmOf(key, context.version),
    cryptographicLength: length ?? lengthOf(key),
    ...(parameters === undefined ? {} : { cryptographicDomainParameters: parameters }),
    ...digestOfAsymmetric(block.keyFormatType, key, context.version),
  };
}

function checkAlgorithm(key: AsymmetricKey, algorithm: string | undefined): void {
  const isEdwards = algorithm === 'Ed25519' || algorithm === 'Ed448';
  const fits =
    algorithm === undefined ||
    (familyOf(algorithm) === key.family &&
      (!isEdwards || (key.family === 'EC' && key.curve.openssl === algorithm.toLowerCase())));
  if (!fits)
    throw new KmipError(
      'InvalidAttributeValue',
      `Cryptographic Algorithm is ${algorithm}, but the algorithm of the key is ${key.family}`,
    );
}

/** The algorithm when neither attributes nor Key Block name one. */
function algorithmOf(key: AsymmetricKey, version: Version): Attributes['cryptographicAlgorithm'] {
  if (key.family !== 'EC') return key.family;
  if (key.curve.kind === 'signature') return key.curve.openssl === 'ed448' ? 'Ed448' : 'Ed25519';
  return enumerationHas('CryptographicAlgorithm', 'EC', version) ? 'EC' : 'ECDSA';
}

/** For the curves of RFC 7748, clients give either the bits of the field or those of the key. */
const otherLengths: { readonly [openssl: string]: readonly number[] } = {
  x25519: [253, 255],
  ed25519: [253, 255],
  x448: [446],
  ed448: [446, 448],
};

function checkLength(key: AsymmetricKey, length: number | undefined): void {
  const actual = lengthOf(key);
  const isOther = key.family === 'EC' && length !== undefined && otherLengths[key.curve.openssl]?.includes(length);
  if (length === undefined || length === actual || isOther === true) return;
  throw new KmipError('InvalidAttributeValue', `Cryptographic Length is ${length}, but the key has ${actual} bits`);
}

type DomainParameters = NonNullable<Attributes['cryptographicDomainParameters']>;

/** KMIP 2.1 §4.14. */
export function domainParametersOf(key: AsymmetricKey): DomainParameters | undefined {
  if (key.family === 'EC') return { recommendedCurve: key.curve.name };
  const q = key.family === 'RSA' ? undefined : key.group.q;
  return q === undefined ? undefined : { qlength: bitLength(q) };
}

function checkDomainParameters(actual: DomainParameters, { cryptographicDomainParameters: given }: Attributes): void {
  for (const field of ['recommendedCurve', 'qlength'] as const) {
    if (given?.[field] === undefined || actual[field] === undefined || given[field] === actual[field]) continue;
    throw new KmipError('InvalidAttributeValue', `${field} in Cryptographic Domain Parameters does not match the key`);
  }
}

/** The key, written again in the form that it claims, must equal the given key. */
function checkCompression(key: AsymmetricKey, block: KeyBlock, version: Version): void {
  const { keyCompressionType, keyFormatType, keyValue } = block;
  if (keyCompressionType === undefined || keyValue === undefined || isWrapped(keyValue)) return;
  const claimed = compressedAs(key, keyCompressionType);
  if (
    claimed === undefined ||
    !isDeepStrictEqual(asPlain(writeKey(claimed, keyFormatType, version)), asPlain(keyValue.keyMaterial))
  ) {
    throw new KmipError('InvalidField', 'Key Compression Type does not match the encoding of the key');
  }
}

/** Buffers and other views of the same bytes are equal. */
const asPlain = (material: KeyMaterial | undefined): KeyMaterial | undefined =>
  material === undefined
    ? undefined
    : material instanceof Uint8Array
      ? Uint8Array.from(material)
      : material.map((item) =>
          item.value instanceof Uint8Array ? ({ ...item, value: Uint8Array.from(item.value) } as Item) : item,
        );

/**
 * An EC public key with its point in another form; undefined for other keys, and for forms that the curve does not
 * have.
 */
export const compressedAs = (key: AsymmetricKey, type: OpenValue<'KeyCompressionType'>): AsymmetricKey | undefined =>
  key.family === 'EC' && key.half === 'public' && isCompression(type) ? withCompression(key, type) : undefined;
