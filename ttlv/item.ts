/**
 * The tree that every encoding reads and writes: one Item per TTLV item (KMIP 2.1 §10.1; 1.x §9.1).
 * Values keep exactly what the wire can hold; nothing here knows a KMIP name.
 */

/** KMIP 2.1 §10.1.1.2 Item Type. */
export const ItemType = {
  Structure: 0x01,
  Integer: 0x02,
  LongInteger: 0x03,
  BigInteger: 0x04,
  Enumeration: 0x05,
  Boolean: 0x06,
  TextString: 0x07,
  ByteString: 0x08,
  DateTime: 0x09,
  Interval: 0x0a,
  DateTimeExtended: 0x0b,
} as const;
export type ItemType = (typeof ItemType)[keyof typeof ItemType];
export type ItemTypeName = keyof typeof ItemType;

const typeNames = new Map(Object.entries(ItemType).map(([name, code]) => [code, name as ItemTypeName]));

export function itemTypeName(type: ItemType): ItemTypeName {
  return typeNames.get(type) as ItemTypeName;
}

/**
 * Values by type: Integer signed 32 bit; Enumeration and Interval unsigned 32 bit; Date-Time in seconds, Date-Time
 * Extended in microseconds since 1970.
 */
export type Item =
  | { readonly tag: number; readonly type: typeof ItemType.Structure; readonly value: readonly Item[] }
  | {
      readonly tag: number;
      readonly type: typeof ItemType.Integer | typeof ItemType.Enumeration | typeof ItemType.Interval;
      readonly value: number;
    }
  | {
      readonly tag: number;
      readonly type:
        | typeof ItemType.LongInteger
        | typeof ItemType.BigInteger
        | typeof ItemType.DateTime
        | typeof ItemType.DateTimeExtended;
      readonly value: bigint;
    }
  | { readonly tag: number; readonly type: typeof ItemType.Boolean; readonly value: boolean }
  | { readonly tag: number; readonly type: typeof ItemType.TextString; readonly value: string }
  | { readonly tag: number; readonly type: typeof ItemType.ByteString; readonly value: Uint8Array };

export type StructureItem = Extract<Item, { type: typeof ItemType.Structure }>;
export type ScalarItem = Exclude<Item, StructureItem>;

/**
 * What reading gives up with: the position is a byte offset in binary, a line in XML, the number of the item in JSON.
 */
export class TtlvError extends Error {
  readonly offset: number;
  /** True when the bytes are too large or too deep for the bounds, not malformed. */
  readonly tooLarge: boolean;

  constructor(message: string, offset: number, tooLarge = false, unit: 'offset' | 'line' | 'item' = 'offset') {
    super(`${message} at ${unit} ${offset}`);
    this.name = 'TtlvError';
    this.offset = offset;
    this.tooLarge = tooLarge;
  }
}

/** A message above its bound. */
export const messageTooLong = (bytes: number, maximumBytes: number, offset: number): TtlvError =>
  new TtlvError(`message of ${bytes} bytes is longer than ${maximumBytes}`, offset, true);
