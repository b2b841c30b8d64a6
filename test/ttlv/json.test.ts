import { expect } from 'chai';
import fc from 'fast-check';
import { ItemType, readJson, TtlvError, writeJson } from '#ttlv/index';
import type { Item, Limits } from '#ttlv/index';
import { items } from './arbitrary.ts';
import { sampleNames } from './sample-names.ts';
import { plain } from './wire.ts';

const tag = 0x540001;
const at = (type: string, value: string) => `{"tag":"0x540001","type":"${type}","value":${value}}`;
const usage = (value: string) => `{"tag":"CryptographicUsageMask","type":"Integer","value":${value}}`;
const mask = (value: number): Item => ({ tag: 0x42002c, type: ItemType.Integer, value });
const date = (value: bigint): Item => ({ tag, type: ItemType.DateTime, value });
const long = (value: bigint): Item => ({ tag, type: ItemType.LongInteger, value });
const big = (value: bigint): Item => ({ tag, type: ItemType.BigInteger, value });
const objectType: Item = { tag: 0x420057, type: ItemType.Enumeration, value: 2 };

/** What is written, and read back. */
const written: readonly [name: string, json: string, item: Item][] = [
  ['an Integer', at('Integer', '-2147483648'), { tag, type: ItemType.Integer, value: -(2 ** 31) }],
  ['a Long Integer', at('LongInteger', '-2'), long(-2n)],
  ['the largest Long Integer that is a number', at('LongInteger', '4503599627370495'), long(2n ** 52n - 1n)],
  ['a Long Integer of 2^52', at('LongInteger', '"0x0010000000000000"'), long(2n ** 52n)],
  ['a Long Integer of -2^52', at('LongInteger', '"0xfff0000000000000"'), long(-(2n ** 52n))],
  ['a Big Integer', at('BigInteger', '"0x0000000000000000"'), big(0n)],
  ['a negative Big Integer', at('BigInteger', '"0xfffffffffffffffe"'), big(-2n)],
  ['an Enumeration without name', at('Enumeration', '"0x00000002"'), { tag, type: ItemType.Enumeration, value: 2 }],
  ['an Enumeration with a name', '{"tag":"ObjectType","type":"Enumeration","value":"SymmetricKey"}', objectType],
  ['a mask', usage('"Encrypt|Decrypt|CertificateSign"'), mask(0x40c)],
  ['a mask with bits that have no name', usage('"Encrypt|0x00030000"'), mask(0x30004)],
  ['a mask without bits', usage('0'), mask(0)],
  ['a Boolean', at('Boolean', 'true'), { tag, type: ItemType.Boolean, value: true }],
  [
    'a Text String',
    at('TextString', '"\\"\\\\\\n\\u0000ü🔑"'),
    { tag, type: ItemType.TextString, value: '"\\\n\0ü🔑' },
  ],
  [
    'a Byte String',
    at('ByteString', '"c50f77"'),
    { tag, type: ItemType.ByteString, value: Uint8Array.of(0xc5, 15, 119) },
  ],
  ['a Date-Time', at('DateTime', '"2001-01-01T00:00:00+00:00"'), date(978307200n)],
  ['a Date-Time beyond every year', at('DateTime', '"0x7fffffffffffffff"'), date(2n ** 63n - 1n)],
  ['an Interval', at('Interval', '4294967295'), { tag, type: ItemType.Interval, value: 2 ** 32 - 1 }],
  ['an empty structure', '{"tag":"RequestHeader","value":[]}', { tag: 0x420077, type: ItemType.Structure, value: [] }],
  [
    'a structure, whose values are called by what stands before them',
    '{"tag":"Attribute","value":[{"tag":"AttributeName","type":"TextString","value":"Object Type"},{"tag":"AttributeValue","type":"Enumeration","value":"SymmetricKey"}]}',
    {
      tag: 0x420008,
      type: ItemType.Structure,
      value: [
        { tag: 0x42000a, type: ItemType.TextString, value: 'Object Type' },
        { tag: 0x42000b, type: ItemType.Enumeration, value: 2 },
      ],
    },
  ],
];

