/**
 * The part of an object that is secret, or too large to stay opened: its key material, certificate or opaque value. It
 * is removed before the rest is stored, and put back for Get.
 */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { ItemType } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import { isWrapped, type KeyMaterial, type KeyValue, type ObjectStructure } from './object-structure.ts';

const nothing = new Uint8Array(0);

/**
 * The object without its material (its shape shows how to put the material back), and the material as separate bytes:
 * the caller wipes them after use.
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

/** Whether there is material to take; a destroyed object has an empty value. */
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

/** The inverse of `takeMaterial`. The bytes are used as they are, not copied. */
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

/** The input of a digest (2.1 §4.21): a structure is TTLV-encoded. The bytes are new. */
export const materialBytes = (material: KeyMaterial): Uint8Array =>
  material instanceof Uint8Array
    ? Uint8Array.from(material)
    : encode({ tag: Tag.KeyMaterial, type: ItemType.Structure, value: material });

function structureOf(material: Uint8Array): KeyMaterial {
  const item = decode(material);
  return item.type === ItemType.Structure ? item.value : nothing;
}
