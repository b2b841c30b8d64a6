/** KMIP 2.1 §6.1.15 (1.4 §4.21, §11.22); in which states stands in `test/access/matrix.test.ts`. */
import { expect } from 'chai';
import { objectIn, statefulTypes } from '#test/access/objects-in-states';
import type { Item } from '#ttlv/item';
import { ask, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, enumerated, versions, item } from '#test/fixtures/items';
import { attributesKept, hasMaterial, nowOf } from '#test/operations/create/kept';

describe('Destroy', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    const isNew = version >= '2';

    it(`takes the material and keeps the attributes in ${version}`, async () => {
      for (const objectType of statefulTypes) {
        const id = await objectIn(fixture, version, objectType, 'Deactivated');
        expect(await hasMaterial(fixture, id)).to.equal(true);
        fixture.clock.now += 60_000;
        const { object, payload } = await ask(fixture, version, 'Destroy', [uniqueIdentifier(id)]);
        expect([object, payload.value]).to.deep.equal([id, [uniqueIdentifier(id)]]);
        expect(await hasMaterial(fixture, id)).to.equal(false);
        const now = nowOf(fixture);
        expect(await attributesKept(fixture, id)).to.include({
          state: 'Destroyed',
          destroyDate: now,
          lastChangeDate: now,
        });
        expect((await ask(fixture, version, 'GetAttributes', [uniqueIdentifier(id)])).status).to.equal('Success');
      }
    });

    it(`keeps a compromised object compromised in ${version}`, async () => {
      const id = await objectIn(fixture, version, 'SymmetricKey', 'Compromised');
      await ask(fixture, version, 'Destroy', [uniqueIdentifier(id)]);
      expect(await attributesKept(fixture, id)).to.include({ state: 'DestroyedCompromised' });
    });

    it(`refuses an active object in ${version}, and one that is destroyed`, async () => {
      const active = await objectIn(fixture, version, 'SymmetricKey', 'Active');
      const refused = await ask(fixture, version, 'Destroy', [uniqueIdentifier(active)]);
      expect(refused.reason).to.equal(isNew ? 'WrongKeyLifecycleState' : 'PermissionDenied');
      expect(await hasMaterial(fixture, active)).to.equal(true);
      const gone = await objectIn(fixture, version, 'SymmetricKey', 'Destroyed');
      const again = await ask(fixture, version, 'Destroy', [uniqueIdentifier(gone)]);
      expect(again.reason).to.equal(isNew ? 'ObjectDestroyed' : 'PermissionDenied');
    });

    if (isNew) continue;
    it(`leaves nothing of a Template in ${version}: "including all meta-data"`, async () => {
      for (const header of [{}, { before: [enumerated('BatchErrorContinuationOption', 'Undo')] }]) {
        const id = await objectIn(fixture, version, 'Template');
        const steps = [item('Destroy', [uniqueIdentifier(id)], '01'), item('Locate', [], '02')];
        const answers = await send(fixture, version, steps, header);
        expect(answers.map(({ status }) => status)).to.deep.equal(['Success', 'Success']);
        const held = at(answers[1]?.item as Item, 'ResponsePayload')?.value;
        expect(held).to.deep.equal(version < '1.3' ? [] : held);
        expect(await attributesKept(fixture, id)).to.equal(undefined);
        const after = await ask(fixture, version, 'GetAttributes', [uniqueIdentifier(id)]);
        expect(after.reason).to.equal('ItemNotFound');
      }
    });
  }
});
