/**
 * Usage Limits (KMIP 2.1 §4.59) and Fresh (§4.24) in a batch with Undo (§9.6): an answer that was given cannot be taken
 * back.
 */
import { expect } from 'chai';
import { id, serverForEach } from '#test/clients/caller';
import { enumerated, long, struct, item } from '#test/fixtures/items';
import type { Growth, StoreChange } from '#store/store';
import { cipherKey, label, parameters, payloadOf, type Parameters } from './encryption.ts';
import { attributesKept } from '#test/operations/create/kept';
import { servingVersions } from './keys-at-work.ts';

const key128 = '000102030405060708090a0b0c0d0e0f';
const ecb: Parameters = { mode: 'ECB' };
const block = '00112233445566778899aabbccddeeff';
const wrapBit = 16;
const hasExport: readonly string[] = ['1.4', '2.0', '2.1'];
const oneObject = () =>
  struct('UsageLimits', long('UsageLimitsTotal', 1n), long('UsageLimitsCount', 1n), label('UsageLimitsUnit', 'Object'));
const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };

for (const version of servingVersions) {
  describe(`a batch with Undo in ${version}`, () => {
    const server = serverForEach();
    const left = async (key: string) => (await attributesKept(server.fixture, key))?.usageLimits?.usageLimitsCount;

    it('gives no use of a limited key away for nothing', async () => {
      const here = server.caller(version);
      const limited = await cipherKey(here, key128, 'AES', 12, oneObject());
      const work = item('Encrypt', payloadOf(limited, ecb, { data: block }), '01');
      const failing = item('Get', [id('nothing')], '02');
      const answers = await here.send([work, failing], undo);
      expect(answers.map((each) => each.reason)).to.deep.equal(['FeatureNotSupported']);
      expect(await left(limited)).to.equal(1n);

      // What nothing counts may be undone, or not.
      const free = await cipherKey(here, key128);
      const freely = item('Encrypt', payloadOf(free, ecb, { data: block }), '01');
      const statuses = (await here.send([freely, failing], undo)).map((each) => each.status);
      expect(statuses).to.deep.equal(['OperationUndone', 'OperationFailed']);
      // Alone, an item has nothing to be undone for.
      const [alone] = await here.send([work], undo);
      expect(alone?.status).to.equal('Success');
    });

    it('gives no key away wrapped for nothing', async () => {
      const here = server.caller(version);
      const wrapping = await cipherKey(here, key128, 'AES', wrapBit, oneObject());
      const inner = await cipherKey(here, key128);
      const specification = struct(
        'KeyWrappingSpecification',
        label('WrappingMethod', 'Encrypt'),
        struct('EncryptionKeyInformation', id(wrapping), parameters({ mode: 'NISTKeyWrap' })),
      );
      const failing = item('Get', [id('nothing')], '02');
      for (const operation of ['Get', 'Export'] as const) {
        if (operation === 'Export' && !hasExport.includes(version)) continue;
        const answers = await here.send([item(operation, [id(inner), specification], '01'), failing], undo);
        expect(answers.map((each) => each.reason)).to.deep.equal(['FeatureNotSupported']);
        expect(await left(wrapping)).to.equal(1n);
      }
      await here.call('Get', id(inner), specification);
      expect(await left(wrapping)).to.equal(0n);
      await here.refused('Get', id(inner), specification);
    });

    it('gives no allocation of usage away for nothing', async () => {
      const here = server.caller(version);
      const limited = await cipherKey(here, key128, 'AES', 12, oneObject());
      const allocation = item('GetUsageAllocation', [id(limited), long('UsageLimitsCount', 1n)], '01');
      const answers = await here.send([allocation, item('Get', [id('nothing')], '02')], undo);
      expect(answers.map((each) => each.reason)).to.deep.equal(['FeatureNotSupported']);
      expect(await left(limited)).to.equal(1n);
    });

    it('serves no object as Fresh a second time, not even when the store refuses the batch', async () => {
      const here = server.caller(version);
      const made = await cipherKey(here, key128);
      const { store } = server.fixture.services;
      const { commit } = store;
      // It takes one record at a time.
      Object.assign(store, {
        commit: (changes: readonly StoreChange[], admit?: (growths: readonly Growth[]) => void) =>
          changes.length > 1 ? Promise.reject(new Error('no room')) : commit(changes, admit),
      });
      const activate = [item('Get', [id(made)], '01'), item('Get', [id(made)], '02')];
      const answers = await here.send(activate, undo);
      Object.assign(store, { commit });
      expect(answers.map((each) => each.status)).to.deep.equal(['OperationUndone', 'OperationFailed']);
      expect((await attributesKept(server.fixture, made))?.fresh).to.equal(false);
    });

    it('serves no object as Fresh a second time', async () => {
      const here = server.caller(version);
      const made = await cipherKey(here, key128);
      expect((await attributesKept(server.fixture, made))?.fresh).to.equal(true);
      const answers = await here.send([item('Get', [id(made)], '01'), item('Get', [id('nothing')], '02')], undo);
      expect(answers.map((each) => each.status)).to.deep.equal(['OperationUndone', 'OperationFailed']);
      expect((await attributesKept(server.fixture, made))?.fresh).to.equal(false);
    });
  });
}
