/** What clients of one version demand of the answers to it. */
import { expect } from 'chai';
import { tagText } from '#protocol/codecs';
import { childrenOf } from '#protocol/fields';
import { ItemType, itemTypeName, type Item } from '#ttlv/index';
import {
  all,
  at,
  attribute,
  bytes,
  enumerated,
  int,
  request,
  struct,
  text,
  isOld,
  versions,
} from '#test/fixtures/items';
import { custom, given, id, name, named, olderVersions, serverForEach } from './caller.ts';

const protocolVersion = (major: number, minor: number): Item =>
  struct('ProtocolVersion', int('ProtocolVersionMajor', major), int('ProtocolVersionMinor', minor));
const tagsOf = (item: Item): string[] => childrenOf(item).map(({ tag }) => tagText(tag));
const names = (attributes: readonly Item[]): string[] =>
  attributes.map((each) => (at(each, 'AttributeName')?.value as string | undefined) ?? tagText(each.tag));

describe('a client of one version', () => {
  const { caller } = serverForEach();

  for (const version of versions) {
    it(`answers-in-the-version-asked: a whole life in ${version} holds nothing that ${version} lacks`, async () => {
      const { call, create, exchange } = caller(version);
      expect(at(await exchange(request(version, [], { batchCount: 1 })), 'BatchItem', 'ResultStatus')?.value).to.equal(
        1,
      );
      const key = await create(name('life'));
      await call('Activate', id(key));
      const group = text('ObjectGroup', 'group');
      const added = isOld(version) ? named(group) : struct('NewAttribute', group);
      await call('AddAttribute', id(key), added);
      await call('ModifyAttribute', id(key), added);
      await call(
        'DeleteAttribute',
        id(key),
        isOld(version) ? text('AttributeName', 'Object Group') : struct('CurrentAttribute', group),
      );
      await call('Check', id(key), int('CryptographicUsageMask', 4));
      await call('GetAttributeList', id(key));
      await call('GetAttributes', id(key));
      await call('Get', id(key));
      await call('Locate', ...(isOld(version) ? [] : [struct('Attributes')]));
      await call('Revoke', id(key), struct('RevocationReason', enumerated('RevocationReasonCode', 'Unspecified')));
      await call('Destroy', id(key));
    });

    it(`answers-in-the-version-asked: the fields of each answer in ${version} stand in the order of its table`, async () => {
      const { call, create } = caller(version);
      const created = await call(
        'Create',
        enumerated('ObjectType', 'SymmetricKey'),
        given(
          version,
          enumerated('CryptographicAlgorithm', 'AES'),
          int('CryptographicLength', 128),
          int('CryptographicUsageMask', 12),
        ),
      );
      expect(tagsOf(created)).to.deep.equal(['Object Type', 'Unique Identifier']);
      const registered = await call(
        'Register',
        enumerated('ObjectType', 'OpaqueObject'),
        given(version),
        struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '00')),
      );
      // A Register answer with an Object Type broke one client.
      expect(tagsOf(registered)).to.deep.equal(['Unique Identifier']);
      const key = await create();
      const got = await call('Get', id(key));
      expect(tagsOf(got)).to.deep.equal(['Object Type', 'Unique Identifier', 'Symmetric Key']);
      expect(tagsOf(at(got, 'SymmetricKey', 'KeyBlock') as Item)).to.deep.equal([
        'Key Format Type',
        'Key Value',
        'Cryptographic Algorithm',
        'Cryptographic Length',
      ]);
      for (const operation of ['Activate', 'Destroy'] as const) {
        expect(tagsOf(await call(operation, id(operation === 'Destroy' ? await create() : key)))).to.deep.equal([
          'Unique Identifier',
        ]);
      }
    });
  }

  for (const version of olderVersions.filter((each) => each < '1.4')) {
    it(`answers-in-the-version-asked: a header of ${version} gets no correlation value`, async () => {
      const answer = await caller(version).exchange(request(version, [], { batchCount: 1 }));
      expect(tagsOf(at(answer, 'ResponseHeader') as Item)).to.deep.equal([
        'Protocol Version',
        'Time Stamp',
        'Batch Count',
      ]);
    });
  }

  it('texts-are-ascii: whatever the client calls its things, our own words about them are ASCII', async () => {
    const odd = '\u00fcn\u00efc\u00f6de \u2014 \u{1f511}';
    for (const version of versions) {
      const { create, refused } = caller(version);
      const held = custom(version, odd, int('AttributeValue', 1));
      const key = await create(held);
      const added = (each: Item): Item => (isOld(version) ? named(each) : struct('NewAttribute', each));
      const absent = custom(version, `${odd}2`, int('AttributeValue', 1));
      const answers = [
        await refused('ModifyAttribute', id(key), added(absent)),
        await refused(
          'DeleteAttribute',
          id(key),
          isOld(version) ? text('AttributeName', `x-${odd}2`) : struct('CurrentAttribute', absent),
        ),
        await refused(
          'Locate',
          isOld(version) ? attribute(odd, int('AttributeValue', 1)) : struct('Attributes', text('Username', odd)),
        ),
        await refused('Get', id(odd)),
        await refused(
          'Create',
          enumerated('ObjectType', 'SymmetricKey'),
          given(version, custom(version, odd, int('AttributeValue', 1))),
        ),
        await refused('GetAttributes', id(odd)),
        await refused('Create', enumerated('ObjectType', 'SymmetricKey'), text('Username', odd)),
      ];
      // The caller checks every Result Message; here they must be there to be checked.
      for (const { message } of answers) expect(message).to.match(/^[\x20-\x7e]+$/);
    }
  });

  it('types-of-answers: Lease Time is an Interval, and only an Interval', async () => {
    for (const version of versions) {
      const { attributes, create, refused, locate } = caller(version);
      const key = await create();
      const asked = isOld(version) ? text('AttributeName', 'Lease Time') : enumerated('AttributeReference', 0x420049);
      for (const each of await attributes(key, asked)) {
        const held = at(each, 'AttributeValue') ?? each;
        expect(itemTypeName(held.type)).to.equal('Interval');
      }
      expect(await locate({ tag: 0x420049, type: ItemType.Interval, value: 12345 })).to.deep.equal([]);
      const wrong = int('LeaseTime', 12345);
      const filter = isOld(version)
        ? struct('Attribute', text('AttributeName', 'Lease Time'), int('AttributeValue', 12345))
        : struct('Attributes', wrong);
      expect((await refused('Locate', filter)).reason).to.equal('InvalidMessage');
    }
  });

  it('types-of-answers: Fresh is there from 1.1 on', async () => {
    for (const version of versions) {
      const { attributes, create } = caller(version);
      expect(names(await attributes(await create())).includes('Fresh'), version).to.equal(version !== '1.0');
    }
  });

  it('nothing-invented: no Random Number Generator, and no attribute within a Key Value, that nobody gave', async () => {
    for (const version of versions) {
      const { attributes, call, create } = caller(version);
      const key = await create();
      expect(names(await attributes(key))).to.not.include('Random Number Generator');
      const keyValue = at(await call('Get', id(key)), 'SymmetricKey', 'KeyBlock', 'KeyValue') as Item;
      expect(tagsOf(keyValue)).to.deep.equal(['Key Material']);
    }
  });

  it('discover-versions-intersects: [1.4] is answered by exactly [1.4]', async () => {
    const pairs = (payload: Item): string[] =>
      all(payload, 'ProtocolVersion').map((each) =>
        childrenOf(each)
          .map(({ value }) => String(value))
          .join('.'),
      );
    for (const version of versions.filter((each) => each >= '1.1')) {
      const { call } = caller(version);
      expect(pairs(await call('DiscoverVersions', protocolVersion(1, 4)))).to.deep.equal(['1.4']);
      expect(
        pairs(await call('DiscoverVersions', protocolVersion(1, 0), protocolVersion(3, 0), protocolVersion(2, 1))),
      ).to.have.members(['2.1', '1.0']);
      expect(pairs(await call('DiscoverVersions', protocolVersion(9, 9)))).to.deep.equal([]);
      expect(pairs(await call('DiscoverVersions'))).to.deep.equal(['2.1', '2.0', '1.4', '1.3', '1.2', '1.1', '1.0']);
    }
  });

  it('query-functions: several functions at once are answered in the order of the specification', async () => {
    const order = [
      'Operation',
      'Object Type',
      'Vendor Identification',
      'Server Information',
      'Application Namespace',
      'Extension Information',
      'Attestation Type',
      'RNG Parameters',
      'Profile Information',
      'Validation Information',
      'Capability Information',
      'Client Registration Method',
      'Defaults Information',
      'Protection Storage Masks',
    ];
    const functions: Readonly<Record<string, number>> = {
      '1.0': 4,
      '1.1': 6,
      '1.2': 7,
      '1.3': 0xc,
      '1.4': 0xc,
      '2.0': 0xe,
      '2.1': 0xe,
    };
    for (const version of versions) {
      const { call } = caller(version);
      const count = functions[version] as number;
      // Backwards, so that the order is not that of the question.
      const asked = Array.from({ length: count }, (_, place) => enumerated('QueryFunction', count - place));
      const seen = [...new Set(tagsOf(await call('Query', ...asked)))];
      expect(seen.slice(0, 3), version).to.deep.equal(order.slice(0, 3));
      expect(seen, version).to.deep.equal(order.filter((each) => seen.includes(each)));
      const both = await call(
        'Query',
        enumerated('QueryFunction', 'QueryObjects'),
        enumerated('QueryFunction', 'QueryOperations'),
      );
      expect([...new Set(tagsOf(both))]).to.deep.equal(['Operation', 'Object Type']);
    }
  });
});
