import type { Item } from './item.ts';

/**
 * Where a value stands. What an enumeration value or a mask bit is called depends on the tag and, for the
 * Attribute Value of 1.x and the Vendor Attribute of 2.x, on the items that stand before it in the same
 * structure, e.g. Attribute Name.
 */
export interface Place {
  readonly tag: number;
  readonly siblings: readonly Item[];
}

/**
 * What the encodings that use names (XML, JSON, text) need, since this ring knows none. Names are those
 * of the XML encoding (Additional Message Encodings 1.0 §6.1.3); where there is none, numbers are written in
 * hex, and reading refuses the name.
 */
export interface Names {
  tagName(tag: number): string | undefined;
  tagCode(name: string): number | undefined;
  enumerationName(value: number, place: Place): string | undefined;
  enumerationValue(name: string, place: Place): number | undefined;
  /** `bit` is one bit of an Integer read as unsigned, up to 0x80000000. Nothing for an Integer that is no mask. */
  maskName(bit: number, place: Place): string | undefined;
  maskBit(name: string, place: Place): number | undefined;
  /** Whether items of this tag, and all that is in them, are secrets such as key material and passwords. */
  isSecret(tag: number): boolean;
}
