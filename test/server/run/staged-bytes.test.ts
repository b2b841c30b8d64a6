import { expect } from 'chai';
import { createClient, item } from '#client/client';
import { create } from '#operations/create/create';
import { createStagedBytes, leastBytes } from '#repository/staged-bytes';
import { openFixture } from '#test/fixtures/fixture';

const mebibyte = 1024 * 1024;

describe('a batch with Undo', () => {
  it('stops at the first item with which it would write more than one commit takes', async () => {
    const fixture = await openFixture();
    try {
      const session = fixture.session();
      const client = createClient({
        exchange: (message) => fixture.handler.handle(message, session),
        close: async () => undefined,
      });
      const one = item(create, {
        objectType: 'SymmetricKey',
        attributes: {
          instances: [
            { key: 'cryptographicAlgorithm', value: 'OneTimePad' },
            { key: 'cryptographicLength', value: 8 * mebibyte },
            { key: 'cryptographicUsageMask', value: 0x180 },
          ],
        },
      });
      const results = await client.batch(
        Array.from({ length: 60 }, () => one),
        { batchErrorContinuationOption: 'Undo' },
      );
      const place = results.findIndex(({ error }) => error?.reason === 'ServerLimitExceeded');
      expect(place).to.equal(15);
      expect(results[place]?.error?.message).to.include('a batch with Undo must change objects');
      // Fifteen of them fit into one commit, with what else an object takes.
      const fewer = await client.batch(
        Array.from({ length: 15 }, () => one),
        { batchErrorContinuationOption: 'Undo' },
      );
      expect(fewer.every(({ error }) => error === undefined)).to.equal(true);
    } finally {
      await fixture.close();
    }
  });

  it('counts an object once, as it is at last, and the records that it holds', () => {
    const staged = createStagedBytes();
    for (let times = 0; times < 40; times++) staged.count('same', { written: mebibyte, kept: 0 });
    for (let times = 0; times < 64; times++) staged.count(`changed ${times}`, { written: 10, kept: mebibyte });
    expect(() => staged.count('one more', { written: 10, kept: mebibyte })).to.throw('at most 67108864 bytes');
    expect(leastBytes({ a: ['four', 1n], b: new Uint8Array(5), c: undefined, d: null })).to.equal(10);
  });
});
