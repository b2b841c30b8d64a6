/** Functions that search trees of Items of any shape; they do not throw. */
import { ItemType, type Item } from '#ttlv/item';

export const partsOf = (item: Item | undefined): readonly Item[] =>
  item?.type === ItemType.Structure ? item.value : [];

export const partOf = (item: Item | undefined, tag: number): Item | undefined =>
  partsOf(item).find((part) => part.tag === tag);

export const partsWith = (item: Item | undefined, tag: number): Item[] =>
  partsOf(item).filter((part) => part.tag === tag);

export const textIn = (item: Item | undefined): string | undefined =>
  item?.type === ItemType.TextString ? item.value : undefined;

export const numberIn = (item: Item | undefined): number | undefined =>
  typeof item?.value === 'number' ? item.value : undefined;

/** The item and all that is in it. */
export function* all(item: Item): Generator<Item> {
  yield item;
  for (const part of partsOf(item)) yield* all(part);
}

export function sameValue(one: Item, other: Item): boolean {
  if (one.value instanceof Uint8Array) {
    return other.value instanceof Uint8Array && Buffer.compare(one.value, other.value) === 0;
  }
  return one.value === other.value;
}
