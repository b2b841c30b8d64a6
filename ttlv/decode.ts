/** Bytes -> Item tree (KMIP 2.1 §10.1), strictly: what is accepted is exactly what `encode` writes. */
import { isUtf8 } from 'node:buffer';
import { ItemType, messageTooLong, TtlvError } from './item.ts';
import type { Item } from './item.ts';

export interface Limits {
  /** Of the whole, header included. */
  readonly maximumBytes: number;
  /** Of structures within structures; the outermost item has depth 1. Reading is recursive: keep it below 1000. */
  readonly maximumDepth: number;
  /** Structures included. */
  readonly maximumItems: number;
}

export const defaultLimits: Limits = { maximumBytes: 1024 * 1024, maximumDepth: 32, maximumItems: 20_000 };

interface Reader {
  readonly bytes: Buffer;
  readonly maximumDepth: number;
  itemsLeft: number;
  position: number;
}

const headerLength = 8;

/** The length that a type must have, 0 where it varies (§10.1.3), by type code. */
const fixedLengths = new Uint8Array(ItemType.DateTimeExtended + 1);
for (const type of [ItemType.Integer, ItemType.Enumeration, ItemType.Interval]) fixedLengths[type] = 4;
for (const type of [ItemType.LongInteger, ItemType.Boolean, ItemType.DateTime, ItemType.DateTimeExtended]) {
  fixedLengths[type] = 8;
}

/**
 * The one item that the bytes hold from end to end. Byte strings of the answer are views of `bytes`.
 * @throws TtlvError with the offset of the faulty byte; nothing else.
 */
export function decode(bytes: Uint8Array, limits: Partial<Limits> = {}): Item {
  const {
    maximumBytes = defaultLimits.maximumBytes,
    maximumDepth = defaultLimits.maximumDepth,
    maximumItems = defaultLimits.maximumItems,
  } = limits;
  if (bytes.length > maximumBytes) {
    throw messageTooLong(bytes.length, maximumBytes, 0);
  }
  const reader: Reader = { bytes: asBuffer(bytes), maximumDepth, itemsLeft: maximumItems, position: 0 };
  const item = readItem(reader, bytes.length, 1);
  if (reader.position !== bytes.length) throw new TtlvError('bytes follow the item', reader.position);
  return item;
}

/** Smaller ones are decoded in one piece. */
const bytesAtOnce = 128 * 1024;
/** Items that hold lists are no deeper. */
const listDepth = 4;

/**
 * The same, for bytes that may be many: `turn` is awaited now and then, so that others can go on. Counts the items of
 * each part apart: for what was written here.
 */
export async function decodeInTurns(
  bytes: Uint8Array,
  limits: Partial<Limits>,
  turn: () => Promise<void>,
  depth = 1,
): Promise<Item> {
  const buffer = asBuffer(bytes);
  const isLargeList = buffer.length > bytesAtOnce && depth <= listDepth && isStructure(buffer);
  if (!isLargeList || buffer.readUInt32BE(4) !== buffer.length - headerLength) return decode(buffer, limits);
  const value: Item[] = [];
  let since = 0;
  for (let at = headerLength; at < buffer.length;) {
    const next = at + headerLength + Math.ceil(buffer.readUInt32BE(at + 4) / 8) * 8;
    const left = buffer.length - next;
    // Something is wrong, and it says what.
    if (left < 0 || (left > 0 && left < headerLength)) return decode(buffer, limits);
    value.push(await decodeInTurns(buffer.subarray(at, next), limits, turn, depth + 1));
    since += next - at;
    at = next;
    if (since < bytesAtOnce) continue;
    since = 0;
    await turn();
  }
  return { tag: buffer.readUIntBE(0, 3), type: ItemType.Structure, value };
}

const isStructure = (bytes: Buffer): boolean =>
  (bytes[0] === 0x42 || bytes[0] === 0x54) && bytes[3] === ItemType.Structure;

