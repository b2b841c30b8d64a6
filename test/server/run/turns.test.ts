import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import { serverForEach } from '#test/clients/caller';
import { payloadOf } from '#test/operations/cryptography/encryption';
import { registerHalf } from '#test/operations/cryptography/keys-at-work';
import { item } from '#test/fixtures/items';

describe('the items of a batch', () => {
  const server = serverForEach();

  it('leave turns to others between them, however long they take together', async () => {
    const here = server.caller('2.1');
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
    const key = await registerHalf(here, privateKey, 8);
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const data = publicEncrypt({ key: publicKey, padding }, Buffer.from('secret')).toString('hex');
    const work = (count: number) =>
      Array.from({ length: count }, (_, place) =>
        item('Decrypt', payloadOf(key, { padding: 'OAEP' }, { data }), String(place).padStart(4, '0')),
      );

    let turns = 0;
    const counting = setInterval(() => turns++, 0);
    const from = performance.now();
    const answers = await here.send(work(50));
    clearInterval(counting);
    expect(answers.map((each) => each.status)).to.deep.equal(Array.from({ length: 50 }, () => 'Success'));
    expect(performance.now() - from, 'what takes no time shows nothing').to.be.above(50);
    expect(turns).to.be.at.least(25);
  });
});
