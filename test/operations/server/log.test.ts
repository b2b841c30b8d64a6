/** KMIP 2.1 §6.1.29: since 2.0. */
import { expect } from 'chai';
import { ask } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, int, text, versions } from '#test/fixtures/items';

describe('Log', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    const isNew = version >= '2';
    it(`${isNew ? 'writes the message into the log' : 'is not there'} in ${version}`, async () => {
      const answer = await ask(fixture, version, 'Log', [text('LogMessage', `array 7 says ${version}`)]);
      expect(answer.reason).to.equal(isNew ? undefined : 'OperationNotSupported');
      expect(at(answer.item, 'ResponsePayload')?.value).to.deep.equal(isNew ? [] : undefined);
      expect(
        fixture.logged.some((line) => line.includes(`"text":"array 7 says ${version}"`) && line.includes('client-1')),
      ).to.equal(isNew);
    });
  }

  it('needs a message, a text', async () => {
    expect((await ask(fixture, '2.1', 'Log')).reason).to.equal('InvalidMessage');
    expect((await ask(fixture, '2.1', 'Log', [int('LogMessage', 1)])).reason).to.equal('InvalidMessage');
  });
});
