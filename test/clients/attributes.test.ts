/** What clients rely on when they put names and notes on their keys. */
import { expect } from 'chai';
import { childrenOf } from '#protocol/fields';
import { tagText } from '#protocol/codecs';
import { at, attribute, bytes, date, enumerated, int, struct, text, isOld, versions } from '#test/fixtures/items';
import { plain } from '#test/ttlv/wire';
import type { Item } from '#ttlv/index';
import { aes, custom, given, id, name, named, olderVersions, serverForEach } from './caller.ts';
import { keyBlock } from '#test/fixtures/key-blocks';

describe('a client that keeps attributes', () => {
  const { caller } = serverForEach();

  const asked = (version: string, each: string): Item =>
    isOld(version)
      ? text('AttributeName', `x-${each}`)
      : struct('AttributeReference', text('VendorIdentification', 'x'), text('AttributeName', each));

  for (const version of versions) {
    it(`custom-attributes-round-trip: texts, numbers, dates and bytes come back as they were in ${version}`, async () => {
      const { attributes, create, locate } = caller(version);
      const values: readonly [label: string, value: Item][] = [
        ['NETAPP-ClusterName', text('AttributeValue', 'cluster 1')],
        ['NETAPP-VserverId', int('AttributeValue', -1)],
        ['NETAPP-Created', date('AttributeValue', 1_700_000_000)],
        ['NETAPP-Digest', bytes('AttributeValue', '00 ff')],
        ['NETAPP-Kind', enumerated('AttributeValue', 7)],
        ['empty', text('AttributeValue', '')],
      ];
      const key = await create(...values.map(([label, value]) => custom(version, label, value)));
      for (const [label, value] of values) {
        const held = await attributes(key, asked(version, label));
        expect(held.map(plain), label).to.deep.equal([plain(custom(version, label, value))]);
        expect(await locate(custom(version, label, value)), label).to.deep.equal([key]);
      }
      const many = await create(
        ...Array.from({ length: 16 }, (_, count) =>
          custom(version, `NETAPP-${count}`, text('AttributeValue', `v${count}`)),
        ),
      );
      const count = (await attributes(many)).filter((each) =>
        /NETAPP/.test(String(at(each, 'AttributeName')?.value)),
      ).length;
      expect(count).to.equal(16);
    });
  }

  it('custom-attributes-round-trip: what 1.x calls x- is what 2.x calls vendor x', async () => {
    const key = await caller('1.2').create(custom('1.2', 'site', text('AttributeValue', 'north')));
    const [seen] = await caller('2.1').attributes(key, asked('2.1', 'site'));
    expect(plain(seen as Item)).to.deep.equal(plain(custom('2.1', 'site', text('AttributeValue', 'north'))));
  });

  it('unknown-attribute-is-named: the refusal says which name nobody knows', async () => {
    for (const version of olderVersions) {
      const { create, locate, refused } = caller(version);
      const before = await locate();
      const typo = attribute('Cryptograpic Length', int('AttributeValue', 256));
      const answer = await refused(
        'Create',
        enumerated('ObjectType', 'SymmetricKey'),
        struct('TemplateAttribute', ...aes().map(named), typo),
      );
      expect(answer.reason).to.equal('InvalidField');
      expect(answer.message).to.include('"Cryptograpic Length"');
      expect(await locate()).to.deep.equal(before);
      const key = await create();
      expect((await refused('AddAttribute', id(key), typo)).message).to.include('"Cryptograpic Length"');
      expect((await refused('Locate', typo)).message).to.include('"Cryptograpic Length"');
    }
  });

  it('modify-attribute-echo: Name and Activation Date are modified, and the answer holds the attribute', async () => {
    for (const version of olderVersions) {
      const { attributes, call, create, locate } = caller(version);
      const key = await create(name('old'), date('ActivationDate', 4_000_000_000));
      for (const changed of [named(name('new')), named(date('ActivationDate', 4_000_000_001))]) {
        const payload = await call('ModifyAttribute', id(key), changed);
        expect(childrenOf(payload).map(({ tag }) => tagText(tag))).to.deep.equal(['Unique Identifier', 'Attribute']);
        const label = at(changed, 'AttributeName') as Item;
        const echoed = at(payload, 'Attribute') as Item;
        expect(plain(at(echoed, 'AttributeName') as Item)).to.deep.equal(plain(label));
        expect(plain(at(echoed, 'AttributeValue') as Item)).to.deep.equal(plain(at(changed, 'AttributeValue') as Item));
        const [held] = await attributes(key, label);
        expect(plain(at(held as Item, 'AttributeValue') as Item)).to.deep.equal(
          plain(at(changed, 'AttributeValue') as Item),
        );
      }
      expect(await locate(name('new'))).to.deep.equal([key]);
      expect(await locate(name('old'))).to.deep.equal([]);
      await call('Destroy', id(key));
    }
  });

  it('operation-policy-name: "default" is accepted in 1.x', async () => {
    for (const version of olderVersions) {
      const { attributes, create } = caller(version);
      const key = await create(text('OperationPolicyName', 'default'));
      const [held] = await attributes(key, text('AttributeName', 'Operation Policy Name'));
      expect(at(held as Item, 'AttributeValue')?.value).to.equal('default');
    }
  });

  it('mask-zero-and-nameless-pairs: keys and secret data may have the usage mask 0', async () => {
    for (const version of versions) {
      const { attributes, call, locate } = caller(version);
      const block = (format: number): Item => keyBlock(format, bytes('KeyMaterial', '00'.repeat(32)));
      const created = await call('Create', enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes(0)));
      const secret = await call(
        'Register',
        enumerated('ObjectType', 'SecretData'),
        given(version, int('CryptographicUsageMask', 0)),
        struct('SecretData', enumerated('SecretDataType', 'Password'), block(2)),
      );
      for (const payload of [created, secret]) {
        const which = at(payload, 'UniqueIdentifier')?.value as string;
        const label = isOld(version)
          ? text('AttributeName', 'Cryptographic Usage Mask')
          : enumerated('AttributeReference', 0x42002c);
        const [held] = await attributes(which, label);
        expect((at(held as Item, 'AttributeValue') ?? held)?.value).to.equal(0);
        expect(await locate(id(which))).to.deep.equal([which]);
      }
    }
  });
});
