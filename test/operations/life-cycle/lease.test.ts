/** Obtain Lease (KMIP 2.1 §6.1.35; 1.4 §4.17). */
import { expect } from 'chai';
import { aes, given, id, serverForEach } from '#test/clients/caller';
import { date, enumerated, isOld, long, struct, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { nowOf } from '#test/operations/create/kept';

const hour = 3600;

for (const version of versions) {
  describe(`a lease in ${version}`, () => {
    const server = serverForEach();

    it('lasts as long as the Lease Time says, and tells of the last change', async () => {
      const caller = server.caller(version);
      const key = await caller.create();
      const changed = nowOf(server.fixture);
      for (let renewals = 0; renewals < 2; renewals++) {
        server.fixture.clock.now += 60_000;
        const lease = await caller.call('ObtainLease', id(key));
        expect(value(lease, 'UniqueIdentifier')).to.equal(key);
        expect(value(lease, 'LeaseTime')).to.equal(hour);
        expect(value(lease, 'LastChangeDate')).to.equal(BigInt(changed));
      }
      await caller.call('Activate', id(key));
      const lease = await caller.call('ObtainLease', id(key));
      expect(value(lease, 'LastChangeDate')).to.equal(BigInt(nowOf(server.fixture)));
    });

    it('does not outlast the object, and is refused when that has expired', async () => {
      const caller = server.caller(version);
      const end = nowOf(server.fixture) + 90;
      const begin = date('ActivationDate', nowOf(server.fixture));
      const key = await caller.create(begin, date('DeactivationDate', end));
      server.fixture.clock.now += 60_000;
      expect(value(await caller.call('ObtainLease', id(key)), 'LeaseTime')).to.equal(30);
      server.fixture.clock.now += 30_000;
      expect((await caller.refused('ObtainLease', id(key))).reason).to.equal('PermissionDenied');
    });

    it('is refused when nothing is left of the usage, but for processing', async () => {
      const caller = server.caller(version);
      const none = ['UsageLimitsTotal', 'UsageLimitsCount'] as const;
      const limits = struct('UsageLimits', ...none.map((tag) => long(tag, 0n)), enumerated('UsageLimitsUnit', 'Byte'));
      const create = async (mask: number): Promise<string> => {
        const attributes = given(version, ...aes(mask), limits);
        const made = await caller.call('Create', enumerated('ObjectType', 'SymmetricKey'), attributes);
        return value(made, 'UniqueIdentifier') as string;
      };
      const refused = await caller.refused('ObtainLease', id(await create(4)));
      expect(refused.reason).to.equal(isOld(version) ? 'PermissionDenied' : 'UsageLimitExceeded');
      await caller.call('ObtainLease', id(await create(12)));
    });

    it('is obtained through the ID Placeholder', async () => {
      const caller = server.caller(version);
      const key = await caller.create();
      const [located, leased] = await caller.send([item('Recover', [id(key)], '01'), item('ObtainLease', [], '02')]);
      expect([located?.status, leased?.status]).to.deep.equal(['Success', 'Success']);
      expect(value(leased?.payload as Item, 'UniqueIdentifier')).to.equal(key);
    });
  });
}
