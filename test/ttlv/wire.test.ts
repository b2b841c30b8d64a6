import { expect } from 'chai';
import { createFramer, decode, encode, encodedLength, ItemType } from '#ttlv/index';
import type { Item } from '#ttlv/index';
import { bytes, hex, plain } from './wire.ts';

const tag = 0x420020;

/** The examples of KMIP 1.4 §9.1.2, then the edges of each type. */
const rows: readonly [name: string, wire: string, item: Item][] = [
  ['Integer 8', '420020 02 00000004 00000008 00000000', { tag, type: ItemType.Integer, value: 8 }],
  [
    'Long Integer',
    '420020 03 00000008 01B69B4BA5749200',
    { tag, type: ItemType.LongInteger, value: 123456789000000000n },
  ],
  [
    'Big Integer',
    '420020 04 00000010 0000000003FD35EB 6BC2DF4618080000',
    { tag, type: ItemType.BigInteger, value: 1234567890000000000000000000n },
  ],
  ['Enumeration 255', '420020 05 00000004 000000FF 00000000', { tag, type: ItemType.Enumeration, value: 255 }],
  ['Boolean', '420020 06 00000008 0000000000000001', { tag, type: ItemType.Boolean, value: true }],
  [
    'Text String',
    '420020 07 0000000B 48656C6C6F20576F 726C640000000000',
    { tag, type: ItemType.TextString, value: 'Hello World' },
  ],
  [
    'Byte String',
    '420020 08 00000003 010203 0000000000',
    { tag, type: ItemType.ByteString, value: Uint8Array.of(1, 2, 3) },
  ],
  ['Date-Time', '420020 09 00000008 0000000047DA67F8', { tag, type: ItemType.DateTime, value: 1205495800n }],
  ['Interval of 10 days', '420020 0A 00000004 000D2F00 00000000', { tag, type: ItemType.Interval, value: 864000 }],
  [
    'Structure',
    '420020 01 00000020  420004 05 00000004 000000FE 00000000  420005 02 00000004 000000FF 00000000',
    {
      tag,
      type: ItemType.Structure,
      value: [
        { tag: 0x420004, type: ItemType.Enumeration, value: 254 },
        { tag: 0x420005, type: ItemType.Integer, value: 255 },
      ],
    },
  ],
  [
    'Date-Time Extended in microseconds',
    '420020 0B 00000008 0004E94914F00000',
    { tag, type: ItemType.DateTimeExtended, value: 0x0004e94914f00000n },
  ],
  ['the least Integer', '420020 02 00000004 80000000 00000000', { tag, type: ItemType.Integer, value: -0x80000000 }],
  [
    'the greatest Enumeration',
    '420020 05 00000004 FFFFFFFF 00000000',
    { tag, type: ItemType.Enumeration, value: 0xffffffff },
  ],
  [
    'the greatest Interval',
    '420020 0A 00000004 FFFFFFFF 00000000',
    { tag, type: ItemType.Interval, value: 0xffffffff },
  ],
  [
    'the least Long Integer',
    '420020 03 00000008 8000000000000000',
    { tag, type: ItemType.LongInteger, value: -(2n ** 63n) },
  ],
  ['a Date-Time before 1970', '420020 09 00000008 FFFFFFFFFFFFFFFF', { tag, type: ItemType.DateTime, value: -1n }],
  ['Big Integer 0', '420020 04 00000008 0000000000000000', { tag, type: ItemType.BigInteger, value: 0n }],
  ['Big Integer -1', '420020 04 00000008 FFFFFFFFFFFFFFFF', { tag, type: ItemType.BigInteger, value: -1n }],
  [
    'a Big Integer that needs a block for its sign',
    '420020 04 00000010 0000000000000000 8000000000000000',
    { tag, type: ItemType.BigInteger, value: 2n ** 63n },
  ],
  [
    'the least Big Integer of one block',
    '420020 04 00000008 8000000000000000',
    { tag, type: ItemType.BigInteger, value: -(2n ** 63n) },
  ],
  [
    'a negative Big Integer that needs a block for its sign',
    '420020 04 00000010 FFFFFFFFFFFFFFFF 7FFFFFFFFFFFFFFF',
    { tag, type: ItemType.BigInteger, value: -(2n ** 63n) - 1n },
  ],
  ['Boolean false', '420020 06 00000008 0000000000000000', { tag, type: ItemType.Boolean, value: false }],
  ['an empty Text String', '420020 07 00000000', { tag, type: ItemType.TextString, value: '' }],
  ['a Text String with NUL', '420020 07 00000001 00 00000000000000', { tag, type: ItemType.TextString, value: '\0' }],
  [
    'a Text String with a byte order mark',
    '420020 07 00000004 EFBBBF61 00000000',
    { tag, type: ItemType.TextString, value: '\ufeffa' },
  ],
  [
    'a Text String beyond the basic plane',
    '420020 07 00000009 C3BC E4B896 F09F9491 00000000000000',
    { tag, type: ItemType.TextString, value: 'ü世🔑' },
  ],
  ['an empty Byte String', '420020 08 00000000', { tag, type: ItemType.ByteString, value: new Uint8Array() }],
  [
    'a Byte String that needs no padding',
    '420020 08 00000008 0102030405060708',
    { tag, type: ItemType.ByteString, value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  ],
  ['an empty Structure', '420020 01 00000000', { tag, type: ItemType.Structure, value: [] }],
  ['an extension tag', '54FFFF 02 00000004 FFFFFFFF 00000000', { tag: 0x54ffff, type: ItemType.Integer, value: -1 }],
];

describe('the binary encoding', () => {
  for (const [name, wire, item] of rows) {
    it(`writes ${name}`, () => {
      expect(hex(encode(item))).to.equal(hex(bytes(wire)));
      expect(encodedLength(item)).to.equal(bytes(wire).length);
    });

    it(`reads ${name}`, () => {
      expect(plain(decode(bytes(wire)))).to.deep.equal(plain(item));
    });

    it(`reads ${name} out of a stream that is split at every byte`, () => {
      const message = bytes(`420078 01 ${(wire.replace(/ /g, '').length / 2).toString(16).padStart(8, '0')} ${wire}`);
      for (let split = 1; split < message.length; split++) {
        const framer = createFramer({ maximumBytes: message.length });
        expect(framer.push(message.subarray(0, split))).to.deep.equal([]);
        expect(framer.end()).to.equal(true);
        const [whole] = framer.push(message.subarray(split));
        expect(framer.end()).to.equal(false);
        expect(plain(decode(whole ?? new Uint8Array()))).to.deep.equal(
          plain({ tag: 0x420078, type: ItemType.Structure, value: [item] }),
        );
      }
    });
  }

  it('gives byte strings as views of the bytes it read', () => {
    const wire = bytes('420020 08 00000003 010203 0000000000');
    const item = decode(wire);
    wire[8] = 0xff;
    expect(plain(item)).to.deep.equal({ tag, type: 'ByteString', value: 'ff0203' });
  });

  const unwritable: readonly [name: string, item: Item][] = [
    ['an Integer beyond 32 bits', { tag, type: ItemType.Integer, value: 2 ** 31 }],
    ['a fraction', { tag, type: ItemType.Interval, value: 1.5 }],
    ['a negative Enumeration', { tag, type: ItemType.Enumeration, value: -1 }],
    ['a Long Integer beyond 64 bits', { tag, type: ItemType.LongInteger, value: 2n ** 63n }],
    ['half a surrogate pair', { tag, type: ItemType.TextString, value: 'a\ud83d' }],
    ['a tag of no known range', { tag: 0x430000, type: ItemType.Integer, value: 1 }],
    ['a tag of four bytes', { tag: 0x1420020, type: ItemType.Integer, value: 1 }],
  ];
  for (const [name, item] of unwritable) {
    it(`refuses to write ${name}`, () => {
      expect(() => encode(item)).to.throw(RangeError);
    });
  }
});
