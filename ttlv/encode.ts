/** Item tree -> bytes (KMIP 2.1 §10.1). The whole is measured first, so that there is one allocation. */
import { ItemType } from './item.ts';
import type { Item } from './item.ts';

const headerLength = 8;

/**
 * The bytes of an item, header and padding included.
 * @throws RangeError for a value that its type cannot hold: a fault of the caller, not of the peer.
 */
export function encode(item: Item): Uint8Array {
  const length = encodedLength(item);
  const bytes = Buffer.allocUnsafe(length);
  const end = writeItem(bytes, item, 0);
  // The buffer was not cleared: a byte left unwritten would show foreign memory.
  if (end !== length) throw new RangeError(`measured ${length} bytes but wrote ${end}`);
  return bytes;
}

/** How many bytes `encode` returns, e.g. to compare with a Maximum Response Size. Always a multiple of 8. */
export function encodedLength(item: Item): number {
  switch (item.type) {
    case ItemType.Structure: {
      let length = headerLength;
      for (const child of item.value) length += encodedLength(child);
      return length;
    }
    case ItemType.TextString:
      return headerLength + padded(Buffer.byteLength(item.value));
    case ItemType.ByteString:
      return headerLength + padded(item.value.length);
    case ItemType.BigInteger:
      return headerLength + bigIntegerLength(item.value);
    default:
      return headerLength + 8;
  }
}

/**
 * What is measured, or written, in about a millisecond, made of small items: counted in bytes, since one item may hold
 * many others.
 */
const bytesPerTurn = 64 * 1024;
/** Lists are that deep in a message, and not deeper: what is below one of their items is done in one piece. */
const listDepth = 5;

/** The same bytes, for an item that may be large: `turn` is awaited now and then, so that others can go on. */
export async function encodeInTurns(item: Item, turn: () => Promise<void>): Promise<Uint8Array> {
  const lengths = new Map<Item, number>();
  const length = await lengthInTurns(item, turn, lengths);
  const bytes = Buffer.allocUnsafe(length);
  let left = bytesPerTurn;
  let end = 0;

  async function write(each: Item): Promise<void> {
    const known = lengths.get(each);
    if (each.type !== ItemType.Structure || known === undefined) {
      end = writeItem(bytes, each, end);
      return;
    }
    bytes.writeUInt32BE(each.tag * 0x100 + each.type, end);
    bytes.writeUInt32BE(known - headerLength, end + 4);
    end += headerLength;
    for (const child of each.value) {
      if (lengths.has(child)) {
        await write(child);
        left -= headerLength;
      } else {
        const start = end;
        end = writeItem(bytes, child, start);
        left -= end - start;
      }
      if (left > 0) continue;
      left = bytesPerTurn;
      await turn();
    }
  }

  await write(item);
  if (end !== length) throw new RangeError(`measured ${length} bytes but wrote ${end}`);
  return bytes;
}

/** As `encodedLength`; leaves in `lengths` those of the structures that hold lists. */
export async function lengthInTurns(
  item: Item,
  turn: () => Promise<void>,
  lengths: Map<Item, number> = new Map(),
): Promise<number> {
  let left = bytesPerTurn;

  async function measure(each: Item, depth: number): Promise<number> {
    if (each.type !== ItemType.Structure) return encodedLength(each);
    let length = headerLength;
    for (const child of each.value) {
      if (child.type === ItemType.Structure && depth < listDepth) {
        length += await measure(child, depth + 1);
        left -= headerLength;
      } else {
        const ofChild = encodedLength(child);
        length += ofChild;
        left -= ofChild;
      }
      if (left > 0) continue;
      left = bytesPerTurn;
      await turn();
    }
    lengths.set(each, length);
    return length;
  }

  return await measure(item, 1);
}

/** Writes the item at `start` and returns where the next one starts. */
function writeItem(bytes: Buffer, item: Item, start: number): number {
  const { tag } = item;
  if (tag >>> 16 !== 0x42 && tag >>> 16 !== 0x54) throw new RangeError('a tag must start with byte 42 or 54');
  bytes.writeUInt32BE(tag * 0x100 + item.type, start);
  const at = start + headerLength;
  switch (item.type) {
    case ItemType.Structure: {
      let end = at;
      for (const child of item.value) end = writeItem(bytes, child, end);
      bytes.writeUInt32BE(end - at, start + 4);
      return end;
    }
    case ItemType.Integer:
      bytes.writeUInt32BE(4, start + 4);
      bytes.writeInt32BE(whole(item.value), at);
      return writePadding(bytes, at + 4);
    case ItemType.Enumeration:
    case ItemType.Interval:
      bytes.writeUInt32BE(4, start + 4);
      bytes.writeUInt32BE(whole(item.value), at);
      return writePadding(bytes, at + 4);
    case ItemType.LongInteger:
    case ItemType.DateTime:
    case ItemType.DateTimeExtended:
      bytes.writeUInt32BE(8, start + 4);
      return bytes.writeBigInt64BE(item.value, at);
    case ItemType.Boolean:
      bytes.writeUInt32BE(8, start + 4);
      bytes.writeUInt32BE(0, at);
      return bytes.writeUInt32BE(item.value ? 1 : 0, at + 4);
    case ItemType.TextString: {
      const length = bytes.write(item.value, at);
      if (length !== item.value.length && /\p{Surrogate}/u.test(item.value)) {
        throw new RangeError('a text string must not contain an unpaired surrogate');
      }
      bytes.writeUInt32BE(length, start + 4);
      return writePadding(bytes, at + length);
    }
    case ItemType.ByteString:
      bytes.set(item.value, at);
      bytes.writeUInt32BE(item.value.length, start + 4);
      return writePadding(bytes, at + item.value.length);
    case ItemType.BigInteger: {
      const length = bigIntegerLength(item.value);
      bytes.writeUInt32BE(length, start + 4);
      return at + bytes.write(bigIntegerHex(item.value), at, 'hex');
    }
  }
}

/** Buffer checks the range, but would cut off a fraction. */
function whole(value: number): number {
  if (!Number.isInteger(value)) throw new RangeError('a number must be an integer');
  return value;
}

/** Items start at multiples of 8, so what is missing to the next one is the padding (§10.1.5). */
function writePadding(bytes: Buffer, from: number): number {
  const end = padded(from);
  for (let at = from; at < end; at++) bytes[at] = 0;
  return end;
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** The shortest two's complement form in whole blocks of 8 bytes (§10.1.2 Big Integer); zero takes one block. */
function bigIntegerLength(value: bigint): number {
  // In two's complement, a number below zero needs as many bits as its complement, and each needs a sign bit.
  const magnitude = value < 0n ? ~value : value;
  const digits = magnitude.toString(16);
  const bits = (digits.length - 1) * 4 + (32 - Math.clz32(parseInt(digits.charAt(0), 16)));
  return padded(Math.ceil((bits + 1) / 8));
}

/** Lower case hex of the two's complement form, as long as the wire form. */
export function bigIntegerHex(value: bigint): string {
  const length = bigIntegerLength(value);
  return BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
}
