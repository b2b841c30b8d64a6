/**
 * Object Groups, their fresh members and their default one (KMIP 2.1 §4.24, §4.35, §6.1.28; 1.4 §3.33, §3.34, §4.9).
 */
import { expect } from 'chai';
import { given, id, named, serverForEach } from '#test/clients/caller';
import {
  all,
  bool,
  bytes,
  date,
  enumerated,
  int,
  isOld,
  struct,
  text,
  value,
  versions,
  item,
} from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { attributesKept, nowOf } from '#test/operations/create/kept';
import { keyBlock } from '#test/fixtures/key-blocks';

const members = { fresh: 1, default: 2 } as const;
const group = (name: string): Item => text('ObjectGroup', name);
const pool = group('pool');

for (const version of versions) {
  describe(`object groups in ${version}`, () => {
    const server = serverForEach();
    const caller = () => server.caller(version);
    const asked = (which: keyof typeof members, ...filters: Item[]): Item[] => [
      enumerated('ObjectGroupMember', members[which]),
      ...(isOld(version) ? filters.map(named) : [struct('Attributes', ...filters)]),
    ];
    const find = async (which: keyof typeof members, ...filters: Item[]): Promise<unknown[]> =>
      all(await caller().call('Locate', ...asked(which, ...filters)), 'UniqueIdentifier').map((each) => each.value);

    if (version === '1.0') {
      it('do not have such members yet', async () => {
        await caller().create(pool);
        expect((await caller().refused('Locate', ...asked('fresh', pool))).reason).to.equal('InvalidField');
      });
      return;
    }

    it('have fresh members until these were served', async () => {
      const [first, second] = [await caller().create(pool), await caller().create(pool, group('another'))];
      await caller().create(group('another'));
      expect(await find('fresh', pool)).to.deep.equal([second, first]);
      await caller().call('Get', id(second));
      expect(await find('fresh', pool)).to.deep.equal([first]);
      await caller().call('Get', id(first));
      expect(await find('fresh', pool)).to.deep.equal([]);
    });

    it('give out each fresh member once, in batches of Locate and Get', async () => {
      const made = [await caller().create(pool), await caller().create(pool)];
      const take = async (): Promise<unknown> => {
        const locate = item('Locate', [int('MaximumItems', 1), ...asked('fresh', pool)], '01');
        const [, got] = await caller().send([locate, item('Get', [], '02')]);
        return got?.status === 'Success' ? value(got.payload, 'UniqueIdentifier') : got?.reason;
      };
      const none = isOld(version) ? 'ItemNotFound' : 'ObjectNotFound';
      expect([await take(), await take(), await take()]).to.deep.equal([made[1], made[0], none]);
    });

    it('have one default member: the newest that is Active', async () => {
      const soon = date('ActivationDate', nowOf(server.fixture) + 60);
      const [old, next, later] = [
        await caller().create(pool),
        await caller().create(pool),
        await caller().create(pool),
      ];
      const scheduled = await caller().create(pool, soon);
      expect(await find('default', pool)).to.deep.equal([scheduled]);
      for (const each of [old, next]) await caller().call('Activate', id(each));
      expect(await find('default', pool)).to.deep.equal([next]);
      expect(await find('default', pool, text('ContactInformation', 'nobody'))).to.deep.equal([]);
      await caller().call('Activate', id(later));
      expect(await find('default', pool)).to.deep.equal([later]);
      server.fixture.clock.now += 60_000;
      expect(await find('default', pool)).to.deep.equal([scheduled]);
      await caller().call('Archive', id(scheduled));
      expect(await find('default', pool)).to.deep.equal([later]);
    });

    it('put their default member into the ID Placeholder', async () => {
      await caller().create(pool);
      const newest = await caller().create(pool);
      const [, got] = await caller().send([item('Locate', asked('default', pool), '01'), item('Get', [], '02')]);
      expect(value(got?.payload as Item, 'UniqueIdentifier')).to.equal(newest);
    });

    it('are named when a member is asked for', async () => {
      for (const which of ['fresh', 'default'] as const) {
        expect((await caller().refused('Locate', ...asked(which))).reason).to.equal('InvalidField');
      }
    });

    it('have members that were never fresh only when these were registered so', async () => {
      const notFresh = bool('Fresh', false);
      const secret = struct(
        'SecretData',
        enumerated('SecretDataType', 'Password'),
        keyBlock('Opaque', bytes('KeyMaterial', '2a')),
      );
      const attributes = given(version, pool, notFresh, int('CryptographicUsageMask', 0));
      const registered = await caller().call('Register', enumerated('ObjectType', 'SecretData'), attributes, secret);
      const used = value(registered, 'UniqueIdentifier') as string;
      const created = await caller().create(pool, notFresh);
      expect((await attributesKept(server.fixture, used))?.fresh).to.equal(false);
      expect((await attributesKept(server.fixture, created))?.fresh).to.equal(true);
      expect(await find('fresh', pool)).to.deep.equal([created]);
    });
  });
}
