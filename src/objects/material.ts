/**
 * What of an object is secret, or at least too large to keep opened: its key material, certificate or opaque value. It
 * is taken out before the rest is kept, and put back for Get.
 */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import { isWrapped, type KeyMaterial, type KeyValue, type ObjectStructure } from './object-structure.ts';

const nothing = new Uint8Array(0);

/**
 * The object without its material (what is left shows by its shape how to put it back), and the material as bytes of
 * their own: whoever takes them wipes them after use.
 */
export function takeMaterial(object: ObjectStructure): {
  readonly rest: ObjectStructure;
  readonly material?: Uint8Array;
} {
  if ('certificateValue' in object) {
    return { rest: { ...object, certificateValue: nothing }, material: Uint8Array.from(object.certificateValue) };
  }
  if ('certificateRequestValue' in object) {
    const material = Uint8Array.from(object.certificateRequestValue);
    return { rest: { ...object, certificateRequestValue: nothing }, material };
  }
  if ('opaqueDataValue' in object) {
    return { rest: { ...object, opaqueDataValue: nothing }, material: Uint8Array.from(object.opaqueDataValue) };
  }
  if (!('keyBlock' in object) || object.keyBlock.keyValue === undefined) return { rest: object };
  const { keyValue } = object.keyBlock;
  return {
    rest: { ...object, keyBlock: { ...object.keyBlock, keyValue: emptied(keyValue) } },
    material: materialBytes(isWrapped(keyValue) ? keyValue : keyValue.keyMaterial),
  };
}

/** Whether there is anything to take; an empty value is what is left of a destroyed object. */
export function hasMaterial(object: ObjectStructure): boolean {
  const { material } = takeMaterial(object);
  return material !== undefined && material.fill(0).length > 0;
}

/** A destroyed object: a Key Block without Key Value, an empty value where there is no Key Block. */
export function withoutMaterial(object: ObjectStructure): ObjectStructure {
  const { rest } = takeMaterial(object);
  if (!('keyBlock' in rest)) return rest;
  const { keyValue: _, keyWrappingData: __, ...keyBlock } = rest.keyBlock;
  return { ...rest, keyBlock };
}

/** Undoes `takeMaterial`. The bytes are used as they are, not copied. */
export function putMaterial(rest: ObjectStructure, material: Uint8Array): ObjectStructure {
  if ('certificateValue' in rest) return { ...rest, certificateValue: material };
  if ('certificateRequestValue' in rest) return { ...rest, certificateRequestValue: material };
  if ('opaqueDataValue' in rest) return { ...rest, opaqueDataValue: material };
  if (!('keyBlock' in rest) || rest.keyBlock.keyValue === undefined) return rest;
  const { keyValue } = rest.keyBlock;
  const filled: KeyValue = isWrapped(keyValue)
    ? material
    : { ...keyValue, keyMaterial: keyValue.keyMaterial instanceof Uint8Array ? material : structureOf(material) };
  return { ...rest, keyBlock: { ...rest.keyBlock, keyValue: filled } };
}

const emptied = (keyValue: KeyValue): KeyValue =>
  isWrapped(keyValue)
    ? nothing
    : { ...keyValue, keyMaterial: keyValue.keyMaterial instanceof Uint8Array ? nothing : [] };

/** What a digest is calculated on (2.1 §4.21): a structure is TTLV-encoded. The bytes are new. */
export const materialBytes = (material: KeyMaterial): Uint8Array =>
  material instanceof Uint8Array
    ? Uint8Array.from(material)
    : encode({ tag: Tag.KeyMaterial, type: ItemType.Structure, value: material });

function structureOf(material: Uint8Array): KeyMaterial {
  const item = decode(material);
  return item.type === ItemType.Structure ? item.value : nothing;
}
