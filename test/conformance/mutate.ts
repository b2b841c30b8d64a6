/** Every way to spoil one field of an answer. */
import { ItemType, type Item } from '#ttlv/item';
import { tagName, Tag } from '#protocol/tags';
import { attributeTag } from '#protocol/names';

export type Kind =
  | 'dropped'
  | 'doubled'
  | 'added'
  | 'index 0'
  | 'index 1'
  | 'retyped'
  | 'swapped'
  | 'changed'
  | 'lengthened'
  | 'a second later'
  | 'years ago';

export interface Mutation {
  readonly kind: Kind;
  /**
   * Tags from the batch item or header down, attributes by their name, as in
   * `ResponsePayload/Attribute[State]/AttributeValue`.
   */
  readonly path: string;
  /** The field, as the case file prints it. */
  readonly expected: Item;
  /** For a swap: the field it changes places with. */
  readonly other?: Item;
  readonly batchItem: number | undefined;
  readonly answer: Item;
}

const text = (item: Item | undefined): string => (typeof item?.value === 'string' ? item.value : '');

function label(item: Item): string {
  const name = tagName(item.tag) ?? item.tag.toString(16);
  if (item.tag !== Tag.Attribute || item.type !== ItemType.Structure) return name;
  const called = text(item.value.find(({ tag }) => tag === Tag.AttributeName));
  const vendor = text(item.value.find(({ tag }) => tag === Tag.VendorIdentification));
  return `${name}[${vendor === '' ? (attributeTag(called) ?? called) : `${vendor}-${called}`}]`;
}

const foreign: Item = { tag: Tag.ServerURI, type: ItemType.TextString, value: 'a field too much' };
const index = (value: number): Item => ({ tag: Tag.AttributeIndex, type: ItemType.Integer, value });

/** Another type with the same value, as near as there is one. */
function retyped(item: Item): Item {
  const { tag } = item;
  switch (item.type) {
    case ItemType.TextString:
      return { tag, type: ItemType.ByteString, value: Buffer.from(item.value) };
    case ItemType.Integer:
      return { tag, type: ItemType.Enumeration, value: item.value >>> 0 };
    case ItemType.Enumeration:
    case ItemType.Interval:
      return { tag, type: ItemType.Integer, value: item.value | 0 };
    case ItemType.DateTime:
      return { tag, type: ItemType.LongInteger, value: item.value };
    default:
      return { tag, type: ItemType.TextString, value: String(item.value) };
  }
}

function* changed(item: Item): Generator<[Kind, Item]> {
  switch (item.type) {
    case ItemType.Structure:
      return;
    case ItemType.TextString:
      return yield ['changed', { ...item, value: `${item.value}~` }];
    case ItemType.ByteString: {
      const bytes = Buffer.concat([item.value, Buffer.of(0)]);
      yield ['lengthened', { ...item, value: bytes }];
      if (item.value.length === 0) return;
      const other = Buffer.from(item.value);
      other[0] = (other[0] ?? 0) ^ 1;
      return yield ['changed', { ...item, value: other }];
    }
    case ItemType.Boolean:
      return yield ['changed', { ...item, value: !item.value }];
    case ItemType.DateTime:
      yield ['a second later', { ...item, value: item.value + 1n }];
      return yield ['years ago', { ...item, value: item.value - 1_000_000_000n }];
    case ItemType.LongInteger:
    case ItemType.BigInteger:
    case ItemType.DateTimeExtended:
      return yield ['changed', { ...item, value: item.value + 1n }];
    default:
      return yield ['changed', { ...item, value: item.value + 1 }];
  }
}

/** @param answer what a server said; @param expected the same tree as the case file prints it, variables and all. */
export function* mutationsOf(answer: Item, expected: Item): Generator<Mutation> {
  yield* within(answer, expected, '', undefined, (item) => item);
}

function* within(
  structure: Item,
  expected: Item,
  path: string,
  batchItem: number | undefined,
  around: (item: Item) => Item,
): Generator<Mutation> {
  if (structure.type !== ItemType.Structure || expected.type !== ItemType.Structure) return;
  const parts = structure.value;
  const replace = (at: number, count: number, ...items: Item[]): Item =>
    around({ ...structure, value: parts.toSpliced(at, count, ...items) });

  yield {
    kind: 'added',
    path: `${path}/ServerURI`,
    expected: foreign,
    batchItem,
    answer: replace(parts.length, 0, foreign),
  };
  for (const [at, part] of parts.entries()) {
    const printed = expected.value[at] as Item;
    const place = part.tag === Tag.BatchItem ? at : batchItem;
    const here = part.tag === Tag.BatchItem ? 'BatchItem' : path === '' ? label(part) : `${path}/${label(part)}`;
    const of = (kind: Kind, answer: Item, other?: Item): Mutation => ({
      ...{ kind, path: here, expected: printed, batchItem: place, answer },
      ...(other === undefined ? {} : { other }),
    });
    yield of('dropped', replace(at, 1));
    yield of('doubled', replace(at, 0, part));
    yield of('retyped', replace(at, 1, retyped(part)));
    for (const [kind, item] of changed(part)) yield of(kind, replace(at, 1, item));
    const next = parts[at + 1];
    if (next !== undefined && JSON.stringify(show(next)) !== JSON.stringify(show(part))) {
      yield of('swapped', replace(at, 2, next, part), next);
    }
    if (part.tag === Tag.AttributeName && next?.tag === Tag.AttributeValue) {
      yield of('index 0', replace(at + 1, 0, index(0)));
      yield of('index 1', replace(at + 1, 0, index(1)));
    }
    yield* within(part, printed, here, place, (item) => replace(at, 1, item));
  }
}

/** What JSON can say of an item. */
const show = (item: Item): unknown => ({
  ...item,
  value: item.type === ItemType.Structure ? item.value.map(show) : String(item.value),
});