/** Reads the item at the reader's position, which must lie within `end`, and moves past it. */
function readItem(reader: Reader, end: number, depth: number): Item {
  const { bytes, position: start } = reader;
  if (end - start < headerLength) throw new TtlvError('item is cut off within its header', start);
  if (depth > reader.maximumDepth) {
    throw new TtlvError(`structures are nested deeper than ${reader.maximumDepth}`, start, true);
  }
  if (--reader.itemsLeft < 0) throw new TtlvError('message has too many items', start, true);

  const word = bytes.readUInt32BE(start);
  const tag = word >>> 8;
  const type = word & 0xff;
  // KMIP 1.4 §9.1.1.1: "all tags SHALL contain either the value 42 in hex or the value 54 in hex as the high order
  // byte".
  if (word >>> 24 !== 0x42 && word >>> 24 !== 0x54) throw new TtlvError('tag must start with 42 or 54', start);

  const length = bytes.readUInt32BE(start + 4);
  const at = start + headerLength;
  const fixed = fixedLengths[type];
  if (fixed === undefined || type === 0) throw new TtlvError('item type is unknown', start + 3);
  if (fixed !== 0 && length !== fixed) throw new TtlvError(`length must be ${fixed}, not ${length}`, start + 4);
  const next = at + Math.ceil(length / 8) * 8;
  if (next > end) throw new TtlvError('item is longer than the structure that contains it', start + 4);
  reader.position = next;

  switch (type as ItemType) {
    case ItemType.Structure:
      if (length % 8 !== 0) throw new TtlvError('length of a structure must be a multiple of 8', start + 4);
      return { tag, type: ItemType.Structure, value: readChildren(reader, at, next, depth + 1) };
    case ItemType.Integer:
      checkPadding(bytes, at + 4, next);
      return { tag, type: ItemType.Integer, value: bytes.readInt32BE(at) };
    case ItemType.Enumeration:
      checkPadding(bytes, at + 4, next);
      return { tag, type: ItemType.Enumeration, value: bytes.readUInt32BE(at) };
    case ItemType.Interval:
      checkPadding(bytes, at + 4, next);
      return { tag, type: ItemType.Interval, value: bytes.readUInt32BE(at) };
    case ItemType.LongInteger:
      return { tag, type: ItemType.LongInteger, value: bytes.readBigInt64BE(at) };
    case ItemType.DateTime:
      return { tag, type: ItemType.DateTime, value: bytes.readBigInt64BE(at) };
    case ItemType.DateTimeExtended:
      return { tag, type: ItemType.DateTimeExtended, value: bytes.readBigInt64BE(at) };
    case ItemType.Boolean:
      return { tag, type: ItemType.Boolean, value: readBoolean(bytes, at) };
    case ItemType.TextString:
      checkPadding(bytes, at + length, next);
      return { tag, type: ItemType.TextString, value: readText(bytes, at, at + length) };
    case ItemType.ByteString:
      checkPadding(bytes, at + length, next);
      return { tag, type: ItemType.ByteString, value: bytes.subarray(at, at + length) };
    case ItemType.BigInteger:
      return { tag, type: ItemType.BigInteger, value: readBigInteger(bytes, at, length) };
  }
}

function readChildren(reader: Reader, start: number, end: number, depth: number): Item[] {
  const children: Item[] = [];
  reader.position = start;
  while (reader.position < end) children.push(readItem(reader, end, depth));
  return children;
}

/** §10.1.5 asks for padding without giving its value; every example has zeros, and anything else could hide data. */
function checkPadding(bytes: Buffer, from: number, end: number): void {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== 0) throw new TtlvError('padding must be zero', at);
  }
}

function readBoolean(bytes: Buffer, at: number): boolean {
  const low = bytes.readUInt32BE(at + 4);
  if (bytes.readUInt32BE(at) !== 0 || low > 1) throw new TtlvError('boolean must be 0 or 1', at);
  return low === 1;
}

/** Keeps a byte order mark and NUL: they are characters like others, and must come back as they were sent. */
function readText(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) < 0x80) continue;
    if (!isUtf8(bytes.subarray(start, end))) throw new TtlvError('text string must be valid UTF-8', start);
    return bytes.toString('utf8', start, end);
  }
  return bytes.toString('latin1', start, end);
}

/** §10.1.2: two's complement, sign-extended to a multiple of 8 bytes by the minimal number of bytes. */
function readBigInteger(bytes: Buffer, start: number, length: number): bigint {
  if (length === 0 || length % 8 !== 0) {
    throw new TtlvError('length of a big integer must be a multiple of 8 above 0', start - 4);
  }
  const first = bytes.readBigInt64BE(start);
  if (length === 8) return first;
  const redundant =
    (first === 0n && bytes.readInt8(start + 8) >= 0) || (first === -1n && bytes.readInt8(start + 8) < 0);
  if (redundant) throw new TtlvError('big integer must have its shortest encoding', start);
  return BigInt.asIntN(length * 8, BigInt(`0x${bytes.toString('hex', start, start + length)}`));
}

/** A view of the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
