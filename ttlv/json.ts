/** Item tree <-> JSON (Additional Message Encodings 1.0 §4). What the names are is handed in. */
import { ItemType, itemTypeName, TtlvError } from './item.ts';
import type { Item, ScalarItem } from './item.ts';
import type { Limits } from './decode.ts';
import type { Names, Place } from './names.ts';
import { readHex, readValue, writeHex, writeValue } from './value-text.ts';

/** `maximumBytes` counts characters here, as in XML. */
export const defaultJsonLimits: Limits = { maximumBytes: 4 * 1024 * 1024, maximumDepth: 32, maximumItems: 20_000 };

/** §4.1.6: "properties 'tag', optional 'name', 'type' and 'value'". A name only tells people what the tag is called. */
const propertyNames: readonly string[] = ['tag', 'name', 'type', 'value'];

/** Items are numbered from 1, as they begin in the text. */
interface Reader {
  readonly names: Names;
  /** How many properties each object has in the text, in the order in which they begin. */
  readonly properties: readonly number[];
  item: number;
}

/**
 * The one item that the text holds.
 * @throws TtlvError with the number of the item, or the offset where the text is no JSON; nothing else.
 */
export function readJson(text: string, names: Names, limits: Partial<Limits> = {}): Item {
  const bounds = { ...defaultJsonLimits, ...limits };
  if (text.length > bounds.maximumBytes) {
    throw new TtlvError(`text is longer than ${bounds.maximumBytes} characters`, 0, true);
  }
  const properties = checkSize(text, bounds);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // The message itself quotes the text, which may hold secrets.
    const [, position = '0'] = /position (\d+)/.exec(error instanceof Error ? error.message : '') ?? [];
    throw new TtlvError('text must be well-formed JSON', Number(position));
  }
  return readItem(parsed, { names, properties, item: 0 }, []);
}

/**
 * Above what an item has, and far below what takes `JSON.parse` long: its time for an object with 300,000 is a second.
 */
const maximumProperties = 16;

/**
 * Counts depth, objects, arrays and properties before anything is built: an item is an object, and holds others in an
 * array.
 * @returns the properties of each object, in the order in which they begin.
 */
function checkSize(text: string, { maximumDepth, maximumItems }: Limits): number[] {
  let depth = 0;
  let arrays = 0;
  const properties: number[] = [];
  /** The number of the object that is open at each depth. */
  const open: number[] = [];
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (isText) {
      if (character === Character.backslash) at++;
      else if (character === Character.quote) isText = false;
    } else if (character === Character.quote) {
      isText = true;
    } else if (character === Character.brace || character === Character.bracket) {
      if (++depth > 2 * maximumDepth) throw new TtlvError(`items are nested deeper than ${maximumDepth}`, at, true);
      if (character === Character.brace) open[depth] = properties.push(0) - 1;
      else arrays++;
      if (properties.length > maximumItems || arrays > maximumItems) {
        throw new TtlvError('text has too many items', at, true);
      }
    } else if (character === Character.colon) {
      const object = open[depth] ?? 0;
      const held = (properties[object] ?? 0) + 1;
      properties[object] = held;
      if (held > maximumProperties) throw new TtlvError(`an object has more than ${maximumProperties} properties`, at);
    } else if (character === Character.closingBrace || character === Character.closingBracket) {
      depth--;
    }
  }
  return properties;
}

/** As numbers: a text of four million is gone through one by one. */
const Character = {
  quote: 0x22,
  colon: 0x3a,
  bracket: 0x5b,
  backslash: 0x5c,
  closingBracket: 0x5d,
  brace: 0x7b,
  closingBrace: 0x7d,
};

