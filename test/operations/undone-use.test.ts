/** Usage Limits (KMIP 2.1 §4.59) in a batch with Undo (§9.6): an answer that was given cannot be taken back. */
import { expect } from 'chai';
import { id, item, serverForEach } from '#test/clients/caller';
import { enumerated, long, struct } from '#test/server/items';
import { cipherKey, label, payloadOf, type Parameters } from './encryption.ts';
import { attributesKept } from './kept.ts';
import { servingVersions } from './keys-at-work.ts';

const key128 = '000102030405060708090a0b0c0d0e0f';
const ecb: Parameters = { mode: 'ECB' };
const block = '00112233445566778899aabbccddeeff';
const undo = { before: [enumerated('BatchErrorContinuationOption', 3)] };

for (const version of servingVersions) {
  describe(`a batch with Undo in ${version}`, () => {
    const server = serverForEach();

    it('gives no use of a limited key away for nothing', async () => {
      const here = server.caller(version);
      const limits = struct(
        'UsageLimits',
        long('UsageLimitsTotal', 1n),
        long('UsageLimitsCount', 1n),
        label('UsageLimitsUnit', 'Object'),
      );
      const limited = await cipherKey(here, key128, 'AES', 12, limits);
      const work = item('Encrypt', payloadOf(limited, ecb, { data: block }), '01');
      const failing = item('Get', [id('nothing')], '02');
      const answers = await here.send([work, failing], undo);
      expect(answers.map((each) => each.reason)).to.deep.equal(['FeatureNotSupported']);
      const left = await attributesKept(server.fixture, limited);
      expect(left?.usageLimits?.usageLimitsCount).to.equal(1n);

      // What nothing counts may be undone, or not.
      const free = await cipherKey(here, key128);
      const freely = item('Encrypt', payloadOf(free, ecb, { data: block }), '01');
      const statuses = (await here.send([freely, failing], undo)).map((each) => each.status);
      expect(statuses).to.deep.equal(['OperationUndone', 'OperationFailed']);
      // Alone, an item has nothing to be undone for.
      const [alone] = await here.send([work], undo);
      expect(alone?.status).to.equal('Success');
    });
  });
}
