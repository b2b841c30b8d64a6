import { expect } from 'chai';
import fc from 'fast-check';
import * as codecs from '#protocol/codecs';
import type { AnyField } from '#protocol/fields';
import { objectReference, protocolVersion } from '#protocol/structures';
import { Tag } from '#protocol/tags';
import type { ResultReason } from '#protocol/kmip-error';
import { V1_0, V1_1, V1_2, V1_3, V1_4, V2_0, V2_1, versionText, type Version } from '#protocol/versions';
import { decode, encode, ItemType, type Item } from '#ttlv/index';
import { bytes, hex, plain } from '#test/ttlv/wire';
import { refusal } from './refusal.ts';

type Row = readonly [name: string, codec: AnyField['codec'], wire: string, value: unknown, version: Version];

const algorithm = codecs.enumeration('CryptographicAlgorithm');
const rows: readonly Row[] = [
  ['an Integer below zero', codecs.integer, '42002a 02 00000004 ffffff80 00000000', -128, V1_0],
  ['a Long Integer', codecs.longInteger, '420092 03 00000008 7fffffffffffffff', 2n ** 63n - 1n, V1_0],
  ['a Big Integer', codecs.bigInteger, '420052 04 00000008 ffffffffffffffff', -1n, V1_0],
  ['a Boolean', codecs.boolean, '420010 06 00000008 0000000000000001', true, V1_0],
  ['a text', codecs.text, '420055 07 00000003 c3a961 0000000000', '\u00e9a', V1_0],
  ['an empty text', codecs.text, '420055 07 00000000', '', V1_0],
  ['bytes', codecs.bytes, '420043 08 00000002 00ff 000000000000', Buffer.from('00ff', 'hex'), V1_0],
  ['a date', codecs.dateTime, '420092 09 00000008 0000000047da67f8', 0x47da67f8, V1_0],
  ['a date before 1970', codecs.dateTime, '420092 09 00000008 ffffffffffffffff', -1, V1_0],
  ['an Interval', codecs.interval, '420049 0a 00000004 000d2f00 00000000', 864_000, V1_0],
  ['a date with microseconds', codecs.dateTimeExtended, '420174 0b 00000008 0005d2a000000001', 0x5d2a000000001n, V2_1],
  ['an enumeration value', algorithm, '420028 05 00000004 00000003 00000000', 'AES', V1_0],
  ['a value of its first version', algorithm, '420028 05 00000004 0000001c 00000000', 'ChaCha20', V1_4],
  [
    'a value of its last version',
    codecs.enumeration('ObjectType'),
    '420057 05 00000004 00000006 00000000',
    'Template',
    V1_4,
  ],
  ['the value of a vendor', algorithm, '420028 05 00000004 80000001 00000000', '0x80000001', V1_0],
  ['the highest value of a vendor', algorithm, '420028 05 00000004 ffffffff 00000000', '0xffffffff', V2_1],
  [
    'a value that 2.x spells differently',
    codecs.enumeration('DigitalSignatureAlgorithm'),
    '4200ae 05 00000004 00000005 00000000',
    'SHA_256WithRSAEncryption',
    V1_2,
  ],
  [
    'the only mask generator',
    codecs.enumeration('MaskGenerator'),
    '420102 05 00000004 00000001 00000000',
    'MGF1',
    V1_4,
  ],
  ['a mask with bits of a vendor', codecs.mask, '42002c 02 00000004 8000000c 00000000', 0x8000000c | 0, V1_0],
  ['an identifier', objectReference, '420094 07 00000002 3234 000000000000', '24', V1_0],
  ['the ID placeholder', objectReference, '420094 05 00000004 00000001 00000000', { made: 'IDPlaceholder' }, V2_0],
  ['the object of a batch item', objectReference, '420094 02 00000004 ffffffff 00000000', { item: -1 }, V2_0],
  [
    'a version',
    protocolVersion,
    '420069 01 00000020 42006a 02 00000004 00000001 00000000 42006b 02 00000004 00000004 00000000',
    V1_4,
    V1_4,
  ],
];

