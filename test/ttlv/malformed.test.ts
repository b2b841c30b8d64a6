import { expect } from 'chai';
import { decode, TtlvError } from '#ttlv/index';
import type { Limits } from '#ttlv/index';
import { bytes } from './wire.ts';

interface Row {
  readonly name: string;
  readonly wire: string;
  readonly offset: number;
  readonly limits?: Partial<Limits>;
  readonly tooLarge?: boolean;
}

const rows: readonly Row[] = [
  { name: 'no bytes', wire: '', offset: 0 },
  { name: 'a header that is cut off', wire: '420020 02 000000', offset: 0 },
  { name: 'a value that is cut off', wire: '420020 02 00000004 000000', offset: 4 },
  { name: 'padding that is cut off', wire: '420020 02 00000004 00000008', offset: 4 },
  { name: 'bytes after the item', wire: '420020 08 00000000 00', offset: 8 },
  { name: 'a second item', wire: '420020 08 00000000 420020 08 00000000', offset: 8 },
  { name: 'a tag of no known range', wire: '410020 02 00000004 00000008 00000000', offset: 0 },
  { name: 'type 0', wire: '420020 00 00000000', offset: 3 },
  { name: 'a type beyond the last', wire: '420020 0C 00000008 0000000000000000', offset: 3 },
  { name: 'the greatest type', wire: '420020 FF 00000000', offset: 3 },
  { name: 'a length beyond the bytes', wire: '420020 08 FFFFFFFF 0000000000000000', offset: 4 },
  { name: 'an Integer of 8 bytes', wire: '420020 02 00000008 0000000000000008', offset: 4 },
  { name: 'an Integer of no bytes', wire: '420020 02 00000000', offset: 4 },
  { name: 'a Long Integer of 4 bytes', wire: '420020 03 00000004 0000000000000008', offset: 4 },
  { name: 'an Enumeration of 8 bytes', wire: '420020 05 00000008 0000000000000008', offset: 4 },
  { name: 'a Boolean of 4 bytes', wire: '420020 06 00000004 0000000100000000', offset: 4 },
  { name: 'a Date-Time of 4 bytes', wire: '420020 09 00000004 0000000100000000', offset: 4 },
  { name: 'an Interval of 8 bytes', wire: '420020 0A 00000008 0000000000000008', offset: 4 },
  { name: 'a Date-Time Extended of 16 bytes', wire: `420020 0B 00000010 ${'00'.repeat(16)}`, offset: 4 },
  { name: 'an Integer with padding', wire: '420020 02 00000004 00000008 00000001', offset: 15 },
  { name: 'an Enumeration with padding', wire: '420020 05 00000004 00000008 01000000', offset: 12 },
  { name: 'an Interval with padding', wire: '420020 0A 00000004 00000008 00010000', offset: 13 },
  { name: 'a Text String with padding', wire: '420020 07 00000003 616263 0000000020', offset: 15 },
  { name: 'a Byte String with padding', wire: '420020 08 00000001 61 FF000000000000', offset: 9 },
  { name: 'a Boolean of 2', wire: '420020 06 00000008 0000000000000002', offset: 8 },
  { name: 'a Boolean with a high bit', wire: '420020 06 00000008 0100000000000001', offset: 8 },
  { name: 'an unfinished UTF-8 sequence', wire: '420020 07 00000002 61C3 000000000000', offset: 8 },
  { name: 'a lone UTF-8 continuation', wire: '420020 07 00000001 80 00000000000000', offset: 8 },
  { name: 'an overlong UTF-8 sequence', wire: '420020 07 00000002 C080 000000000000', offset: 8 },
  { name: 'a surrogate in UTF-8', wire: '420020 07 00000003 EDA080 0000000000', offset: 8 },
  { name: 'a code point beyond Unicode', wire: '420020 07 00000004 F4908080 00000000', offset: 8 },
  { name: 'a Big Integer of no bytes', wire: '420020 04 00000000', offset: 4 },
  { name: 'a Big Integer of 7 bytes', wire: '420020 04 00000007 0000000000000100', offset: 4 },
  { name: 'a Big Integer with a needless block', wire: `420020 04 00000010 ${'00'.repeat(15)}01`, offset: 8 },
  { name: 'a negative Big Integer with a needless block', wire: `420020 04 00000010 ${'FF'.repeat(16)}`, offset: 8 },
  { name: 'a Structure whose length is no multiple of 8', wire: '420020 01 00000004 0000000000000000', offset: 4 },
  { name: 'a Structure with less than a header in it', wire: '420020 01 00000008 420021 07 00000001', offset: 12 },
  {
    name: 'an item that reaches beyond its structure',
    wire: '420020 01 00000010  420021 01 00000008 420022 08 00000008 0000000000000000',
    offset: 20,
  },
  {
    name: 'a structure that ends within an item of its own',
    wire: '420020 01 00000008  420021 02 00000004 00000001 00000000',
    offset: 12,
  },
  {
    name: 'more bytes than the bound',
    wire: '420020 08 00000008 0102030405060708',
    offset: 0,
    limits: { maximumBytes: 15 },
    tooLarge: true,
  },
  {
    name: 'deeper structures than the bound',
    wire: '420020 01 00000010  420021 01 00000008  420022 01 00000000',
    offset: 16,
    limits: { maximumDepth: 2 },
    tooLarge: true,
  },
  {
    name: 'more items than the bound',
    wire: '420020 01 00000010  420021 01 00000000  420022 01 00000000',
    offset: 16,
    limits: { maximumItems: 2 },
    tooLarge: true,
  },
];

describe('reading the binary encoding', () => {
  for (const { name, wire, offset, limits, tooLarge = false } of rows) {
    it(`refuses ${name}, at byte ${offset}`, () => {
      let error: unknown;
      try {
        decode(bytes(wire), limits);
      } catch (thrown) {
        error = thrown;
      }
      if (!(error instanceof TtlvError)) throw new Error('was accepted', { cause: error });
      expect({ offset: error.offset, tooLarge: error.tooLarge }).to.deep.equal({ offset, tooLarge });
      expect(error.message).to.match(new RegExp(`^[ -~]+ at offset ${offset}$`));
    });
  }

  it('refuses, by its bounds when none are given, the deepest nesting that fits into a message', () => {
    const depth = 100_000;
    const message = Buffer.alloc(depth * 8);
    for (let level = 0; level < depth; level++) {
      message.writeUInt32BE(0x42002001, level * 8);
      message.writeUInt32BE((depth - level - 1) * 8, level * 8 + 4);
    }
    expect(() => decode(message)).to.throw(TtlvError, 'nested deeper than 32');
  });
});
