/** KMIP 2.1 §6.1.44 (1.4 §4.20, §11.21); in which states stands in `test/access/matrix.test.ts`. */
import { expect } from 'chai';
import { objectIn, revocation, statefulTypes } from '#test/access/objects-in-states';
import { ask, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { date, enumerated, struct, text, versions } from '#test/fixtures/items';
import { attributesKept, nowOf } from '#test/operations/create/kept';

describe('Revoke', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    const isNew = version >= '2';

    for (const why of ['KeyCompromise', 'CACompromise'] as const) {
      it(`compromises an object in ${version} for ${why}`, async () => {
        for (const objectType of statefulTypes) {
          const id = await objectIn(fixture, version, objectType, 'Active');
          const made = nowOf(fixture);
          fixture.clock.now += 60_000;
          const { object } = await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), revocation(why)]);
          expect(object).to.equal(id);
          const held = await attributesKept(fixture, id);
          expect(held).to.include({
            state: 'Compromised',
            compromiseDate: nowOf(fixture),
            lastChangeDate: nowOf(fixture),
          });
          // "if a value is not provided ... SHOULD be set to the Initial Date"
          expect(held?.compromiseOccurrenceDate).to.equal(made);
          expect(held?.revocationReason).to.deep.equal({ revocationReasonCode: why });
          expect(held).to.not.have.property('deactivationDate');
        }
      });
    }

    it(`keeps the Compromise Occurrence Date and the message that it is given in ${version}`, async () => {
      const id = await objectIn(fixture, version, 'SymmetricKey', 'PreActive');
      const reason = struct(
        'RevocationReason',
        enumerated('RevocationReasonCode', 'KeyCompromise'),
        text('RevocationMessage', 'stolen'),
      );
      await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), reason, date('CompromiseOccurrenceDate', 1000)]);
      const held = await attributesKept(fixture, id);
      expect(held).to.include({ state: 'Compromised', compromiseOccurrenceDate: 1000 });
      expect(held?.revocationReason).to.deep.equal({
        revocationReasonCode: 'KeyCompromise',
        revocationMessage: 'stolen',
      });
    });

    for (const code of [1, 4, 5, 6, 7]) {
      it(`deactivates an object in ${version} for reason ${code}, dated now`, async () => {
        const id = await objectIn(fixture, version, 'SymmetricKey', 'Active');
        fixture.clock.now += 60_000;
        const reason = struct('RevocationReason', enumerated('RevocationReasonCode', code));
        await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), reason]);
        const held = await attributesKept(fixture, id);
        expect(held).to.include({ state: 'Deactivated', deactivationDate: nowOf(fixture) });
        expect(held).to.not.have.any.keys('compromiseDate', 'compromiseOccurrenceDate');
      });
    }

    it(`takes no Compromise Occurrence Date in ${version} but for a compromise`, async () => {
      const id = await objectIn(fixture, version, 'SymmetricKey', 'Active');
      const payload = [
        uniqueIdentifier(id),
        revocation('CessationOfOperation'),
        date('CompromiseOccurrenceDate', 1000),
      ];
      expect((await ask(fixture, version, 'Revoke', payload)).reason).to.equal('InvalidField');
      expect(await attributesKept(fixture, id)).to.include({ state: 'Active' });
    });

    it(`refuses a reason that is missing or that nobody knows in ${version}`, async () => {
      const id = await objectIn(fixture, version, 'SymmetricKey', 'Active');
      expect((await ask(fixture, version, 'Revoke', [uniqueIdentifier(id)])).reason).to.equal('InvalidMessage');
      const unknown = struct('RevocationReason', enumerated('RevocationReasonCode', 0x63));
      expect((await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), unknown])).reason).to.equal('InvalidField');
    });

    it(`still tells in ${version} that a destroyed object is compromised`, async () => {
      const id = await objectIn(fixture, version, 'SymmetricKey', 'Destroyed');
      await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), revocation('KeyCompromise')]);
      expect(await attributesKept(fixture, id)).to.include({ state: 'DestroyedCompromised' });
    });

    if (isNew) continue;
    it(`refuses a Template in ${version}: "The request SHALL NOT specify a Template object"`, async () => {
      const id = await objectIn(fixture, version, 'Template');
      const { reason } = await ask(fixture, version, 'Revoke', [uniqueIdentifier(id), revocation('KeyCompromise')]);
      expect(reason).to.equal('IllegalOperation');
    });
  }
});