describe('codecs', () => {
  for (const [name, codec, wire, value, version] of rows) {
    it(`read and write ${name}`, () => {
      const item = decode(bytes(wire));
      const read: unknown = codec.read(item, version);
      expect(read).to.deep.equal(value);
      expect(hex(encode(codec.write(item.tag, read, version)))).to.equal(hex(bytes(wire)));
      expect(codec.fits?.(read, version) ?? true).to.equal(true);
    });
  }

  const refused: readonly [
    name: string,
    codec: AnyField['codec'],
    wire: string,
    version: Version,
    reason: ResultReason,
    says: RegExp,
  ][] = [
    [
      'a value of a later version',
      algorithm,
      '420028 05 00000004 0000001c 00000000',
      V1_3,
      'InvalidField',
      /^Cryptographic Algorithm has no value 0000001c/,
    ],
    [
      'a value of an earlier version',
      codecs.enumeration('ObjectType'),
      '420057 05 00000004 00000006 00000000',
      V2_0,
      'InvalidField',
      /Object Type/,
    ],
    ['a value that nobody has', algorithm, '420028 05 00000004 7fffffff 00000000', V2_1, 'InvalidField', /7fffffff/],
    ['value 0 of an enumeration', algorithm, '420028 05 00000004 00000000 00000000', V2_1, 'InvalidField', /00000000/],
    [
      'an Integer for an Enumeration',
      algorithm,
      '420028 02 00000004 00000003 00000000',
      V1_0,
      'InvalidMessage',
      /must be of type Enumeration, not Integer/,
    ],
    [
      'a Long Integer for an Integer',
      codecs.integer,
      '42002a 03 00000008 0000000000000001',
      V1_0,
      'InvalidMessage',
      /Cryptographic Length/,
    ],
    [
      'a Date-Time for a Date-Time Extended',
      codecs.dateTimeExtended,
      '420174 09 00000008 0000000000000001',
      V2_1,
      'InvalidMessage',
      /Date-Time Extended, not Date-Time/,
    ],
    [
      'an Integer for a Boolean',
      codecs.boolean,
      '420010 02 00000004 00000001 00000000',
      V1_0,
      'InvalidMessage',
      /Boolean/,
    ],
    ['bytes for a text', codecs.text, '420055 08 00000001 61 00000000000000', V1_0, 'InvalidMessage', /Name Value/],
    [
      'a structure for bytes',
      codecs.bytes,
      '420043 01 00000000',
      V1_0,
      'InvalidMessage',
      /Key Material must be of type Byte String, not Structure/,
    ],
    [
      'an extension tag of the wrong type',
      codecs.integer,
      '540001 06 00000008 0000000000000001',
      V1_0,
      'InvalidMessage',
      /^tag 540001/,
    ],
    [
      'a date that no number holds',
      codecs.dateTime,
      '420092 09 00000008 7ffffffffffffffe',
      V1_0,
      'InvalidField',
      /out of range/,
    ],
    [
      'the ID placeholder of 2.x in 1.x',
      objectReference,
      '420094 05 00000004 00000001 00000000',
      V1_4,
      'InvalidMessage',
      /Text String/,
    ],
    [
      'the number of a batch item in 1.x',
      objectReference,
      '420094 02 00000004 00000000 00000000',
      V1_4,
      'InvalidMessage',
      /Text String/,
    ],
    [
      'an unknown way to name an object',
      objectReference,
      '420094 05 00000004 00000012 00000000',
      V2_1,
      'InvalidField',
      /Unique Identifier/,
    ],
    [
      'a vendor\u2019s way to name an object',
      objectReference,
      '420094 05 00000004 80000001 00000000',
      V2_1,
      'InvalidField',
      /Unique Identifier/,
    ],
    [
      'bytes that name an object',
      objectReference,
      '420094 08 00000000',
      V2_1,
      'InvalidMessage',
      /Text String, Enumeration or Integer/,
    ],
    [
      'a version that one byte does not hold',
      protocolVersion,
      '420069 01 00000020 42006a 02 00000004 00000100 00000000 42006b 02 00000004 00000000 00000000',
      V1_0,
      'InvalidMessage',
      /out of range/,
    ],
    [
      'a version below zero',
      protocolVersion,
      '420069 01 00000020 42006a 02 00000004 ffffffff 00000000 42006b 02 00000004 00000000 00000000',
      V1_0,
      'InvalidMessage',
      /out of range/,
    ],
    [
      'half a version',
      protocolVersion,
      '420069 01 00000010 42006a 02 00000004 00000001 00000000',
      V1_0,
      'InvalidMessage',
      /lacks Protocol Version Minor/,
    ],
  ];
  for (const [name, codec, wire, version, reason, says] of refused) {
    it(`refuse ${name}`, () => {
      const [given, message] = refusal(() => codec.read(decode(bytes(wire)), version));
      expect(given).to.equal(reason);
      expect(message).to.match(says);
    });
  }

  it('refuse texts and identifiers beyond their bounds, and take those at it', () => {
    const text = (length: number): Item => ({
      tag: Tag.NameValue,
      type: ItemType.TextString,
      value: 'a'.repeat(length),
    });
    expect(codecs.text.read(text(codecs.maximumTextLength), V1_0).length).to.equal(codecs.maximumTextLength);
    expect(refusal(() => codecs.text.read(text(codecs.maximumTextLength + 1), V1_0))[0]).to.equal('InvalidField');
    expect(objectReference.read(text(256), V1_0)).to.equal('a'.repeat(256));
    expect(refusal(() => objectReference.read(text(257), V1_0))[0]).to.equal('InvalidField');
  });

  it('never write a value into a version that lacks it', () => {
    for (const version of [V1_0, V1_1, V1_2, V1_3]) {
      expect(algorithm.fits?.('ChaCha20', version), versionText(version)).to.equal(false);
      expect(() => algorithm.write(Tag.CryptographicAlgorithm, 'ChaCha20', version)).to.throw('in this version');
    }
  });

  it('read back whatever they wrote, through the bytes', () => {
    const values: readonly [AnyField['codec'], fc.Arbitrary<unknown>][] = [
      [codecs.integer, fc.integer()],
      [codecs.longInteger, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
      [codecs.bigInteger, fc.bigInt()],
      [codecs.boolean, fc.boolean()],
      [codecs.interval, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
      [codecs.text, fc.string({ unit: 'binary' })],
      [codecs.bytes, fc.uint8Array().map((each) => Buffer.from(each))],
      [codecs.dateTime, fc.maxSafeInteger()],
      [codecs.dateTimeExtended, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
      [algorithm, fc.constantFrom('AES', 'RSA', '0x80000000', '0xdeadbeef')],
      [objectReference, fc.oneof(fc.string(), fc.record({ item: fc.integer() }), fc.constant({ made: 'ReKey' }))],
      [protocolVersion, fc.constantFrom(V1_0, V1_4, V2_1, 0xffff)],
    ];
    for (const [codec, arbitrary] of values) {
      fc.assert(
        fc.property(arbitrary, (value) => {
          const item = decode(encode(codec.write(Tag.AttributeValue, value, V2_1)));
          expect(codec.read(item, V2_1)).to.deep.equal(value);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('keep an item that nobody understands as it is, but for its tag', () => {
    const item: Item = {
      tag: 0x540001,
      type: ItemType.Structure,
      value: [{ tag: 0x540002, type: ItemType.Integer, value: 7 }],
    };
    expect(codecs.anyItem.write(0x540001, codecs.anyItem.read(item, V1_0), V1_0)).to.equal(item);
    expect(plain(codecs.anyItem.write(Tag.AttributeValue, item, V1_0))).to.deep.equal({
      ...(plain(item) as object),
      tag: Tag.AttributeValue,
    });
  });

  it('call tags by their name in the text, and others by number', () => {
    expect(codecs.tagText(Tag.MACSignature)).to.equal('MAC/Signature');
    expect(codecs.tagText(0x540001)).to.equal('tag 540001');
  });
});
