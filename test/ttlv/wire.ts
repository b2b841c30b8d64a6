/** How the tests of this ring write bytes and compare items. */
import { ItemType, itemTypeName } from '#ttlv/index';
import type { Item } from '#ttlv/index';

export function bytes(spacedHex: string): Buffer {
  return Buffer.from(spacedHex.replace(/\s/g, ''), 'hex');
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

/** An item in a form that compares by content: views, buffers and arrays of the same bytes are equal. */
export function plain(item: Item): unknown {
  const { tag } = item;
  const type = itemTypeName(item.type);
  if (item.type === ItemType.Structure) return { tag, type, value: item.value.map(plain) };
  return { tag, type, value: item.type === ItemType.ByteString ? hex(item.value) : item.value };
}
