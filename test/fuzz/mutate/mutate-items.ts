/** Damages requests as trees of Items: what stands where, how often, of which type, with which value. */
import { Tag, tags as tagRows } from '#protocol/tags';
import { supportedVersions, majorOf, minorOf } from '#protocol/versions';
import { encodedLength } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';
import type { Chance } from '#test/fixtures/chance';
import { mutateBytes } from './mutate-bytes.ts';

export interface Surroundings {
  /** Items of other requests. */
  part(chance: Chance): Item;
  /** The identifier of an object of any client. */
  identifier(chance: Chance): string;
}

const children = (item: Item): readonly Item[] => (item.type === ItemType.Structure ? item.value : []);
export const countOf = (item: Item): number => children(item).reduce((sum, each) => sum + countOf(each), 1);

const integers = [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 1024, 2048, 65_536, 2 ** 31 - 1, -(2 ** 31)];
const longs = [
  0n,
  1n,
  -1n,
  3600n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  253402300800n,
];
const bigs = [0n, -1n, 3n, 65537n, 2n ** 64n, -(2n ** 90n), 2n ** 1024n + 1n, 2n ** 4096n - 1n, 2n ** 20_000n];
const unsigned = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x20, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff];
const texts = [
  ...[
    '',
    ' ',
    'x-',
    'y-a',
    'x-custom',
    '__proto__',
    'constructor',
    'x-__proto__',
    '\0',
    '\u{1f511}',
    '\ufeff',
    '$1',
    '*',
    'a\nb',
  ],
  ...['State', 'Unique Identifier', 'Name', 'x-Name', 'localhost', 'CN=a', '-1', 'a'.repeat(300), 'a'.repeat(70_000)],
];
const allTags = Object.values(tagRows).map(({ code }) => code);
const oddTags = [0x420000, 0x4201ff, 0x42ffff, 0x540000, 0x540001, 0x54ffff];

/** The damage of one place; the message itself stays. */
export function mutateItem(message: Item, chance: Chance, around: Surroundings): Item {
  let place = 1 + chance.below(Math.max(1, countOf(message) - 1));
  const visit = (item: Item): readonly Item[] => {
    if (place-- === 0) return damaged(item, chance, around);
    return item.type === ItemType.Structure ? [{ ...item, value: item.value.flatMap(visit) }] : [item];
  };
  return visit(message)[0] ?? message;
}

function damaged(item: Item, chance: Chance, around: Surroundings): readonly Item[] {
  switch (chance.below(36)) {
    case 0:
      return [];
    case 1:
      return [item, item];
    case 2:
      return chance.oneIn(6) ? many(item, chance) : [item, item, item];
    case 3:
      return [{ ...item, tag: chance.oneIn(6) ? chance.pick(oddTags) : chance.pick(allTags) }];
    case 4:
      return [ofType(item.tag, chance)];
    case 5:
      return [around.part(chance)];
    case 6:
      return [{ ...around.part(chance), tag: item.tag }];
    case 7:
      return [item, around.part(chance)];
    case 8:
      return [item.type === ItemType.Structure ? { ...item, value: [...item.value, around.part(chance)] } : item];
    case 9:
      return [item.type === ItemType.Structure ? { ...item, value: item.value.toReversed() } : item];
    case 10: {
      let nested = item;
      for (let depth = chance.pick([1, 2, 5, 28, 60]); depth > 0; depth--) {
        nested = { tag: item.tag, type: ItemType.Structure, value: [nested] };
      }
      return [nested];
    }
    default:
      return [otherValue(item, chance, around)];
  }
}

/** As many as a message may hold, alike or each with a number of its own. */
function many(item: Item, chance: Chance): Item[] {
  const most = Math.min(chance.pick([100, 1000, 19_000]), 900_000 / encodedLength(item), 19_000 / countOf(item));
  const alike = chance.oneIn(2);
  return Array.from({ length: Math.max(1, Math.floor(most)) }, (_, place) => (alike ? item : numbered(item, place)));
}

function numbered(item: Item, place: number): Item {
  switch (item.type) {
    case ItemType.Structure:
      return { ...item, value: item.value.map((each) => numbered(each, place)) };
    case ItemType.TextString:
      return { ...item, value: `${item.value.slice(0, 40)}${place}` };
    case ItemType.ByteString: {
      const bytes = Buffer.from(item.value);
      if (bytes.length >= 4) bytes.writeUInt32BE(place, bytes.length - 4);
      return { ...item, value: bytes };
    }
    case ItemType.Integer:
    case ItemType.Interval:
      return { ...item, value: place };
    default:
      return item;
  }
}

