/**
 * Locate, on the wire: every version, every kind of matching, and never more than was asked for (KMIP 2.1 §6.1.28; 1.4
 * §4.9).
 */
import { expect } from 'chai';
import { tagName } from '#protocol/tags';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  all,
  at,
  attribute,
  bool,
  bytes,
  date,
  enumerated,
  int,
  long,
  request,
  struct,
  text,
  value,
  versions,
  type VersionText,
  isOld,
  aesTemplate,
  item,
} from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { custom, nameOf, oneAttribute, type Given } from '#test/fixtures/attributes';
import { ask, createKey, type Answer } from '#test/fixtures/batches';

const located = ({ payload, message }: Answer): string[] => {
  expect(message).to.equal(undefined);
  return all(payload, 'UniqueIdentifier').map((item) => item.value as string);
};
const largestDate: Item = { ...date('DeactivationDate', 0), type: ItemType.DateTime, value: 0x7fffffffffffffffn };

const labelOf = (given: Given): string | undefined => ('custom' in given ? given.custom : tagName(given.tag));

describe('Locate', () => {
  let fixture: Fixture;
  let now: number;
  beforeEach(async () => {
    fixture = await openFixture();
    now = Math.floor(fixture.clock.now / 1000);
  });
  afterEach(() => fixture.close());

  /** `fields` stand before the attributes. */
  const search = (version: VersionText, given: readonly Given[], ...fields: Item[]): Promise<Answer> => {
    const items = given.map((each) => oneAttribute(version, each));
    return ask(fixture, version, 'Locate', [...fields, ...(isOld(version) ? items : [struct('Attributes', ...items)])]);
  };
  const find = async (version: VersionText, given: readonly Given[], ...fields: Item[]): Promise<string[]> =>
    located(await search(version, given, ...fields));
  const destroy = (id: string): Promise<Answer> => ask(fixture, '2.1', 'Destroy', [text('UniqueIdentifier', id)]);

  for (const version of versions) {
    it(`finds by Name in ${version}, and nothing when there is nothing`, async () => {
      const id = await createKey(fixture, version, nameOf('one'));
      await createKey(fixture, version, nameOf('two'));
      expect(await find(version, [nameOf('one')])).to.deep.equal([id]);
      const nothing = await search(version, [nameOf('three')]);
      expect(nothing.status).to.equal('Success');
      expect(nothing.payload.value).to.deep.equal([]);
    });

    it(`answers the newest first in ${version}, as many as Maximum Items`, async () => {
      const ids: string[] = [];
      for (let made = 0; made < 4; made++) ids.unshift(await createKey(fixture, version));
      expect(await find(version, [])).to.deep.equal(ids);
      expect(await find(version, [], int('MaximumItems', 2))).to.deep.equal(ids.slice(0, 2));
      expect(await find(version, [], int('MaximumItems', 0))).to.deep.equal([]);
    });
  }

  it('locate-by-each-attribute: alone, and several at once', async () => {
    const wrong: Given[] = [nameOf('b'), text('ObjectGroup', 'other'), custom('x-Rack', int('AttributeValue', 8))];
    const right: Given[] = [
      nameOf('a'),
      text('ObjectGroup', 'group'),
      text('ContactInformation', 'ops'),
      custom('x-Rack', int('AttributeValue', 7)),
      custom('x-Row', text('AttributeValue', '7')),
      struct(
        'AlternativeName',
        text('AlternativeNameValue', 'alias'),
        enumerated('AlternativeNameType', 'UninterpretedTextString'),
      ),
      struct('ApplicationSpecificInformation', text('ApplicationNamespace', 'lto'), text('ApplicationData', 'tape-1')),
      struct('Link', enumerated('LinkType', 'ReplacedObjectLink'), text('LinkedObjectIdentifier', 'a-parent')),
      struct('CryptographicParameters', enumerated('BlockCipherMode', 'CBC'), enumerated('PaddingMethod', 'None')),
      date('ActivationDate', now - 10),
      date('DeactivationDate', now + 10),
      struct('UsageLimits', long('UsageLimitsTotal', 100n), enumerated('UsageLimitsUnit', 'Byte')),
      text('Comment', 'a comment'),
    ];
    await createKey(fixture, '1.4', ...wrong);
    const id = await createKey(fixture, '1.4', ...right);
    const ofServer: Given[] = [enumerated('State', 'Active'), text('UniqueIdentifier', id)];
    for (const each of [...right, ...ofServer]) expect(await find('1.4', [each]), labelOf(each)).to.deep.equal([id]);
    expect(await find('1.4', [...right, ...ofServer])).to.deep.equal([id]);
    expect(await find('1.4', [...right, nameOf('b')])).to.deep.equal([]);
    const both = await find('1.4', [
      enumerated('ObjectType', 'SymmetricKey'),
      enumerated('CryptographicAlgorithm', 'AES'),
      int('CryptographicLength', 256),
    ]);
    expect(both).to.have.length(2);
  });

  it('takes structures in part (2.1 §6.1.28)', async () => {
    const link = struct(
      'Link',
      enumerated('LinkType', 'ReplacedObjectLink'),
      text('LinkedObjectIdentifier', 'a-parent'),
    );
    const information = struct(
      'ApplicationSpecificInformation',
      text('ApplicationNamespace', 'lto'),
      text('ApplicationData', '1'),
    );
    const id = await createKey(
      fixture,
      '2.1',
      link,
      information,
      custom('x-Rack', int('AttributeValue', 7)),
      nameOf('n'),
    );
    await createKey(fixture, '2.1');
    for (const part of [
      struct('Link', text('LinkedObjectIdentifier', 'a-parent')),
      struct('Link', enumerated('LinkType', 'ReplacedObjectLink')),
      struct('ApplicationSpecificInformation', text('ApplicationNamespace', 'lto')),
      struct('ApplicationSpecificInformation', text('ApplicationData', '1')),
      struct('Attribute', text('VendorIdentification', 'x'), text('AttributeName', 'Rack')),
      struct('Name', text('NameValue', 'n')),
    ]) {
      expect(await find('2.1', [part])).to.deep.equal([id]);
    }
    expect(await find('2.1', [struct('Link', text('LinkedObjectIdentifier', 'another'))])).to.deep.equal([]);
  });

  it('demands that the fields of one structure are those of one value', async () => {
    const link = (type: number, to: string): Item =>
      struct('Link', enumerated('LinkType', type), text('LinkedObjectIdentifier', to));
    await createKey(fixture, '2.1', link(0x107, 'a'), link(0x106, 'b'));
    expect(await find('2.1', [link(0x107, 'b')])).to.deep.equal([]);
    expect(await find('2.1', [link(0x107, 'a'), link(0x106, 'b')])).to.have.length(1);
  });

  it('compares masks by the bits that are asked for', async () => {
    const id = await createKey(fixture, '1.0');
    expect(await find('1.0', [int('CryptographicUsageMask', 4)])).to.deep.equal([id]);
    expect(await find('1.0', [int('CryptographicUsageMask', 12)])).to.deep.equal([id]);
    expect(await find('1.0', [int('CryptographicUsageMask', 13)])).to.deep.equal([]);
  });

  it('takes one date as that date, two as a range with its ends', async () => {
    const at100 = await createKey(fixture, '2.1', date('ProtectStopDate', 100));
    const at200 = await createKey(fixture, '2.1', date('ProtectStopDate', 200));
    const stop = (seconds: number): Item => date('ProtectStopDate', seconds);
    expect(await find('2.1', [stop(100)])).to.deep.equal([at100]);
    expect(await find('2.1', [stop(150)])).to.deep.equal([]);
    expect(await find('2.1', [stop(100), stop(199)])).to.deep.equal([at100]);
    expect(await find('2.1', [stop(200), stop(100)])).to.deep.equal([at200, at100]);
    const answer = await search('2.1', [stop(1), stop(2), stop(3)]);
    expect([answer.reason, answer.message]).to.deep.equal([
      'InvalidField',
      'Protect Stop Date must be given at most twice: one date, or the two ends of a range',
    ]);
  });

  it('takes the largest date for none at all', async () => {
    const dated = await createKey(fixture, '2.1', date('DeactivationDate', now + 5));
    const undated = await createKey(fixture, '2.1');
    expect(await find('2.1', [largestDate])).to.deep.equal([undated]);
    expect(await find('2.1', [date('DeactivationDate', now), largestDate])).to.deep.equal([undated, dated]);
  });

  it('asks for Usage Limits that are at least as large', async () => {
    const limits = (total: bigint): Item => struct('UsageLimits', long('UsageLimitsTotal', total));
    const id = await createKey(
      fixture,
      '1.2',
      struct('UsageLimits', long('UsageLimitsTotal', 100n), enumerated('UsageLimitsUnit', 'Byte')),
    );
    await createKey(fixture, '1.2');
    expect(await find('1.2', [limits(100n)])).to.deep.equal([id]);
    expect(await find('1.2', [limits(101n)])).to.deep.equal([]);
  });

  it('finds the State that the clock has made of the one kept', async () => {
    const id = await createKey(fixture, '2.1', date('ActivationDate', now + 5));
    expect(await find('2.1', [enumerated('State', 'PreActive')])).to.deep.equal([id]);
    fixture.clock.now += 10_000;
    expect(await find('2.1', [enumerated('State', 'PreActive')])).to.deep.equal([]);
    expect(await find('2.1', [enumerated('State', 'Active')])).to.deep.equal([id]);
  });

  it('skips Offset Items, and then counts what matches (1.3 on)', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 5; made++) ids.unshift(await createKey(fixture, '2.1'));
    for (const version of ['1.3', '2.1'] as const) {
      const answer = await search(version, [], int('MaximumItems', 2), int('OffsetItems', 3));
      expect(located(answer)).to.deep.equal(ids.slice(3, 5));
      expect(value(answer.payload, 'LocatedItems')).to.equal(5);
      expect(located(await search(version, [], int('OffsetItems', 9)))).to.deep.equal([]);
    }
    expect((await search('1.2', [], int('OffsetItems', 1))).reason).to.equal('InvalidField');
    expect(at((await search('2.1', [])).payload, 'LocatedItems')).to.equal(undefined);
  });

  it('refuses negative numbers', async () => {
    expect((await search('2.1', [], int('MaximumItems', -1))).message).to.equal('Maximum Items must not be negative');
    expect((await search('2.1', [], int('OffsetItems', -1))).message).to.equal('Offset Items must not be negative');
  });

  it('answers destroyed objects only when they are asked for', async () => {
    const gone = await createKey(fixture, '2.1', nameOf('n'));
    const here = await createKey(fixture, '2.1', nameOf('n'));
    await destroy(gone);
    const status = (bits: number): Item => int('StorageStatusMask', bits);
    for (const asked of [[], [nameOf('n')], [enumerated('ObjectType', 'SymmetricKey')]]) {
      expect(await find('2.1', asked)).to.deep.equal([here]);
      expect(await find('2.1', asked, status(1))).to.deep.equal([here]);
      expect(await find('2.1', asked, status(4))).to.deep.equal([gone]);
      expect(await find('2.1', asked, status(5))).to.deep.equal([here, gone]);
      expect(await find('2.1', asked, status(2))).to.deep.equal([]);
      expect(await find('2.1', asked, status(0))).to.deep.equal([]);
      // 1.x does not have this bit.
      expect(await find('1.4', asked, status(5))).to.deep.equal([here]);
    }
    expect(await find('2.1', [text('UniqueIdentifier', gone)])).to.deep.equal([]);
  });

  it('shows nobody the objects of another client', async () => {
    const id = await createKey(fixture, '1.4', nameOf('mine'));
    const payloads = [
      [],
      [attribute('Name', nameOf('mine'))],
      [attribute('Unique Identifier', text('AttributeValue', id))],
    ];
    for (const payload of payloads) {
      const answer = await fixture.exchange(request('1.4', [item('Locate', payload)]), fixture.session('client-2'));
      expect((at(answer, 'BatchItem', 'ResponsePayload') as Item).value).to.deep.equal([]);
    }
  });

  it('shows Templates in 1.x, and none in 2.x, which has no word for them', async () => {
    const template = struct('Template', attribute('Name', nameOf('t')));
    const { payload } = await ask(fixture, '1.4', 'Register', [
      enumerated('ObjectType', 'Template'),
      struct('TemplateAttribute'),
      template,
    ]);
    const id = value(payload, 'UniqueIdentifier') as string;
    expect(await find('1.4', [])).to.deep.equal([id]);
    expect(await find('1.0', [enumerated('ObjectType', 'Template'), nameOf('t')])).to.deep.equal([id]);
    expect(await find('2.1', [])).to.deep.equal([]);
    expect((await ask(fixture, '2.1', 'Get', [text('UniqueIdentifier', id)])).reason).to.equal('ObjectNotFound');
  });

  it('locate-in-template-attribute: takes them around attributes in 1.x, but no names of Templates', async () => {
    const id = await createKey(fixture, '1.0', nameOf('one'));
    await createKey(fixture, '1.0', nameOf('two'));
    const filter = attribute('Name', nameOf('one'));
    expect(located(await ask(fixture, '1.0', 'Locate', [struct('TemplateAttribute', filter)]))).to.deep.equal([id]);
    const answer = await ask(fixture, '1.0', 'Locate', [struct('TemplateAttribute', nameOf('one'))]);
    expect(answer.reason).to.equal('InvalidField');
  });

  it('locate-never-widens: refuses what it does not understand', async () => {
    await createKey(fixture, '1.4', nameOf('one'));
    const unknown = await ask(fixture, '1.4', 'Locate', [attribute('x', text('AttributeValue', 'y'))]);
    expect([unknown.reason, unknown.message]).to.deep.equal(['InvalidField', 'attribute "x" is not known']);
    // Each is newer than the version that asks.
    const newer: readonly [VersionText, Given][] = [
      ['1.0', enumerated('KeyFormatType', 'Raw')],
      ['1.3', bool('Sensitive', false)],
      ['1.0', enumerated('ObjectType', 'PGPKey')],
    ];
    for (const [version, given] of newer) expect((await search(version, [given])).reason).to.equal('InvalidField');
    expect((await ask(fixture, '2.1', 'Locate')).message).to.equal('Locate request lacks Attributes');
    expect((await ask(fixture, '2.1', 'Locate', [struct('Attributes'), struct('Attributes')])).status).to.equal(
      'OperationFailed',
    );
    expect(await find('1.4', [custom('x-Nobody', bytes('AttributeValue', '00'))])).to.deep.equal([]);
  });

  describe('and the ID Placeholder', () => {
    /** Locate and Get in one batch, after a Create that leaves its own identifier there. */
    const then = async (name: string, ...fields: Item[]): Promise<unknown> => {
      const answer = await fixture.exchange(
        request('1.4', [item('Locate', [...fields, attribute('Name', nameOf(name))], '01'), item('Get', [], '02')]),
      );
      return at(answer, 'BatchItem', 1, 'ResponsePayload', 'UniqueIdentifier')?.value;
    };

    it('puts the only object found into it', async () => {
      const id = await createKey(fixture, '1.4', nameOf('one'));
      expect(await then('one')).to.equal(id);
      expect(await then('one', int('MaximumItems', 5))).to.equal(id);
    });

    it('puts the newest of several into it when Maximum Items is 1, else none', async () => {
      await createKey(fixture, '1.4', nameOf('two'));
      const id = await createKey(fixture, '1.4', nameOf('two'));
      expect(await then('two', int('MaximumItems', 1))).to.equal(id);
      expect(await then('two')).to.equal(undefined);
      expect(await then('two', int('MaximumItems', 2))).to.equal(undefined);
      expect(await then('two', int('MaximumItems', 2), int('OffsetItems', 1))).to.equal(undefined);
    });

    it('empties it when nothing is found, so that no earlier object is taken for it', async () => {
      const id = await createKey(fixture, '1.4', nameOf('one'));
      const answer = await fixture.exchange(
        request('1.4', [
          item('Locate', [attribute('Name', nameOf('one'))], '01'),
          item('Locate', [attribute('Name', nameOf('none'))], '02'),
          item('Destroy', [], '03'),
        ]),
      );
      expect(value(answer, 'BatchItem', 0, 'ResponsePayload', 'UniqueIdentifier')).to.equal(id);
      expect(value(answer, 'BatchItem', 2, 'ResultStatus')).to.equal(1);
    });
  });

  it('sees what earlier items of a batch with Undo made', async () => {
    const locate = (name: string, id: string): Item => item('Locate', [attribute('Name', nameOf(name))], id);
    const create = item(
      'Create',
      [enumerated('ObjectType', 'SymmetricKey'), aesTemplate(attribute('Name', nameOf('staged')))],
      '01',
    );
    const undo = enumerated('BatchErrorContinuationOption', 'Undo');
    const answer = await fixture.exchange(request('1.4', [create, locate('staged', '02')], { after: [undo] }));
    expect(value(answer, 'BatchItem', 1, 'ResponsePayload', 'UniqueIdentifier')).to.equal(
      value(answer, 'BatchItem', 0, 'ResponsePayload', 'UniqueIdentifier'),
    );
  });
});
