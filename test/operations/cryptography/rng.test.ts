/** RNG Retrieve and RNG Seed (KMIP 2.1 §6.1.49, §6.1.50; 1.4 §4.35, §4.36). */
import { expect } from 'chai';
import { serverForEach } from '#test/clients/caller';
import { int, value } from '#test/fixtures/items';
import { data, hexIn, servingVersions } from './keys-at-work.ts';

describe('RNG Retrieve', () => {
  const server = serverForEach();

  for (const version of servingVersions) {
    it(`gives as many bytes as are asked for, other ones each time, in ${version}`, async () => {
      const caller = server.caller(version);
      for (const length of [1, 32, 4096, 512 * 1024]) {
        const payload = await caller.call('RNGRetrieve', int('DataLength', length));
        expect((value(payload, 'Data') as Uint8Array).length).to.equal(length);
      }
      const first = hexIn(await caller.call('RNGRetrieve', int('DataLength', 32)), 'Data');
      expect(hexIn(await caller.call('RNGRetrieve', int('DataLength', 32)), 'Data')).to.not.equal(first);
    });
  }

  it('refuses none, fewer than none, too many, and an unsaid number', async () => {
    const caller = server.caller('2.1');
    for (const length of [0, -1, 512 * 1024 + 1, 0x7fffffff]) {
      expect((await caller.refused('RNGRetrieve', int('DataLength', length))).reason, `${length}`).to.equal(
        'InvalidField',
      );
    }
    expect((await caller.refused('RNGRetrieve')).reason).to.equal('InvalidMessage');
  });
});

describe('RNG Seed', () => {
  const server = serverForEach();

  for (const version of servingVersions) {
    it(`says that it does not use the seed in ${version}`, async () => {
      const payload = await server.caller(version).call('RNGSeed', data('not so random'));
      expect(value(payload, 'DataLength')).to.equal(0);
    });
  }

  it('refuses a request without a seed', async () => {
    expect((await server.caller('2.1').refused('RNGSeed')).reason).to.equal('InvalidMessage');
  });
});