function otherValue(item: Item, chance: Chance, around: Surroundings): Item {
  switch (item.type) {
    case ItemType.Structure:
      return { ...item, value: chance.oneIn(2) ? [] : item.value.slice(0, chance.below(item.value.length + 1)) };
    case ItemType.Integer:
      return { ...item, value: chance.oneIn(4) ? (item.value ^ (1 << chance.below(31))) | 0 : chance.pick(integers) };
    case ItemType.Enumeration:
      return { ...item, value: chance.oneIn(2) ? chance.below(32) : chance.pick(chance.oneIn(4) ? allTags : unsigned) };
    case ItemType.Interval:
      return { ...item, value: chance.pick(unsigned) };
    case ItemType.Boolean:
      return { ...item, value: !item.value };
    case ItemType.TextString:
      return { ...item, value: chance.oneIn(3) ? around.identifier(chance) : chance.pick(texts) };
    case ItemType.ByteString: {
      const within = (held: Item, more: Chance): Item => mutateItem(held, more, around);
      return { ...item, value: mutateBytes(item.value, chance, within) };
    }
    case ItemType.BigInteger:
      return { ...item, value: chance.pick(bigs) };
    default:
      return { ...item, value: chance.pick(longs) };
  }
}

function ofType(tag: number, chance: Chance): Item {
  const type = chance.pick(Object.values(ItemType));
  switch (type) {
    case ItemType.Structure:
      return { tag, type, value: [] };
    case ItemType.TextString:
      return { tag, type, value: chance.pick(texts) };
    case ItemType.ByteString:
      return { tag, type, value: chance.bytes(chance.pick([0, 8, 16, 32])) };
    case ItemType.Boolean:
      return { tag, type, value: chance.oneIn(2) };
    case ItemType.Integer:
      return { tag, type, value: chance.pick(integers) };
    case ItemType.Enumeration:
    case ItemType.Interval:
      return { tag, type, value: chance.pick(unsigned) };
    default:
      return { tag, type, value: chance.pick(longs) };
  }
}

/** The same request under another version, with other options of its batch, or together with more. */
export function reheaded(message: Item, more: readonly Item[], chance: Chance): Item {
  const [header, ...items] = children(message);
  if (header?.type !== ItemType.Structure || message.type !== ItemType.Structure) return message;
  const batch = [...items, ...more];
  const option = (tag: number, value: number): Item => ({ tag, type: ItemType.Enumeration, value });
  const fields = header.value.filter(
    ({ tag }) => tag !== Tag.BatchCount && (more.length === 0 || tag !== Tag.BatchErrorContinuationOption),
  );
  const version = chance.pick(supportedVersions);
  const renumbered = fields.map((field): Item =>
    field.tag === Tag.ProtocolVersion && chance.oneIn(4)
      ? {
          tag: field.tag,
          type: ItemType.Structure,
          value: [
            { tag: Tag.ProtocolVersionMajor, type: ItemType.Integer, value: majorOf(version) },
            { tag: Tag.ProtocolVersionMinor, type: ItemType.Integer, value: minorOf(version) },
          ],
        }
      : field,
  );
  const options = more.length > 0 ? [option(Tag.BatchErrorContinuationOption, 1 + chance.below(3))] : [];
  const withIds = chance.oneIn(3) ? batch.map((each, place) => identified(each, place)) : batch;
  return {
    ...message,
    value: [
      {
        ...header,
        value: [...renumbered, ...options, { tag: Tag.BatchCount, type: ItemType.Integer, value: batch.length }],
      },
      ...withIds,
    ],
  };
}

function identified(item: Item, place: number): Item {
  if (item.type !== ItemType.Structure) return item;
  const rest = item.value.filter(({ tag }) => tag !== Tag.UniqueBatchItemID);
  const at = rest.findIndex(({ tag }) => tag === Tag.RequestPayload);
  const id: Item = {
    tag: Tag.UniqueBatchItemID,
    type: ItemType.ByteString,
    value: Buffer.from([place >> 8, place & 255]),
  };
  return { ...item, value: [...rest.slice(0, Math.max(0, at)), id, ...rest.slice(Math.max(0, at))] };
}
