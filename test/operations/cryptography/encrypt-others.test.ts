/** Encrypt and Decrypt with what is no block cipher's key and no pair: stream ciphers, and certificates. */
import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { issueClientCertificate } from '#certs/authority';
import { given } from '#test/clients/caller';
import { date, enumerated, int, value } from '#test/fixtures/items';
import { certificateItem, openCertifying, type Certifying } from '#test/operations/certificates/authority';
import { ask, cipherKey, refusal } from './encryption.ts';

const block = '00112233445566778899aabbccddeeff';

describe('What else encrypts', () => {
  let server: Certifying;
  before(async () => (server = await openCertifying()));
  after(() => server.fixture.close());

  it('is ChaCha20, alone and with Poly1305, with a vector of the server', async () => {
    const here = server.caller('2.1');
    const data = randomBytes(100).toString('hex');
    for (const [algorithm, given, tagged] of [
      ['ChaCha20', {}, false],
      ['ChaCha20', { mode: 'AEAD' }, true],
      ['ChaCha20Poly1305', {}, true],
    ] as const) {
      const key = await cipherKey(here, randomBytes(32).toString('hex'), algorithm);
      const made = await ask(here, 'Encrypt', key, { ...given, randomIV: true }, { data });
      const { iv, tag } = made;
      expect([iv?.length, tag?.length], algorithm).to.deep.equal([24, tagged ? 32 : undefined]);
      expect((await ask(here, 'Decrypt', key, given, { data: made.data, iv, tag })).data).to.equal(data);
      for (const wrong of ['00'.repeat(7), '00'.repeat(10)]) {
        const refused = await refusal(here, 'Encrypt', key, given, { data, iv: wrong });
        expect(refused).to.equal('BadCryptographicParameters');
      }
    }
    const key = await cipherKey(here, randomBytes(32).toString('hex'), 'ChaCha20');
    const sent = { data: '00'.repeat(65), iv: '00'.repeat(12) };
    const last = { initialCounterValue: 2 ** 31 - 1 };
    expect((await ask(here, 'Encrypt', key, last, sent)).data).to.have.length(130);
    const ended = { data: '00'.repeat(65), iv: `ffffffff${'00'.repeat(12)}` };
    expect(await refusal(here, 'Encrypt', key, {}, ended)).to.equal('CryptographicFailure');
  });

  it('is a certificate of an RSA key', async () => {
    const here = server.caller('2.1');
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const now = new Date(server.fixture.clock.now);
    const { publicKey } = pair;
    const der = issueClientCertificate(server.authority, { commonName: 'box', publicKey }, { now }).raw;
    const made = await here.call(
      'Register',
      enumerated('ObjectType', 'Certificate'),
      given('2.1', int('CryptographicUsageMask', 4), date('ActivationDate', 1)),
      certificateItem(der),
    );
    const certificate = value(made, 'UniqueIdentifier') as string;
    const oaep = { padding: 'OAEP', hash: 'SHA_256', maskHash: 'SHA_256' };
    const { data: hidden = '' } = await ask(here, 'Encrypt', certificate, oaep, { data: block });
    const opened = privateDecrypt(
      { key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      Buffer.from(hidden, 'hex'),
    );
    expect(opened.toString('hex')).to.equal(block);
  });
});
