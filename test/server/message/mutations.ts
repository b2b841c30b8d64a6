/**
 * Damages requests: what fuzzing does to messages that were whole. Every choice is a number, so that a failing
 * case can be reported and shrunk.
 */
import fc from 'fast-check';
import { Tag } from '#protocol/tags';
import { supportedVersions, majorOf, minorOf } from '#protocol/versions';
import { ItemType, type Item, type StructureItem } from '#ttlv/item';

/** What is done at the item that `place` counts to, with help of `choice`. */
export interface Mutation {
  readonly how: keyof typeof hows;
  readonly place: number;
  readonly choice: number;
}

/** Where mutations find what other requests hold. */
export interface Corpus {
  readonly requests: readonly Item[];
  /** Every item of every request. */
  readonly parts: readonly Item[];
  /** Identifiers that objects have. */
  readonly ids: readonly string[];
}

export const partsOf = (item: Item): Item[] => [
  item,
  ...(item.type === ItemType.Structure ? item.value.flatMap(partsOf) : []),
];

type How = (item: Item, choice: number, corpus: Corpus) => readonly Item[];

const picked = <T>(list: readonly T[], choice: number): T => list[choice % list.length] as T;

const integers = [0, 1, -1, 2, 7, 128, 2 ** 31 - 1, -(2 ** 31)];
const longs = [0n, 1n, -1n, 3600n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
const unsigned = [0, 1, 2, 3, 4, 0x11, 0x7fffffff, 0x80000001, 0xffffffff];
const texts = ['', 'x-', 'y-a', '__proto__', 'constructor', 'x-__proto__', '\0', '\u{1f511}', 'a'.repeat(70_000), '$1'];

/** Another value of the item's type. */
function otherValue(item: Item, choice: number, { ids }: Corpus): Item {
  switch (item.type) {
    case ItemType.Structure:
      return { ...item, value: [] };
    case ItemType.Integer:
      return { ...item, value: picked(integers, choice) };
    case ItemType.Enumeration:
    case ItemType.Interval:
      return { ...item, value: picked(unsigned, choice) };
    case ItemType.Boolean:
      return { ...item, value: !item.value };
    case ItemType.TextString:
      return { ...item, value: picked([...texts, ...ids.slice(-50)], choice) };
    case ItemType.ByteString:
      return { ...item, value: Buffer.alloc(picked([0, 1, 8, 16, 24, 32, 70_000], choice), choice) };
    case ItemType.LongInteger:
    case ItemType.BigInteger:
    case ItemType.DateTime:
    case ItemType.DateTimeExtended:
      return { ...item, value: picked(longs, choice) };
  }
}

const ofType = (tag: number): Item[] => [
  { tag, type: ItemType.Structure, value: [] },
  { tag, type: ItemType.Integer, value: 1 },
  { tag, type: ItemType.LongInteger, value: 1n },
  { tag, type: ItemType.BigInteger, value: -(2n ** 90n) },
  { tag, type: ItemType.Enumeration, value: 1 },
  { tag, type: ItemType.Boolean, value: true },
  { tag, type: ItemType.TextString, value: '1' },
  { tag, type: ItemType.ByteString, value: Buffer.alloc(8) },
  { tag, type: ItemType.DateTime, value: 1n },
  { tag, type: ItemType.Interval, value: 1 },
  { tag, type: ItemType.DateTimeExtended, value: 1n },
];

const children = (item: Item): StructureItem['value'] => (item.type === ItemType.Structure ? item.value : []);

const hows = {
  drop: () => [],
  repeat: (item) => [item, item],
  change: (item, choice, corpus) => [otherValue(item, choice, corpus)],
  rename: (item, choice, { parts }) => [{ ...item, tag: picked(parts, choice).tag }],
  retype: ({ tag }, choice) => [picked(ofType(tag), choice)],
  replace: (_item, choice, { parts }) => [picked(parts, choice)],
  refill: ({ tag }, choice, { parts }) => [{ ...picked(parts, choice), tag }],
  /** The value that the same field has elsewhere. */
  exchange: (item, choice, { parts }) => [
    picked(
      parts.filter(({ tag }) => tag === item.tag),
      choice,
    ),
  ],
  insert: (item, choice, { parts }) => [
    item.type === ItemType.Structure ? { ...item, value: [...item.value, picked(parts, choice)] } : item,
  ],
  reverse: (item) => [item.type === ItemType.Structure ? { ...item, value: item.value.toReversed() } : item],
} satisfies Readonly<Record<string, How>>;

/** Applied to the item that `place` counts to, depth first; the message itself is left whole. */
function mutated(request: Item, { how, place, choice }: Mutation, corpus: Corpus): Item {
  let left = 1 + (place % Math.max(1, partsOf(request).length - 1));
  const visit = (item: Item): readonly Item[] => {
    if (left-- === 0) return (hows[how] as How)(item, choice, corpus);
    if (item.type !== ItemType.Structure) return [item];
    return [{ ...item, value: item.value.flatMap(visit) }];
  };
  return visit(request)[0] ?? request;
}

/** One request made out of several: their items in one batch, under the header of the first, in any version. */
export interface Recipe {
  readonly bases: readonly number[];
  /** Counts versions; beyond them the first request's own stays. */
  readonly version: number;
  /** Counts continuation options; 0 gives none. */
  readonly option: number;
  readonly mutations: readonly Mutation[];
}

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  bases: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
  version: fc.nat({ max: 13 }),
  option: fc.nat({ max: 3 }),
  mutations: fc.array(
    fc.record({
      how: fc.constantFrom(...(Object.keys(hows) as Mutation['how'][])),
      place: fc.nat(),
      choice: fc.nat(),
    }),
    { maxLength: 4 },
  ),
});

export function requestOf({ bases, version, option, mutations }: Recipe, corpus: Corpus): Item {
  const [first, ...others] = bases.map((base) => picked(corpus.requests, base)) as [Item, ...Item[]];
  const [header, ...items] = children(first) as [Item, ...Item[]];
  const batch = [...items, ...others.flatMap((other) => children(other).slice(1))];
  const fields = children(header).map((field): Item => {
    if (field.tag === Tag.BatchCount) return { tag: Tag.BatchCount, type: ItemType.Integer, value: batch.length };
    const asked = supportedVersions[version];
    if (field.tag !== Tag.ProtocolVersion || asked === undefined) return field;
    return {
      ...field,
      value: [
        { tag: Tag.ProtocolVersionMajor, type: ItemType.Integer, value: majorOf(asked) },
        { tag: Tag.ProtocolVersionMinor, type: ItemType.Integer, value: minorOf(asked) },
      ],
    } as Item;
  });
  const continuation: Item[] =
    option === 0 || fields.some(({ tag }) => tag === Tag.BatchErrorContinuationOption)
      ? []
      : [{ tag: Tag.BatchErrorContinuationOption, type: ItemType.Enumeration, value: option }];
  const whole: Item = {
    ...first,
    value: [{ ...header, value: [...fields.slice(0, -1), ...continuation, ...fields.slice(-1)] }, ...batch],
  } as Item;
  return mutations.reduce((request, mutation) => mutated(request, mutation, corpus), whole);
}