function readItem(parsed: unknown, reader: Reader, siblings: readonly Item[]): Item {
  reader.item++;
  const fail = failAt(reader.item);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return fail('an item must be an object');
  const properties = new Map<string, unknown>(Object.entries(parsed));
  for (const name of properties.keys()) {
    if (!propertyNames.includes(name)) fail('a property must be tag, name, type or value');
  }
  // Of two with one name, JSON.parse takes the last without a word.
  if (properties.size !== reader.properties[reader.item - 1]) fail('a property must not be given twice in one item');
  const tag = readTag(properties.get('tag'), reader.names) ?? fail('tag is unknown');
  const typeName = properties.has('type') ? properties.get('type') : 'Structure';
  const type =
    typeof typeName === 'string' && Object.hasOwn(ItemType, typeName)
      ? ItemType[typeName as keyof typeof ItemType]
      : fail('item type is unknown');
  const value = properties.get('value');
  if (type !== ItemType.Structure) {
    const read = readScalar(type, value, { tag, siblings }, reader.names);
    return { tag, type, value: read ?? fail(`value must be of type ${itemTypeName(type)}`) } as Item;
  }
  // §4.1.6.2: "value is an Array containing sub-items, or may be null".
  const children: unknown = value ?? [];
  if (!Array.isArray(children)) return fail('value of a structure must be an array');
  const items: Item[] = [];
  for (const child of children) items.push(readItem(child, reader, items));
  return { tag, type, value: items };
}

const failAt =
  (item: number) =>
  (message: string): never => {
    throw new TtlvError(message, item, false, 'item');
  };

function readTag(text: unknown, names: Names): number | undefined {
  if (typeof text !== 'string') return undefined;
  const tag = Number(names.tagCode(text) ?? readHex(text, 24));
  return tag >>> 16 === 0x42 || tag >>> 16 === 0x54 ? tag : undefined;
}

/** The types that a JSON number may stand for. */
const numeric: ReadonlySet<ItemType> = new Set([
  ItemType.Integer,
  ItemType.LongInteger,
  ItemType.BigInteger,
  ItemType.Enumeration,
  ItemType.Interval,
]);

function readScalar(
  type: ScalarItem['type'],
  value: unknown,
  place: Place,
  names: Names,
): ScalarItem['value'] | undefined {
  if (typeof value === 'boolean') return type === ItemType.Boolean ? value : undefined;
  if (typeof value === 'number') {
    if (!numeric.has(type) || !Number.isSafeInteger(value)) return undefined;
    if (type === ItemType.BigInteger) return BigInt(value);
    if (type === ItemType.Enumeration) return value >>> 0 === value ? value : undefined;
    return readValue(type, String(value), place, names);
  }
  if (typeof value !== 'string') return undefined;
  if (type === ItemType.Boolean) {
    const number = readHex(value, 64);
    return number === 0n || number === 1n ? number === 1n : undefined;
  }
  // Half a character does not belong in a Text String, which is UTF-8.
  if (type === ItemType.TextString && /\p{Surrogate}/u.test(value)) return undefined;
  return readValue(type, value, place, names);
}

/** On one line, without blanks. */
export const writeJson = (item: Item, names: Names): string => JSON.stringify(objectOf(item, [], names));

function objectOf(item: Item, siblings: readonly Item[], names: Names): object {
  const tag = names.tagName(item.tag) ?? writeHex(item.tag, 6);
  if (item.type !== ItemType.Structure) {
    const place = { tag: item.tag, siblings };
    return { tag, type: itemTypeName(item.type), value: scalarOf(item, place, names) };
  }
  const before: Item[] = [];
  const value = item.value.map((child) => {
    const object = objectOf(child, before, names);
    before.push(child);
    return object;
  });
  return { tag, value };
}

/** §4.1.6.5: "any values >= 2^52 must be represented as hex strings". */
const largestNumber = 2n ** 52n - 1n;

function scalarOf(item: ScalarItem, place: Place, names: Names): string | number | boolean {
  switch (item.type) {
    case ItemType.Boolean:
    case ItemType.Interval:
      return item.value;
    case ItemType.Integer: {
      const text = writeValue(item, place, names);
      return text === String(item.value) ? item.value : text.replaceAll(' ', '|');
    }
    case ItemType.LongInteger:
      return item.value >= -largestNumber && item.value <= largestNumber
        ? Number(item.value)
        : writeHex(BigInt.asUintN(64, item.value), 16);
    case ItemType.BigInteger:
      return `0x${writeValue(item, place, names)}`;
    default:
      return writeValue(item, place, names);
  }
}
