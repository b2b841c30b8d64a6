/** KMIP 2.1 §6.1.36: since 2.1. */
import { expect } from 'chai';
import { ask } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, text, versions } from '#test/fixtures/items';

describe('Ping', () => {
  let fixture: Fixture;
  before(async () => (fixture = await openFixture()));
  after(() => fixture.close());

  for (const version of versions) {
    it(`${version === '2.1' ? 'is answered with nothing' : 'is not there'} in ${version}`, async () => {
      const { reason, item } = await ask(fixture, version, 'Ping');
      expect(reason).to.equal(version === '2.1' ? undefined : 'OperationNotSupported');
      expect(at(item, 'ResponsePayload')?.value).to.deep.equal(version === '2.1' ? [] : undefined);
    });
  }

  it('takes nothing', async () => {
    expect((await ask(fixture, '2.1', 'Ping', [text('LogMessage', 'x')])).reason).to.equal('InvalidField');
  });
});
