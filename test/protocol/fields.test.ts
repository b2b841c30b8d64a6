import { expect } from 'chai';
import fc from 'fast-check';
import { asAnswered, atMost, atMostDistinct } from '#protocol/bounds';
import { bytes as byteString, integer, text, enumeration, type Codec } from '#protocol/codecs';
import {
  childrenOf,
  grouped,
  many,
  optional,
  required,
  structure,
  type AnyField,
  type Field,
  type Group,
  type Schema,
} from '#protocol/fields';
import type { ResultReason } from '#protocol/kmip-error';
import { Tag } from '#protocol/tags';
import {
  atRest,
  inRange,
  supportedVersions,
  V1_0,
  V1_2,
  V1_3,
  V1_4,
  V2_0,
  V2_1,
  type Version,
} from '#protocol/versions';
import { decode, encode, type Item } from '#ttlv/index';
import { bytes, hex } from '#test/ttlv/wire';
import { enclose } from './wire.ts';
import { refusal } from './refusal.ts';

const name = structure('Name', {
  nameValue: required(Tag.NameValue, text),
  nameType: required(Tag.NameType, enumeration('NameType')),
});

const sample = structure('Sample', {
  uniqueIdentifier: required(Tag.UniqueIdentifier, text),
  name: many(Tag.Name, name, atMost(3)),
  maximumItems: optional(Tag.MaximumItems, integer),
  offsetItems: optional(Tag.OffsetItems, integer, { since: V1_3 }),
  template: optional(Tag.Template, text, { until: V1_4 }),
  keyValueLocation: many(Tag.KeyValueLocationValue, text, atMostDistinct(3), { since: V1_2 }),
});

const id = '420094 07 00000001 61 00000000000000';
const nameA = '420053 01 00000020 420055 07 00000001 41 00000000000000 420054 05 00000004 00000001 00000000';
const nameB = '420053 01 00000020 420055 07 00000001 42 00000000000000 420054 05 00000004 00000001 00000000';
const maximum = '42004f 02 00000004 00000002 00000000';
const offset = '4200d4 02 00000004 00000003 00000000';
const template = '420090 07 00000001 74 00000000000000';

const around = (...fields: string[]): Item => decode(bytes(enclose('420079', ...fields)));

const A = { nameValue: 'A', nameType: 'UninterpretedTextString' };
const B = { nameValue: 'B', nameType: 'UninterpretedTextString' };

