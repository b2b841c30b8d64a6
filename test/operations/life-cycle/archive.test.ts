/**
 * Archive and Recover (KMIP 2.1 §6.1.4, §6.1.42; 1.4 §4.22, §4.23). What else is refused stands in
 * `test/access/matrix.test.ts`.
 */
import { expect } from 'chai';
import { given, id, name, named, serverForEach } from '#test/clients/caller';
import { all, date, enumerated, int, isOld, struct, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { attributesKept, nowOf } from '#test/operations/create/kept';

const storage = { onLine: 1, archival: 2, destroyed: 4 } as const;

for (const version of versions) {
  describe(`an archived object in ${version}`, () => {
    const server = serverForEach();

    /** With Storage Status Masks added up; the attributes are none. */
    const located = async (mask?: number): Promise<unknown[]> => {
      const where = mask === undefined ? [] : [int('StorageStatusMask', mask)];
      const asked = isOld(version) ? where : [...where, struct('Attributes')];
      const payload = await server.caller(version).call('Locate', ...asked);
      return all(payload, 'UniqueIdentifier').map((each) => each.value);
    };

    it('is dated, and given back by Recover as it was', async () => {
      const caller = server.caller(version);
      const key = await caller.create(name('the key'));
      const before = await attributesKept(server.fixture, key);
      const got = await caller.call('Get', id(key));
      server.fixture.clock.now += 60_000;
      expect((await caller.call('Archive', id(key))).value).to.deep.equal([id(key)]);
      const archiveDate = nowOf(server.fixture);
      expect(await attributesKept(server.fixture, key)).to.include({ archiveDate, lastChangeDate: archiveDate });

      server.fixture.clock.now += 60_000;
      expect((await caller.call('Recover', id(key))).value).to.deep.equal([id(key)]);
      expect(await attributesKept(server.fixture, key)).to.deep.equal({
        ...before,
        fresh: false,
        lastChangeDate: nowOf(server.fixture),
      });
      expect(await caller.call('Get', id(key))).to.deep.equal(got);
    });

    it('is located where it lies, and nowhere else', async () => {
      const caller = server.caller(version);
      const [kept, away] = [await caller.create(), await caller.create()];
      await caller.call('Archive', id(away));
      expect(await located()).to.deep.equal([kept]);
      expect(await located(storage.onLine)).to.deep.equal([kept]);
      expect(await located(storage.archival)).to.deep.equal([away]);
      expect(await located(storage.onLine + storage.archival)).to.deep.equal([away, kept]);
      await caller.call('Recover', id(away));
      expect(await located(storage.archival)).to.deep.equal([]);
      expect(await located()).to.deep.equal([away, kept]);
    });

    it('is not archived twice, nor destroyed', async () => {
      const caller = server.caller(version);
      const key = await caller.create();
      await caller.call('Archive', id(key));
      expect((await caller.refused('Archive', id(key))).reason).to.equal('ObjectArchived');
      expect((await caller.refused('Destroy', id(key))).reason).to.equal('ObjectArchived');
    });

    it('is recovered and got in one batch through the ID Placeholder', async () => {
      const caller = server.caller(version);
      const key = await caller.create();
      await caller.call('Archive', id(key));
      const batch = [item('Recover', [id(key)], '01'), item('Get', [], '02')];
      const answers = await caller.send(batch);
      expect(answers.map(({ status }) => status)).to.deep.equal(['Success', 'Success']);
      expect(value(answers[1]?.payload as Item, 'UniqueIdentifier')).to.equal(key);
    });

    it('comes to life by the clock while it is away', async () => {
      const caller = server.caller(version);
      const key = await caller.create(date('ActivationDate', nowOf(server.fixture) + 60));
      await caller.call('Archive', id(key));
      server.fixture.clock.now += 60_000;
      await caller.call('Recover', id(key));
      expect(await attributesKept(server.fixture, key)).to.include({ state: 'Active' });
    });

    it('was on-line all the time: Recover changes nothing', async () => {
      const caller = server.caller(version);
      const key = await caller.create();
      const before = await attributesKept(server.fixture, key);
      server.fixture.clock.now += 60_000;
      await caller.call('Recover', id(key));
      expect(await attributesKept(server.fixture, key)).to.deep.equal(before);
    });

    if (!isOld(version)) return;
    it('makes nothing as a Template', async () => {
      const caller = server.caller(version);
      const template = struct('Template', named(name('plan')));
      const made = await caller.call('Register', enumerated('ObjectType', 'Template'), given(version), template);
      await caller.call('Archive', id(value(made, 'UniqueIdentifier') as string));
      const byName = struct('TemplateAttribute', name('plan'));
      expect((await caller.refused('Create', enumerated('ObjectType', 'SymmetricKey'), byName)).reason).to.equal(
        'ObjectArchived',
      );
    });
  });
}
