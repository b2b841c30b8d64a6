/** What clients that leave encryption to the server rely on. */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { ask, parameters, refusal } from '#test/operations/cryptography/encryption';
import { activated } from '#test/operations/wrapping/wrapping';
import { attribute, bytes, enumerated, int, isOld, struct, value, versions } from '#test/fixtures/items';
import { hex } from '#test/ttlv/wire';
import { id, serverForEach } from './caller.ts';

describe('a client that lets the server encrypt', () => {
  const { caller } = serverForEach();
  const serving = versions.filter((version) => version >= '1.2');
  const cbc = { mode: 'CBC', padding: 'PKCS5', algorithm: 'AES' };

  it('get-before-activation: a Pre-Active key is given out, but not used', async () => {
    for (const version of serving) {
      const here = caller(version);
      const key = await here.create();
      await here.call('Get', id(key));
      const refused = isOld(version) ? 'PermissionDenied' : 'WrongKeyLifecycleState';
      const sent = { data: '00'.repeat(16), iv: '00'.repeat(16) };
      for (const operation of ['Encrypt', 'Decrypt'] as const) {
        expect(await refusal(here, operation, key, cbc, sent), `${operation} in ${version}`).to.equal(refused);
      }
      await here.call('Activate', id(key));
      await ask(here, 'Encrypt', key, cbc, sent);
    }
  });

  it('mongodb-csfle-delegated: a data key of 96 bytes, encrypted and decrypted in the words of the driver', async () => {
    const { call } = caller('1.2');
    const created = await call(
      'Create',
      enumerated('ObjectType', 'SymmetricKey'),
      struct(
        'TemplateAttribute',
        attribute('Cryptographic Algorithm', enumerated('CryptographicAlgorithm', 'AES')),
        attribute('Cryptographic Length', int('AttributeValue', 256)),
        attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
      ),
    );
    const key = value(created, 'UniqueIdentifier') as string;
    await call('Activate', id(key));
    const dataKey = randomBytes(96).toString('hex');
    const encrypted = await call(
      'Encrypt',
      id(key),
      parameters({ mode: 'CBC', padding: 'PKCS5', algorithm: 'AES', randomIV: true }),
      bytes('Data', dataKey),
    );
    const [hidden, vector] = [value(encrypted, 'Data'), value(encrypted, 'IVCounterNonce')].map((each) =>
      hex(each as Uint8Array),
    );
    expect(hidden).to.have.length(2 * 112);
    expect(vector).to.have.length(2 * 16);
    const decrypted = await call(
      'Decrypt',
      id(key),
      parameters(cbc),
      bytes('Data', hidden as string),
      bytes('IVCounterNonce', vector as string),
    );
    expect(hex(value(decrypted, 'Data') as Uint8Array)).to.equal(dataKey);
  });

  it('iv-field-decides: a vector is looked for in its field, and nowhere in the data', async () => {
    for (const version of serving) {
      const here = caller(version);
      const key = await here.create(activated);
      const made = await ask(here, 'Encrypt', key, { ...cbc, randomIV: true }, { data: '0102' });
      const { iv = '', data = '' } = made;
      for (const given of [cbc, { ...cbc, randomIV: true }]) {
        expect(await refusal(here, 'Decrypt', key, given, { data: iv + data })).to.equal('InvalidMessage');
        expect((await ask(here, 'Decrypt', key, given, { data, iv })).data).to.equal('0102');
        // With both, the data is what it is: a block more of it.
        const both = await ask(here, 'Decrypt', key, given, { data: iv + data, iv });
        expect(both.data).to.match(/^.{32}0102$/);
      }
    }
  });
});
