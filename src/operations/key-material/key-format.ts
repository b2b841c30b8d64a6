/** The Key Format Type in which an object is returned (KMIP 2.1 §4.26, §6.1.19; 1.4 §4.11). */
import type { AsymmetricKey, Half } from '#crypto/keys/asymmetric-key';
import { firstFormat, writeKey } from '#crypto/keys/key-formats';
import type { Attributes } from '#objects/attributes/attributes';
import { isWrapped, type KeyBlock, type ObjectStructure } from '#objects/object-structure';
import { enumerationHas, type OpenValue } from '#protocol/enumerations';
import { KmipError } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import { atRest, type Version } from '#protocol/versions';
import { ItemType } from '#ttlv/item';
import { compressedAs, keyIn } from './asymmetric-keys.ts';

export interface RequestedForm {
  readonly keyFormatType?: OpenValue<'KeyFormatType'> | undefined;
  readonly keyCompressionType?: OpenValue<'KeyCompressionType'> | undefined;
}

/** The version of the reader, and the attributes of the key. */
interface Reader {
  readonly version: Version;
  readonly attributes: Attributes;
}

/** The object in the requested format. @throws KmipError when it cannot be converted. */
export function inFormat(object: ObjectStructure, asked: RequestedForm, reader: Reader): ObjectStructure {
  if (asked.keyCompressionType !== undefined && object.objectType !== 'PublicKey') throw noCompression();
  if (!('keyBlock' in object)) {
    if (asked.keyFormatType === undefined || asked.keyFormatType === reader.attributes.keyFormatType) return object;
    throw new KmipError('KeyFormatTypeNotSupported', 'Key Format Type is not valid for an object without a Key Block');
  }
  return { ...object, keyBlock: blockOf(object, asked, reader) };
}

const noCompression = (): KmipError =>
  new KmipError('KeyCompressionTypeNotSupported', 'Key Compression Type is valid only for elliptic curve public keys');

function blockOf(
  object: Extract<ObjectStructure, { readonly keyBlock: KeyBlock }>,
  asked: RequestedForm,
  reader: Reader,
): KeyBlock {
  if (object.objectType === 'PublicKey') return asymmetricIn('public', object.keyBlock, asked, reader);
  if (object.objectType === 'PrivateKey') return asymmetricIn('private', object.keyBlock, asked, reader);
  return asked.keyFormatType === undefined ? object.keyBlock : keyBlockIn(object.keyBlock, asked.keyFormatType);
}

const wrappedAs = (): KmipError =>
  new KmipError(
    'KeyFormatTypeNotSupported',
    'the key is wrapped: it is available only in the Key Format Type in which it was registered',
  );

/**
 * An asymmetric key. Without a requested format it is returned in the format in which it was registered or made.
 * Exceptions are RSA public keys, which clients expect in the format of the default table (2.1 §4.26), and formats that
 * the version does not have.
 */
function asymmetricIn(half: Half, block: KeyBlock, asked: RequestedForm, { version, attributes }: Reader): KeyBlock {
  const { keyFormatType: held, keyValue } = block;
  const isDefault = half === 'public' && attributes.cryptographicAlgorithm === 'RSA' ? 'PKCS_1' : held;
  const wanted = asked.keyFormatType ?? isDefault;
  const staysAsItIs = wanted === held && asked.keyCompressionType === undefined;
  if (staysAsItIs && enumerationHas('KeyFormatType', held, version)) return block;
  if (keyValue === undefined || isWrapped(keyValue) || held === 'Opaque') {
    if (asked.keyFormatType === undefined || asked.keyFormatType === held) return block;
    throw wrappedAs();
  }
  const key = keyIn(half, block, attributes, atRest);
  if (key === undefined) throw wrappedAs();
  const { keyCompressionType: compression } = asked;
  const compressed = compression === undefined ? key : compressedAs(key, compression);
  if (compressed === undefined) throw noCompression();
  const format = asked.keyFormatType ?? sayable(key, wanted, version);
  const keyMaterial = format === undefined ? undefined : writeKey(compressed, format, version);
  if (format === undefined || keyMaterial === undefined) {
    throw new KmipError('KeyFormatTypeNotSupported', `Key Format Type ${wanted} is not supported for this key`);
  }
  const { keyCompressionType: _, ...rest } = block;
  return {
    ...rest,
    keyFormatType: format,
    ...(compression === undefined ? {} : { keyCompressionType: compression }),
    keyValue: { ...keyValue, keyMaterial },
  };
}

/** The format, or the first one for the key that the version has. */
const sayable = (
  key: AsymmetricKey,
  format: OpenValue<'KeyFormatType'>,
  version: Version,
): typeof format | undefined => (writeKey(key, format, version) === undefined ? firstFormat(key, version) : format);

function keyBlockIn(block: KeyBlock, format: OpenValue<'KeyFormatType'>): KeyBlock {
  if (block.keyFormatType === format) return block;
  const { keyValue } = block;
  if (keyValue === undefined || isWrapped(keyValue)) {
    throw wrappedAs();
  }
  const bytes = keyBytes(block);
  if (bytes !== undefined && format === 'Raw') {
    return { ...block, keyFormatType: 'Raw', keyValue: { ...keyValue, keyMaterial: bytes } };
  }
  if (bytes !== undefined && format === 'TransparentSymmetricKey') {
    const key = { tag: Tag.Key, type: ItemType.ByteString, value: bytes } as const;
    return { ...block, keyFormatType: 'TransparentSymmetricKey', keyValue: { ...keyValue, keyMaterial: [key] } };
  }
  throw new KmipError(
    'KeyFormatTypeNotSupported',
    `Key Format Type ${format} is not supported for a key in Key Format Type ${block.keyFormatType}`,
  );
}

/** The bytes of a symmetric key, raw or transparent (2.1 §3.4); undefined for all others. */
export function keyBytes({ keyFormatType, keyValue }: KeyBlock): Uint8Array | undefined {
  if (keyValue === undefined || isWrapped(keyValue)) return undefined;
  const { keyMaterial } = keyValue;
  if (keyMaterial instanceof Uint8Array) return keyFormatType === 'Raw' ? keyMaterial : undefined;
  if (keyFormatType !== 'TransparentSymmetricKey') return undefined;
  const key = keyMaterial.find(({ tag }) => tag === Tag.Key);
  return key?.type === ItemType.ByteString ? key.value : undefined;
}
