/** What clients that look for their keys rely on. */
import { expect } from 'chai';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, attribute, date, enumerated, int, struct, text, isOld, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/index';
import { aes, callerOf, custom, given, id, name, named, olderVersions, type Caller } from './caller.ts';

describe('a client that locates', () => {
  let fixture: Fixture;
  let caller: (version: string, clientId?: string) => Caller;
  beforeEach(async () => {
    fixture = await openFixture();
    caller = (version, clientId = 'client-1') => callerOf(fixture.handler, fixture.session(clientId), version);
  });
  afterEach(() => fixture.close());

  for (const version of versions) {
    it(`locate-never-widens: a filter that fits nothing finds nothing in ${version}`, async () => {
      const { create, locate } = caller(version);
      await create(name('tunnel'), custom(version, 'purpose', text('AttributeValue', 'in')));
      const fruitless: Item[][] = [
        [name('other')],
        [name('')],
        [name('tunne')],
        [name('TUNNEL')],
        [struct('Name', text('NameValue', 'tunnel'), enumerated('NameType', 'URI'))],
        [name('tunnel'), name('other')],
        [name('tunnel'), enumerated('State', 'Active')],
        [custom(version, 'purpose', text('AttributeValue', 'out'))],
        [custom(version, 'nobody', text('AttributeValue', 'in'))],
        [custom(version, 'purpose', int('AttributeValue', 1))],
        [enumerated('CryptographicAlgorithm', 'DES3')],
        [int('CryptographicLength', 128)],
        [text('ObjectGroup', 'tunnel')],
        [text('UniqueIdentifier', 'tunnel')],
        [date('ActivationDate', 1)],
        [enumerated('CertificateType', 'X_509')],
        [text('ContactInformation', 'tunnel')],
      ];
      for (const filters of fruitless) expect(await locate(...filters)).to.deep.equal([]);
      expect((await locate(name('tunnel'))).length).to.equal(1);
    });

    it(`locate-never-widens: a filter that nobody understands is refused in ${version}`, async () => {
      const { create, refused } = caller(version);
      await create(name('tunnel'));
      const strange = isOld(version)
        ? [
            attribute('Purpose', text('AttributeValue', 'in')),
            attribute('name', text('AttributeValue', 'tunnel')),
            struct('Attribute', text('AttributeName', 'Name')),
            struct('Attributes', name('tunnel')),
          ]
        : [
            struct('Attributes', text('Username', 'tunnel')),
            struct('Attributes', { ...text('Username', 'tunnel'), tag: 0x540001 }),
            attribute('Name', name('tunnel')),
          ];
      for (const filter of strange) {
        const answer = await refused('Locate', filter);
        expect(at(answer.item, 'ResponsePayload')).to.equal(undefined);
      }
    });
  }

  it('locate-never-widens: an attribute of a later version is refused in an older one', async () => {
    const { create, refused } = caller('1.0');
    await create(name('tunnel'));
    expect(
      (await refused('Locate', attribute('Fresh', { ...int('AttributeValue', 1), type: 6, value: true }))).reason,
    ).to.equal('InvalidField');
  });

  it('locate-never-widens: keys of other clients stay out, whatever is asked', async () => {
    const key = await caller('1.2').create(name('shared'));
    const other = caller('1.2', 'client-2');
    expect(await other.locate()).to.deep.equal([]);
    expect(await other.locate(name('shared'))).to.deep.equal([]);
    expect(await other.locate(id(key))).to.deep.equal([]);
  });

  for (const version of olderVersions) {
    it(`locate-in-template-attribute: filters in a Template-Attribute are understood in ${version}`, async () => {
      const { call, create } = caller(version);
      const first = await create(name('vpn-1'));
      await create(name('vpn-2'));
      const found = await call('Locate', given(version, name('vpn-1'), enumerated('ObjectType', 'SymmetricKey')));
      expect(all(found, 'UniqueIdentifier').map(({ value }) => value)).to.deep.equal([first]);
      expect(all(await call('Locate', given(version, name('vpn-3'))), 'UniqueIdentifier')).to.deep.equal([]);
    });
  }

  for (const version of versions) {
    it(`locate-by-each-attribute: by one and by several at once, in ${version}`, async () => {
      const { call, create, locate } = caller(version);
      const wanted = await create(
        name('scylla'),
        text('ObjectGroup', 'disks'),
        custom(version, 'table', text('AttributeValue', 't1')),
      );
      await call('Activate', id(wanted));
      const other = at(
        await call(
          'Create',
          enumerated('ObjectType', 'SymmetricKey'),
          given(
            version,
            enumerated('CryptographicAlgorithm', 'DES3'),
            int('CryptographicLength', 168),
            int('CryptographicUsageMask', 0x180),
            name('percona'),
            text('ObjectGroup', 'tapes'),
            custom(version, 'table', text('AttributeValue', 't2')),
          ),
        ),
        'UniqueIdentifier',
      )?.value as string;
      const filters = [
        [enumerated('State', 'Active'), enumerated('State', 'PreActive')],
        [int('CryptographicUsageMask', 12), int('CryptographicUsageMask', 0x180)],
        [enumerated('CryptographicAlgorithm', 'AES'), enumerated('CryptographicAlgorithm', 'DES3')],
        [int('CryptographicLength', 256), int('CryptographicLength', 168)],
        [text('ObjectGroup', 'disks'), text('ObjectGroup', 'tapes')],
        [name('scylla'), name('percona')],
        [
          custom(version, 'table', text('AttributeValue', 't1')),
          custom(version, 'table', text('AttributeValue', 't2')),
        ],
        [id(wanted), id(other)],
      ] as const;
      for (const [ours, theirs] of filters) {
        expect(await locate(ours)).to.deep.equal([wanted]);
        expect(await locate(theirs)).to.deep.equal([other]);
        expect(await locate(ours, enumerated('ObjectType', 'SymmetricKey'))).to.deep.equal([wanted]);
      }
      expect(await locate(enumerated('ObjectType', 'SymmetricKey'))).to.have.members([wanted, other]);
      expect(await locate(enumerated('ObjectType', 'SecretData'))).to.deep.equal([]);
      expect(await locate(...filters.map(([ours]) => ours))).to.deep.equal([wanted]);
      expect(await locate(...filters.map(([ours]) => ours).slice(1), enumerated('State', 'PreActive'))).to.deep.equal(
        [],
      );
    });
  }

  it('list-and-fetch-all: all keys of a client are listed and fetched, one by one', async () => {
    const { call, create, locate } = caller('1.0');
    const made: string[] = [];
    for (let count = 0; count < 200; count++) made.push(await create(name(`key-${count}`)));
    const found = await locate(enumerated('ObjectType', 'SymmetricKey'));
    expect(found).to.have.members(made);
    const keys = new Set<string>();
    for (const each of found) {
      const key = at(await call('Get', id(each)), 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial')?.value;
      keys.add(Buffer.from(key as Uint8Array).toString('hex'));
    }
    expect(keys.size).to.equal(200);
  });

  it('list-and-fetch-all: a listing may be asked for in parts that miss nothing', async () => {
    const { call, create } = caller('1.4');
    const made: string[] = [];
    for (let count = 0; count < 7; count++) made.push(await create());
    const page = async (offset: number): Promise<unknown[]> =>
      all(
        await call(
          'Locate',
          int('MaximumItems', 3),
          int('OffsetItems', offset),
          named(enumerated('ObjectType', 'SymmetricKey')),
        ),
        'UniqueIdentifier',
      ).map(({ value }) => value);
    expect([...(await page(0)), ...(await page(3)), ...(await page(6))]).to.have.members(made);
    expect(await page(7)).to.deep.equal([]);
  });

  it('placeholder-without-order: Locate sets it when it found one, and empties it when it found none', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create(name(`one of ${version}`));
      const asked = (value: string): Item[] =>
        isOld(version) ? [named(name(value))] : [struct('Attributes', name(value))];
      const found = await here.send([item('Locate', asked(`one of ${version}`), '01'), item('Get', [], '02')]);
      expect(at(found[1]?.payload as Item, 'UniqueIdentifier')?.value).to.equal(key);
      const missed = await here.send([
        item('Create', [enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes())], '01'),
        item('Locate', asked('none'), '02'),
        item('Get', [], '03'),
      ]);
      expect(missed.map(({ status }) => status)).to.deep.equal(['Success', 'Success', 'OperationFailed']);
    }
  });
});