/** Other ways to say it, most of them the examples of §4.1.6. */
const read: readonly [name: string, json: string, item: Item][] = [
  ['an Integer in hex', at('Integer', '"0xffffffff"'), { tag, type: ItemType.Integer, value: -1 }],
  ['a mask in hex', usage('"0x0000100c"'), mask(0x100c)],
  ['a mask with short hex', usage('"CertificateSign|0x00000004|0x0000008"'), mask(0x40c)],
  ['a Long Integer in hex', at('LongInteger', '"0xfffffffffffffffe"'), long(-2n)],
  ['a Big Integer as a number', at('BigInteger', '-5'), big(-5n)],
  ['an Enumeration as a number', '{"tag":"0x420057","type":"Enumeration","value":2}', objectType],
  ['an Enumeration in hex', '{"tag":"ObjectType","type":"Enumeration","value":"0x00000002"}', objectType],
  ['a Boolean in hex', at('Boolean', '"0x0000000000000001"'), { tag, type: ItemType.Boolean, value: true }],
  ['no in hex', at('Boolean', '"0x0000000000000000"'), { tag, type: ItemType.Boolean, value: false }],
  ['a Date-Time in hex', at('DateTime', '"0x000000003a505520"'), date(0x3a505520n)],
  ['a Date-Time in a zone', at('DateTime', '"2001-01-01T10:00:00+10:00"'), date(978307200n)],
  ['an Interval in hex', at('Interval', '"0x0000001b"'), { tag, type: ItemType.Interval, value: 27 }],
  ['a structure with its type', at('Structure', '[]'), { tag, type: ItemType.Structure, value: [] }],
  ['a structure of null', at('Structure', 'null'), { tag, type: ItemType.Structure, value: [] }],
  ['a structure without value', '{"tag":"0x540001"}', { tag, type: ItemType.Structure, value: [] }],
  [
    'a tag with a name, and blanks',
    ' {"name":"SomeExtension", "value": 1,\n "type":"Integer", "tag":"0x54FFFF"} ',
    { tag: 0x54ffff, type: ItemType.Integer, value: 1 },
  ],
];

const refused: readonly [name: string, json: string, message: string][] = [
  ['nothing', '', 'text must be well-formed JSON'],
  ['what is no JSON', '{"tag":"0x540001",}', 'text must be well-formed JSON'],
  ['what is no object', '[]', 'an item must be an object at item 1'],
  ['null', 'null', 'an item must be an object at item 1'],
  ['two items', '{"tag":"0x540001"}{"tag":"0x540001"}', 'text must be well-formed JSON'],
  ['an unknown property', '{"tag":"0x540001","__proto__":{}}', 'a property must be tag, name, type or value'],
  ['no tag', '{"type":"Integer","value":1}', 'tag is unknown'],
  ['an unknown tag', '{"tag":"Colour"}', 'tag is unknown'],
  ['a tag that is a number', '{"tag":5505025}', 'tag is unknown'],
  ['a tag of nobody', '{"tag":"0x430001"}', 'tag is unknown'],
  ['an unknown type', at('Number', '1'), 'item type is unknown'],
  ['a type of the language', at('constructor', '1'), 'item type is unknown'],
  ['a type of null', '{"tag":"0x540001","type":null}', 'item type is unknown'],
  ['a structure of a text', at('Structure', '"x"'), 'value of a structure must be an array'],
  ['an Integer of 2^31', at('Integer', '2147483648'), 'value must be of type Integer'],
  ['a fraction', at('Integer', '1.5'), 'value must be of type Integer'],
  ['a number that lost digits', at('LongInteger', '9007199254740993'), 'value must be of type LongInteger'],
  ['a Big Integer of half a block', at('BigInteger', '"0x01"'), 'value must be of type BigInteger'],
  ['a negative Enumeration', at('Enumeration', '-1'), 'value must be of type Enumeration'],
  ['an Enumeration of 2^32', at('Enumeration', '4294967296'), 'value must be of type Enumeration'],
  [
    'an unknown value',
    '{"tag":"ObjectType","type":"Enumeration","value":"Colour"}',
    'value must be of type Enumeration',
  ],
  ['a Boolean as a word', at('Boolean', '"true"'), 'value must be of type Boolean'],
  ['a Boolean as a number', at('Boolean', '1'), 'value must be of type Boolean'],
  ['a Boolean of 2', at('Boolean', '"0x0000000000000002"'), 'value must be of type Boolean'],
  ['a Text String as a number', at('TextString', '1'), 'value must be of type TextString'],
  ['half a character', at('TextString', '"\\ud800"'), 'value must be of type TextString'],
  ['a Byte String with 0x', at('ByteString', '"0xc5"'), 'value must be of type ByteString'],
  ['a Date-Time as a number', at('DateTime', '978307200'), 'value must be of type DateTime'],
  ['a negative Interval', at('Interval', '-1'), 'value must be of type Interval'],
  ['a scalar without value', '{"tag":"0x540001","type":"Integer"}', 'value must be of type Integer'],
];