describe('fields', () => {
  const accepted: readonly [what: string, fields: string[], version: Version, value: unknown][] = [
    ['what is required', [id], V1_0, { uniqueIdentifier: 'a' }],
    ['what is optional', [id, maximum], V1_0, { uniqueIdentifier: 'a', maximumItems: 2 }],
    ['repeated fields in their order', [id, nameB, nameA], V1_0, { uniqueIdentifier: 'a', name: [B, A] }],
    [
      'fields out of order, repeated ones apart from each other',
      [nameB, maximum, id, nameA],
      V1_0,
      { uniqueIdentifier: 'a', name: [B, A], maximumItems: 2 },
    ],
    ['a field in its first version', [id, offset], V1_3, { uniqueIdentifier: 'a', offsetItems: 3 }],
    ['a field in its last version', [id, template], V1_4, { uniqueIdentifier: 'a', template: 't' }],
  ];
  for (const [what, fields, version, value] of accepted) {
    it(`read ${what}`, () => {
      expect(sample.read(around(...fields), version)).to.deep.equal(value);
    });
  }

  const refused: readonly [what: string, item: Item, version: Version, reason: ResultReason, says: RegExp][] = [
    ['a missing field', around(nameA), V1_0, 'InvalidMessage', /^Sample lacks Unique Identifier$/],
    [
      'a required field that came twice',
      around(id, id),
      V1_0,
      'InvalidMessage',
      /^Sample has Unique Identifier more than once$/,
    ],
    [
      'an optional field that came twice',
      around(id, maximum, maximum),
      V1_0,
      'InvalidMessage',
      /Maximum Items more than once/,
    ],
    [
      'a field of a later version',
      around(id, offset),
      V1_2,
      'InvalidField',
      /^Sample has no field Offset Items in this version$/,
    ],
    ['a field of an earlier version', around(id, template), V2_0, 'InvalidField', /no field Template/],
    [
      'a field of another structure',
      around(id, '420010 06 00000008 0000000000000001'),
      V2_1,
      'InvalidField',
      /Batch Order Option/,
    ],
    ['a tag of nobody', around(id, '42fff0 07 00000000'), V2_1, 'InvalidField', /tag 42fff0/],
    ['an extension', around(id, '540001 07 00000000'), V2_1, 'InvalidField', /tag 540001/],
    [
      'a field of the wrong type',
      around('420094 05 00000004 00000001 00000000'),
      V1_0,
      'InvalidMessage',
      /Unique Identifier/,
    ],
    [
      'what is no structure',
      decode(bytes('420079 07 00000000')),
      V1_0,
      'InvalidMessage',
      /Request Payload must be of type Structure/,
    ],
    [
      'a fault within a field, which it names',
      around(id, '420053 01 00000010 420055 07 00000001 41 00000000000000'),
      V1_0,
      'InvalidMessage',
      /^Name lacks Name Type$/,
    ],
  ];
  for (const [what, item, version, reason, says] of refused) {
    it(`refuse ${what}`, () => {
      const [given, message] = refusal(() => sample.read(item, version));
      expect(given).to.equal(reason);
      expect(message).to.match(says);
    });
  }

  const whole = {
    template: 't',
    offsetItems: 3,
    maximumItems: 2,
    name: [
      { nameType: 'UninterpretedTextString', nameValue: 'A' },
      { nameType: 'UninterpretedTextString', nameValue: 'B' },
    ],
    uniqueIdentifier: 'a',
  } as const;

  it('write in the order of the table, however the value was made, and only what the version has', () => {
    const written = (version: Version): string => hex(encode(sample.write(Tag.RequestPayload, whole, version)));
    const wire = (...fields: string[]): string => hex(encode(around(...fields)));
    expect(written(V1_0)).to.equal(wire(id, nameA, nameB, maximum, template));
    expect(written(V1_4)).to.equal(wire(id, nameA, nameB, maximum, offset, template));
    expect(written(V2_1)).to.equal(wire(id, nameA, nameB, maximum, offset));
    expect(written(atRest)).to.equal(wire(id, nameA, nameB, maximum, offset, template));
  });

  it('say whether a version can hold a value', () => {
    expect([...supportedVersions, atRest].every((version) => sample.fits?.(whole, version))).to.equal(true);
    const nested = structure('Outer', {
      algorithm: many(Tag.CryptographicAlgorithm, enumeration('CryptographicAlgorithm'), asAnswered),
    });
    expect(nested.fits?.({ algorithm: ['AES', 'ChaCha20'] }, V1_3)).to.equal(false);
    expect(nested.fits?.({ algorithm: ['AES', 'ChaCha20'] }, V1_4)).to.equal(true);
  });

  /** Two tags in one field's place, of which 1.x has one only. */
  const pair: Group<string> = {
    accepts: (tag, version) => tag === Tag.Comment || (tag === Tag.Description && inRange({ since: V2_0 }, version)),
    bound: atMost(3),
    read: (items) => items.map((item) => text.read(item, V2_0)).join('+'),
    write: (value) => value.split('+').map((each) => text.write(Tag.Comment, each, V2_0)),
  };
  const withPair = structure('Pair', {
    uniqueIdentifier: required(Tag.UniqueIdentifier, text),
    pair: grouped(Tag.Comment, pair, 'required'),
    maximumItems: optional(Tag.MaximumItems, integer),
  });
  const comment = (letter: string): string => `4200fd 07 00000001 ${letter} 00000000000000`;
  const description = '4200fc 07 00000001 64 00000000000000';

  it('read a group of items at once, wherever they stand', () => {
    const item = around(comment('61'), id, description, maximum, comment('62'));
    expect(withPair.read(item, V2_0)).to.deep.equal({ uniqueIdentifier: 'a', pair: 'a+d+b', maximumItems: 2 });
    expect(refusal(() => withPair.read(item, V1_4))[0]).to.equal('InvalidField');
    expect(refusal(() => withPair.read(around(id), V2_0))).to.deep.equal(['InvalidMessage', 'Pair lacks Comment']);
  });

  it('write a group in its place', () => {
    const item = withPair.write(Tag.RequestPayload, { maximumItems: 2, pair: 'a+b', uniqueIdentifier: 'a' }, V2_0);
    expect(hex(encode(item))).to.equal(hex(encode(around(id, comment('61'), comment('62'), maximum))));
  });

  it('read a structure in part, where that is asked for', () => {
    expect(sample.readPartial(around(maximum), V1_0)).to.deep.equal({ maximumItems: 2 });
    expect(sample.readPartial(around(), V1_0)).to.deep.equal({});
    expect(refusal(() => sample.readPartial(around(maximum, maximum), V1_0))[0]).to.equal('InvalidMessage');
    expect(refusal(() => sample.readPartial(around(offset), V1_2))[0]).to.equal('InvalidField');
  });

  it('read back whatever they wrote, of any schema, in any order', () => {
    const kinds: readonly [AnyField['codec'], fc.Arbitrary<unknown>][] = [
      [integer, fc.integer()],
      [text, fc.string({ unit: 'binary', maxLength: 20 })],
      [byteString, fc.uint8Array({ maxLength: 20 }).map((each) => Buffer.from(each))],
      [name, fc.record({ nameValue: fc.string(), nameType: fc.constantFrom('URI', 'UninterpretedTextString') })],
    ];
    const presences = {
      required,
      optional,
      many: <T>(tag: number, codec: Codec<T>) => many(tag, codec, asAnswered),
    } as const;
    type Made = { readonly key: string; readonly field: Field<unknown>; readonly value: unknown };

    const madeField = fc
      .record({
        code: fc.integer({ min: 0x540000, max: 0x54ffff }),
        kind: fc.constantFrom(...kinds),
        presence: fc.constantFrom(...(Object.keys(presences) as (keyof typeof presences)[])),
      })
      .chain(({ code, kind: [codec, arbitrary], presence }) =>
        (presence === 'many'
          ? fc.option(fc.array(arbitrary, { minLength: 1, maxLength: 3 }), { nil: undefined })
          : presence === 'optional'
            ? fc.option(arbitrary, { nil: undefined })
            : arbitrary
        ).map((value): Made => ({ key: `field${code}`, field: presences[presence](code, codec), value })),
      );
    const made = fc.uniqueArray(madeField, { selector: ({ key }) => key, maxLength: 8 });

    fc.assert(
      fc.property(made, fc.constantFrom(...supportedVersions), fc.boolean(), (list, version, backwards) => {
        const schema: Schema = Object.fromEntries(list.map(({ key, field }) => [key, field]));
        const present = list.filter(({ value }) => value !== undefined);
        const value = Object.fromEntries(present.map((each) => [each.key, each.value]));
        const codec = structure('Made', schema);
        const item = decode(encode(codec.write(Tag.RequestPayload, value, version)));
        expect(codec.read(item, version)).to.deep.equal(value);
        const order = (childrenOf(item) as Item[]).map(({ tag }) => tag);
        expect([...new Set(order)]).to.deep.equal(present.map(({ field }) => field.tag));
        if (backwards) {
          const turned = [...new Set(order)]
            .reverse()
            .flatMap((tag) => childrenOf(item).filter((each) => each.tag === tag));
          expect(codec.read({ ...item, value: turned } as Item, version)).to.deep.equal(value);
        }
      }),
      { numRuns: 200 },
    );
  });
});
