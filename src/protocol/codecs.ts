/**
 * How one value is read from one TTLV item and written to one. Reading throws KmipError: a wrong item type makes a
 * message that cannot be parsed (1.4 §11.1), a value that the version does not know is an invalid field.
 */
import { escapeUnit } from '#ttlv/escape-unit';
import { ItemType, type Item } from '#ttlv/item';
import {
  enumerationHas,
  enumerationNumber,
  enumerationValue,
  type EnumerationName,
  type OpenValue,
} from './enumerations.ts';
import { KmipError } from './kmip-error.ts';
import { tagName, tags } from './tags.ts';
import { inRange, V2_0, type Version } from './versions.ts';

export interface Codec<T> {
  read(item: Item, version: Version): T;
  write(tag: number, value: T, version: Version): Item;
  /** Reads a structure with missing fields, as Locate requests send it. Absent for values without fields. */
  readonly readPartial?: (item: Item, version: Version) => Partial<T>;
  /** Whether the version can represent this value; absent means that every version can. */
  readonly fits?: (value: T, version: Version) => boolean;
}

/** A client's text as error messages may quote it: ASCII, in quotation marks, cut at 64 characters. */
export function quoted(text: string): string {
  const cut = text.length > 64 ? `${text.slice(0, 64)}...` : text;
  return `"${cut.replace(/[^\x20-\x7e]/g, escapeUnit)}"`;
}

/** The name of the tag in the standard's text, or its number. */
export function tagText(tag: number): string {
  const key = tagName(tag);
  return key === undefined ? `tag ${tag.toString(16)}` : tags[key].name;
}

const typeTexts: { readonly [T in ItemType]: string } = {
  [ItemType.Structure]: 'Structure',
  [ItemType.Integer]: 'Integer',
  [ItemType.LongInteger]: 'Long Integer',
  [ItemType.BigInteger]: 'Big Integer',
  [ItemType.Enumeration]: 'Enumeration',
  [ItemType.Boolean]: 'Boolean',
  [ItemType.TextString]: 'Text String',
  [ItemType.ByteString]: 'Byte String',
  [ItemType.DateTime]: 'Date-Time',
  [ItemType.Interval]: 'Interval',
  [ItemType.DateTimeExtended]: 'Date-Time Extended',
};

export function wrongType(item: Item, expected: string): KmipError {
  return new KmipError(
    'InvalidMessage',
    `${tagText(item.tag)} must be of type ${expected}, not ${typeTexts[item.type]}`,
  );
}

/** A codec of one item type whose value in the model is the value on the wire. */
function plain<T>(type: ItemType): Codec<T> {
  return {
    read(item) {
      if (item.type !== type) throw wrongType(item, typeTexts[type]);
      return item.value as T;
    },
    write: (tag, value) => ({ tag, type, value }) as Item,
  };
}

export const integer: Codec<number> = plain(ItemType.Integer);
export const longInteger: Codec<bigint> = plain(ItemType.LongInteger);
export const bigInteger: Codec<bigint> = plain(ItemType.BigInteger);
export const boolean: Codec<boolean> = plain(ItemType.Boolean);
export const bytes: Codec<Uint8Array> = plain(ItemType.ByteString);
/** Seconds. */
export const interval: Codec<number> = plain(ItemType.Interval);
/** Microseconds since 1970. */
export const dateTimeExtended: Codec<bigint> = plain(ItemType.DateTimeExtended);

/** For names and texts that people choose: far above every real one, and small enough for indexes and answers. */
export const maximumTextLength = 65_536;

export const tooLong = (tag: number, most: number): KmipError =>
  new KmipError('InvalidField', `${tagText(tag)} must be at most ${most} characters`);

export const text: Codec<string> = {
  read(item) {
    if (item.type !== ItemType.TextString) throw wrongType(item, 'Text String');
    if (item.value.length > maximumTextLength) {
      throw tooLong(item.tag, maximumTextLength);
    }
    return item.value;
  },
  write(tag, value) {
    if (value.length > maximumTextLength) {
      throw new RangeError(`${tagText(tag)} must be at most ${maximumTextLength} characters to be read back`);
    }
    return { tag, type: ItemType.TextString, value };
  },
};

/** The largest Date-Time, which Locate takes for "no date" (KMIP 2.1 §6.1.28): 2^63 - 1 on the wire. */
export const largestDate = Number.MAX_SAFE_INTEGER;
const largestDateItem = 0x7fffffffffffffffn;

/** Seconds since 1970, as a number: exact for every date that a clock will show. */
export const dateTime: Codec<number> = {
  read(item) {
    if (item.type !== ItemType.DateTime) throw wrongType(item, 'Date-Time');
    if (item.value === largestDateItem) return largestDate;
    const seconds = Number(item.value);
    if (!Number.isSafeInteger(seconds)) throw new KmipError('InvalidField', `${tagText(item.tag)} is out of range`);
    return seconds;
  },
  write(tag, value) {
    if (!Number.isSafeInteger(value))
      throw new RangeError(`${tagText(tag)} is out of range: it could not be read back`);
    return { tag, type: ItemType.DateTime, value: value === largestDate ? largestDateItem : BigInt(value) };
  },
};

/** A mask is an Integer whose bits the version names; bits that it does not are kept, they belong to vendors. */
export const mask: Codec<number> = integer;

/** An enumeration's value by its name; those of vendors as hex. */
export function enumeration<E extends EnumerationName>(name: E): Codec<OpenValue<E>> {
  return {
    read(item, version) {
      if (item.type !== ItemType.Enumeration) throw wrongType(item, 'Enumeration');
      const value = enumerationValue(name, item.value, version);
      if (value === undefined) {
        throw new KmipError(
          'InvalidField',
          `${tagText(item.tag)} has no value ${item.value.toString(16).padStart(8, '0')}`,
        );
      }
      return value;
    },
    write(tag, value, version) {
      const number = enumerationNumber(name, value);
      if (number === undefined || !enumerationHas(name, value, version)) {
        throw new Error(`${name} has no value ${value} in this version`);
      }
      return { tag, type: ItemType.Enumeration, value: number };
    },
    fits: (value, version) => enumerationHas(name, value, version),
  };
}

/** 1.x has no Date-Time Extended (1.4 §9.1.1.2 against 2.0 §1.5). */
const extendedDates = { since: V2_0 };

const holdsExtendedDate = (item: Item): boolean =>
  item.type === ItemType.Structure ? item.value.some(holdsExtendedDate) : item.type === ItemType.DateTimeExtended;

/** The item itself, for what is stored and returned without interpretation. */
export const anyItem: Codec<Item> = {
  read: (item) => item,
  write: (tag, item) => (item.tag === tag ? item : { ...item, tag }),
  fits: (item, version) => inRange(extendedDates, version) || !holdsExtendedDate(item),
};

/** The same, of what must be a structure. */
export const anyStructure: Codec<Item> = {
  ...anyItem,
  read(item) {
    if (item.type !== ItemType.Structure) throw wrongType(item, 'Structure');
    return item;
  },
};
