/**
 * How long a list in a message may be, and whether values may be repeated. Both are part of the row of the field, and
 * checked before the content of an item is read. Records of the store are read without bounds: they were checked when
 * they were written.
 */
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import { tagText } from './codecs.ts';
import { enumerationRows } from './enumeration-rows.ts';
import type { EnumerationName } from './enumerations.ts';
import { KmipError, type ResultReason } from './kmip-error.ts';
import { isAtRest, type Version } from './versions.ts';

export interface Bound {
  readonly most: number;
  /** No value may occur twice. */
  readonly distinct: boolean;
  readonly reason: ResultReason;
}

/** Every error table has Invalid Field; those of operations that make objects have Server Limit Exceeded, too. */
export const atMost = (most: number, reason: ResultReason = 'InvalidField'): Bound & { readonly distinct: false } => ({
  most,
  distinct: false,
  reason,
});

export const atMostDistinct = (most: number, reason: ResultReason = 'InvalidField'): Bound => ({
  most,
  distinct: true,
  reason,
});

/** As many as the enumeration has values in the standard. */
export const atMostAll = (name: EnumerationName): Bound => atMost(Object.keys(enumerationRows[name]).length);

/** For lists that only the server writes: a client accepts an answer of any length within the size of a message. */
export const asAnswered: Bound = { most: Infinity, distinct: false, reason: 'InvalidField' };

const tooMany = (tag: number, { most, reason }: Bound): KmipError =>
  new KmipError(reason, `${tagText(tag)} must be given ${most === 1 ? 'at most once' : `at most ${most} times`}`);

/** Checks whether one more item may be read after `held` items. @throws KmipError with the reason of the bound. */
export function checkNext(tag: number, held: number, bound: Bound, version: Version): void {
  if (held >= bound.most && !isAtRest(version)) throw tooMany(tag, bound);
}

/** The same for all items, with the rule about repetition. */
export function checkNumber(tag: number, items: readonly Item[], bound: Bound, version: Version): void {
  if (isAtRest(version)) return;
  if (items.length > bound.most) throw tooMany(tag, bound);
  if (bound.distinct && items.length > 1) items.forEach(repetitionIn(tag));
}

/** The number of items in an item, itself included. Counting ends above `most`, so that a large item costs no more. */
export function itemsIn(item: Item, most = Infinity): number {
  let count = 1;
  if (item.type !== ItemType.Structure) return count;
  for (const child of item.value) {
    count += child.type === ItemType.Structure && child.value.length > 0 ? itemsIn(child, most - count) : 1;
    if (count > most) break;
  }
  return count;
}

/** Refuses an item that equals an earlier one. @throws KmipError InvalidField. */
export function repetitionIn(tag: number): (item: Item) => void {
  const seen = new Set<string>();
  return (item) => {
    const key = keyOf(item);
    if (seen.has(key)) throw new KmipError('InvalidField', `${tagText(tag)} must not be given twice with one value`);
    seen.add(key);
  };
}

/** Equal for items of one type and value, and for no others: an item has one encoding. */
const keyOf = (item: Item): string =>
  item.type === ItemType.TextString ? `t${item.value}` : `i${Buffer.from(encode(item)).toString('latin1')}`;
