/** Which Key Format Type an object is given out in (KMIP 2.1 §6.1.19; 1.4 §4.11). */
import { Tag } from '#protocol/tags';
import { ItemType } from '#ttlv/item';
import { isWrapped, type KeyBlock, type ObjectStructure } from '#objects/object-structure';
import { KmipError } from '#protocol/kmip-error';

interface Asked {
  readonly keyFormatType?: string | undefined;
  readonly keyCompressionType?: string | undefined;
}

/** The object as asked for; refused when it cannot be turned into that. */
export function inFormat(object: ObjectStructure, asked: Asked): ObjectStructure {
  if (asked.keyCompressionType !== undefined) {
    throw new KmipError('KeyCompressionTypeNotSupported', 'Key Compression Type is for elliptic curve public keys');
  }
  if (asked.keyFormatType === undefined) return object;
  if (!('keyBlock' in object)) {
    throw new KmipError('KeyFormatTypeNotSupported', 'the object has no Key Block, and so no Key Format Type');
  }
  return { ...object, keyBlock: keyBlockIn(object.keyBlock, asked.keyFormatType) };
}

function keyBlockIn(block: KeyBlock, format: string): KeyBlock {
  if (block.keyFormatType === format) return block;
  const { keyValue } = block;
  if (keyValue === undefined || isWrapped(keyValue)) {
    throw new KmipError(
      'KeyFormatTypeNotSupported',
      'a wrapped key is given out in the format that it was registered in',
    );
  }
  const bytes = keyBytes(block);
  if (bytes !== undefined && format === 'Raw') {
    return { ...block, keyFormatType: 'Raw', keyValue: { ...keyValue, keyMaterial: bytes } };
  }
  if (bytes !== undefined && format === 'TransparentSymmetricKey') {
    const key = { tag: Tag.Key, type: ItemType.ByteString, value: bytes } as const;
    return { ...block, keyFormatType: 'TransparentSymmetricKey', keyValue: { ...keyValue, keyMaterial: [key] } };
  }
  throw new KmipError('KeyFormatTypeNotSupported', `a ${block.keyFormatType} key cannot be given out as ${format}`);
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
