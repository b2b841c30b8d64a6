/** Values of all types but Structure as text (Additional Message Encodings 1.0 §6.1.6). */
import { readDateTime, readDateTimeExtended, writeDateTime, writeDateTimeExtended } from './date-time.ts';
import { bigIntegerHex } from './encode.ts';
import { ItemType } from './item.ts';
import type { ScalarItem } from './item.ts';
import type { Names, Place } from './names.ts';

const booleans = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The value that the text stands for at this place, or nothing when it is no value of the type. */
export function readValue(
  type: ScalarItem['type'],
  text: string,
  place: Place,
  names: Names,
): ScalarItem['value'] | undefined {
  switch (type) {
    case ItemType.Integer:
      return readMask(text, place, names) ?? toNumber(readInteger(text, -(2n ** 31n), 2n ** 31n - 1n));
    case ItemType.Interval:
      return toNumber(readHex(text, 32) ?? readInteger(text, 0n, 2n ** 32n - 1n));
    case ItemType.Enumeration:
      return toNumber(readHex(text, 32)) ?? names.enumerationValue(text, place);
    case ItemType.LongInteger:
      return readLong(text);
    case ItemType.DateTime:
      return readSigned64(text) ?? readDateTime(text);
    case ItemType.DateTimeExtended:
      return readLong(text) ?? readDateTimeExtended(text);
    case ItemType.BigInteger:
      return readBigInteger(text);
    case ItemType.Boolean:
      return booleans.get(text);
    case ItemType.TextString:
      return text;
    case ItemType.ByteString:
      return text.length % 2 === 0 && !/[^0-9a-f]/i.test(text) ? Buffer.from(text, 'hex') : undefined;
  }
}

/**
 * What `readValue` reads as the same value. Years that xsd:dateTime cannot say are written in hex, as JSON may
 * (§4.1.6.11).
 */
export function writeValue(item: ScalarItem, place: Place, names: Names): string {
  switch (item.type) {
    case ItemType.Integer:
      return writeMask(item.value, place, names) ?? String(item.value);
    case ItemType.Enumeration:
      return names.enumerationName(item.value, place) ?? writeHex(item.value, 8);
    case ItemType.DateTime:
      return writeDateTime(item.value) ?? writeHex(BigInt.asUintN(64, item.value), 16);
    case ItemType.DateTimeExtended:
      return writeDateTimeExtended(item.value) ?? String(item.value);
    case ItemType.BigInteger:
      return bigIntegerHex(item.value);
    case ItemType.ByteString:
      return Buffer.from(item.value).toString('hex');
    default:
      return String(item.value);
  }
}

/** `0x` and the digits of an unsigned number. */
export function writeHex(value: number | bigint, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** §6.1.1 asks for all leading zeros, but its own examples (§6.1.6.4) leave some out. */
export function readHex(text: string, bits: number): bigint | undefined {
  return /^0x[0-9a-f]+$/i.test(text) && text.length - 2 <= bits / 4 ? BigInt(text) : undefined;
}

function readInteger(text: string, least: bigint, greatest: bigint): bigint | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value >= least && value <= greatest ? value : undefined;
}

function readSigned64(text: string): bigint | undefined {
  const value = readHex(text, 64);
  return value === undefined ? undefined : BigInt.asIntN(64, value);
}

function readLong(text: string): bigint | undefined {
  return readSigned64(text) ?? readInteger(text, -(2n ** 63n), 2n ** 63n - 1n);
}

function toNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** xsd:hexBinary of whole blocks of 8 bytes; the `0x` that §6.1.1 asks for is not in its own examples. */
function readBigInteger(text: string): bigint | undefined {
  const digits = text.replace(/^0x/i, '');
  if (digits.length % 16 !== 0 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  return BigInt.asIntN(digits.length * 4, BigInt(`0x${digits}`));
}

/** Of an Integer: no mask has more parts. */
const bits = 32;

/** A list of names and hex numbers, separated by spaces as in XML or by `|` as in JSON (§6.1.6.4). */
function readMask(text: string, place: Place, names: Names): number | undefined {
  const parts = text.split(/[\s|]+/, bits + 1);
  if (parts.length > bits) return undefined;
  let mask = 0;
  for (const part of parts) {
    const value = toNumber(readHex(part, 32)) ?? names.maskBit(part, place);
    if (value === undefined) return undefined;
    mask |= value;
  }
  return mask;
}

/** Nothing when no bit has a name here. */
function writeMask(value: number, place: Place, names: Names): string | undefined {
  const parts: string[] = [];
  let unnamed = 0;
  for (let position = 0; position < 32; position++) {
    const bit = (1 << position) >>> 0;
    if ((value & bit) === 0) continue;
    const name = names.maskName(bit, place);
    if (name === undefined) unnamed |= bit;
    else parts.push(name);
  }
  if (parts.length === 0) return undefined;
  if (unnamed !== 0) parts.push(writeHex(unnamed >>> 0, 8));
  return parts.join(' ');
}
