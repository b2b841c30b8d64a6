/** KMIP 2.1 §6.1.1 (1.4 §4.19, §11.20); in which states stands in `test/access/matrix.test.ts`. */
import { expect } from 'chai';
import { objectIn } from '#test/access/objects-in-states';
import { ask, createKey, send, uniqueIdentifier, aesKey } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { date, int, versions, item } from '#test/fixtures/items';
import { attributesKept, nowOf } from '#test/operations/create/kept';

describe('Activate', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    const isNew = version >= '2';

    it(`moves an object from Pre-Active to Active in ${version}, dated now`, async () => {
      const id = await createKey(fixture, version);
      fixture.clock.now += 60_000;
      const { object, payload } = await ask(fixture, version, 'Activate', [uniqueIdentifier(id)]);
      expect([object, payload.value]).to.deep.equal([id, [uniqueIdentifier(id)]]);
      const now = nowOf(fixture);
      expect(await attributesKept(fixture, id)).to.include({
        state: 'Active',
        activationDate: now,
        lastChangeDate: now,
      });
    });

    it(`replaces an Activation Date that was still to come in ${version}`, async () => {
      const later = nowOf(fixture) + 3600;
      const id = await createKey(fixture, version, date('ActivationDate', later));
      expect(await attributesKept(fixture, id)).to.include({ state: 'PreActive', activationDate: later });
      await ask(fixture, version, 'Activate', [uniqueIdentifier(id)]);
      expect(await attributesKept(fixture, id)).to.include({ state: 'Active', activationDate: nowOf(fixture) });
    });

    it(`refuses in ${version} what the clock has activated already`, async () => {
      const soon = nowOf(fixture) + 10;
      const id = await createKey(fixture, version, date('ActivationDate', soon));
      fixture.clock.now += 10_000;
      const { reason } = await ask(fixture, version, 'Activate', [uniqueIdentifier(id)]);
      expect(reason).to.equal(isNew ? 'WrongKeyLifecycleState' : 'PermissionDenied');
      expect(await attributesKept(fixture, id)).to.include({ activationDate: soon });
    });

    it(`takes the ID Placeholder in ${version}, and finds no other object`, async () => {
      const answers = await send(fixture, version, [item('Create', aesKey(version)), item('Activate')]);
      expect(answers[1]?.object).to.equal(answers[0]?.object);
      const { reason } = await ask(fixture, version, 'Activate', [uniqueIdentifier('no-such-object')]);
      expect(reason).to.equal(isNew ? 'ObjectNotFound' : 'ItemNotFound');
    });

    it(`takes no field but the identifier in ${version}`, async () => {
      const id = await createKey(fixture, version);
      const { reason } = await ask(fixture, version, 'Activate', [uniqueIdentifier(id), int('BatchCount', 1)]);
      expect(reason).to.equal('InvalidField');
    });

    if (isNew) continue;
    it(`refuses a Template in ${version}: "The request SHALL NOT specify a Template object"`, async () => {
      const id = await objectIn(fixture, version, 'Template');
      expect((await ask(fixture, version, 'Activate', [uniqueIdentifier(id)])).reason).to.equal('IllegalOperation');
    });
  }
});
