/** Get Usage Allocation (KMIP 2.1 §6.1.23; 1.4 §4.18) and the limits that it takes from (2.1 §4.59). */
import { expect } from 'chai';
import { createHandler } from '#test/fixtures/handler';
import { aes, callerOf, given, id, serverForEach, type Caller } from '#test/clients/caller';
import { date, enumerated, isOld, long, struct, text, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { attributesKept, nowOf } from '#test/operations/create/kept';

/** In bytes; 1.x demands the count too. */
const limits = (total: bigint): Item =>
  struct(
    'UsageLimits',
    long('UsageLimitsTotal', total),
    long('UsageLimitsCount', total),
    enumerated('UsageLimitsUnit', 'Byte'),
  );
const units = (count: bigint): Item => long('UsageLimitsCount', count);

for (const version of versions) {
  describe(`an allocation of usage in ${version}`, () => {
    const server = serverForEach();
    const reason = (now: string, old: string): string => (isOld(version) ? old : now);
    const left = async (key: string) => (await attributesKept(server.fixture, key))?.usageLimits?.usageLimitsCount;
    const active = async (...more: Item[]): Promise<string> => {
      const key = await server.caller(version).create(...more);
      await server.caller(version).call('Activate', id(key));
      return key;
    };

    it('is taken off the count at once, and dated', async () => {
      const key = await active(limits(1000n));
      server.fixture.clock.now += 60_000;
      const caller = server.caller(version);
      expect((await caller.call('GetUsageAllocation', id(key), units(400n))).value).to.deep.equal([id(key)]);
      expect(await left(key)).to.equal(600n);
      expect(await attributesKept(server.fixture, key)).to.include({ lastChangeDate: nowOf(server.fixture) });
      await caller.call('GetUsageAllocation', id(key), units(600n));
      expect(await left(key)).to.equal(0n);
    });

    it('is granted whole or not at all', async () => {
      const key = await active(limits(1000n));
      const refused = await server.caller(version).refused('GetUsageAllocation', id(key), units(1001n));
      expect(refused.reason).to.equal(reason('UsageLimitExceeded', 'PermissionDenied'));
      expect(await left(key)).to.equal(1000n);
    });

    it('never exceeds the total, however many ask at once, and whichever server', async () => {
      const key = await active(limits(100n));
      const { services, session } = server.fixture;
      const callers = [1, 2, 3].map(() => callerOf(createHandler(services), session(), version));
      const asked = Array.from({ length: 30 }, (_, place) =>
        (callers[place % 3] as Caller).send([item('GetUsageAllocation', [id(key), units(7n)])]),
      );
      const granted = (await Promise.all(asked)).filter(([answer]) => answer?.status === 'Success');
      expect(granted).to.have.length(14);
      expect(await left(key)).to.equal(2n);
    });

    it('is refused without limits', async () => {
      const refused = await server.caller(version).refused('GetUsageAllocation', id(await active()), units(1n));
      expect(refused.reason).to.equal(reason('AttributeNotFound', 'IllegalOperation'));
    });

    it('is refused for an object that protects nothing', async () => {
      const caller = server.caller(version);
      const decrypting = given(version, ...aes(8), limits(10n));
      const made = await caller.call('Create', enumerated('ObjectType', 'SymmetricKey'), decrypting);
      const key = value(made, 'UniqueIdentifier') as string;
      await caller.call('Activate', id(key));
      const refused = await caller.refused('GetUsageAllocation', id(key), units(1n));
      expect(refused.reason).to.equal(reason('InvalidObjectType', 'IllegalOperation'));
    });

    it('is refused before the Activation Date and after the Protect Stop Date', async () => {
      const caller = server.caller(version);
      const now = nowOf(server.fixture);
      const dates = [date('ActivationDate', now + 60), date('ProtectStopDate', now + 120)];
      const key = await caller.create(limits(10n), ...dates);
      const early = await caller.refused('GetUsageAllocation', id(key), units(1n));
      server.fixture.clock.now += 60_000;
      await caller.call('GetUsageAllocation', id(key), units(1n));
      server.fixture.clock.now += 61_000;
      const late = await caller.refused('GetUsageAllocation', id(key), units(1n));
      const expected = reason('WrongKeyLifecycleState', 'PermissionDenied');
      expect([early.reason, late.reason]).to.deep.equal([expected, expected]);
      expect(await left(key)).to.equal(9n);
    });

    it('says how much: a missing count is an invalid message, a negative one an invalid field', async () => {
      const key = await active(limits(10n));
      const caller = server.caller(version);
      expect((await caller.refused('GetUsageAllocation', id(key))).reason).to.equal('InvalidMessage');
      expect((await caller.refused('GetUsageAllocation', id(key), units(-1n))).reason).to.equal('InvalidField');
      expect(await left(key)).to.equal(10n);
    });

    it('fixes the total', async () => {
      const key = await active(limits(10n));
      const caller = server.caller(version);
      await caller.call('GetUsageAllocation', id(key), units(1n));
      const more = isOld(version)
        ? struct('Attribute', text('AttributeName', 'Usage Limits'), { ...limits(20n), tag: 0x42000b })
        : struct('NewAttribute', limits(20n));
      const refused = await caller.refused('ModifyAttribute', id(key), more);
      expect(refused.reason).to.equal(reason('AttributeReadOnly', 'PermissionDenied'));
    });
  });
}