const failure = (json: string, limits: Partial<Limits> = {}): TtlvError => {
  try {
    readJson(json, sampleNames, limits);
  } catch (error) {
    if (error instanceof TtlvError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('JSON', () => {
  for (const [name, json, item] of written) {
    it(`writes and reads ${name}`, () => {
      expect(writeJson(item, sampleNames)).to.equal(json);
      expect(plain(readJson(json, sampleNames))).to.deep.equal(plain(item));
    });
  }
  for (const [name, json, item] of read) {
    it(`reads ${name}`, () => expect(plain(readJson(json, sampleNames))).to.deep.equal(plain(item)));
  }
  for (const [name, json, message] of refused) {
    it(`refuses ${name}`, () => expect(failure(json).message).to.include(message));
  }

  it('brings back every item', () => {
    fc.assert(
      fc.property(items, (item) => {
        expect(plain(readJson(writeJson(item, sampleNames), sampleNames))).to.deep.equal(plain(item));
      }),
    );
  });

  it('throws nothing but TtlvError, whatever the text or the tree', () => {
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ tag: '0x540001', value: [value] })),
      fc
        .record({ tag: fc.jsonValue(), type: fc.constantFrom(...Object.keys(ItemType)), value: fc.jsonValue() })
        .map((each) => JSON.stringify({ ...each, tag: '0x540001' })),
    );
    fc.assert(
      fc.property(any, (text) => {
        try {
          readJson(text, sampleNames);
        } catch (error) {
          expect(error).to.be.instanceOf(TtlvError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says which item is at fault, and quotes nothing', () => {
    const faulty = `{"tag":"RequestHeader","value":[{"tag":"KeyValue","value":[${at('Integer', '1')},${at('ByteString', '"zz"')}]}]}`;
    const error = failure(faulty);
    expect([error.offset, error.message]).to.deep.equal([4, 'value must be of type ByteString at item 4']);
    expect(failure('{"tag":"0x540001","value":"secret" "more"}').message).to.not.include('secret');
  });

  it('stops at its bounds before it builds anything', () => {
    const nested = (depth: number): string => '{"tag":"0x540001","value":['.repeat(depth) + ']}'.repeat(depth);
    const flat = (count: number): string =>
      `{"tag":"0x540001","value":[${Array(count).fill('{"tag":"0x540002"}').join()}]}`;
    expect(readJson(nested(32), sampleNames).tag).to.equal(tag);
    expect(readJson(flat(9), sampleNames, { maximumItems: 10 }).value).to.have.length(9);
    const tooLarge: [string, Partial<Limits>][] = [
      [nested(33), {}],
      ['['.repeat(1_000_000), {}],
      [flat(10), { maximumItems: 10 }],
      [flat(20_000), {}],
      [`{"tag":"0x540001","value":[${'[],'.repeat(20_000)}[]]}`, {}],
      [`"${'x'.repeat(100)}"`, { maximumBytes: 100 }],
    ];
    for (const [text, limits] of tooLarge) expect(failure(text, limits).tooLarge).to.equal(true);
    const properties = Array.from({ length: 200_000 }, (_, place) => `"${place}":1`);
    const { message, tooLarge: isTooLarge } = failure(`{${properties.join()}}`);
    expect([message, isTooLarge]).to.deep.equal(['an object has more than 16 properties at offset 107', false]);
  });

  it('counts no braces within texts', () => {
    const value = '{:[\\"'.repeat(100);
    const item: Item = { tag, type: ItemType.TextString, value };
    expect(readJson(writeJson(item, sampleNames), sampleNames, { maximumDepth: 1, maximumItems: 1 })).to.deep.equal(
      item,
    );
  });
});
