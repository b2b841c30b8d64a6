import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { generateKeys, nameOfAcceptableKey, readPrivateKey, writePrivateKey } from '#certs/keys';
import { OperatorError } from '#operator-error';

import { useOpenSsl } from './openssl.ts';

describe('keys for certificates', () => {
  const ssl = useOpenSsl();

  it('read back from PKCS#8, and from the older forms that openssl writes', async () => {
    for (const kind of ['P-256', 'P-384', 'RSA-2048'] as const) {
      const { privateKey } = await generateKeys(kind);
      const pem = writePrivateKey(privateKey);
      expect(readPrivateKey(pem).equals(privateKey), kind).to.equal(true);
      expect(nameOfAcceptableKey(privateKey)).to.equal(kind);
      const traditional = ssl.run('pkey', '-traditional', '-in', ssl.file('k', pem));
      expect(traditional).to.match(/BEGIN (EC|RSA) PRIVATE KEY/);
      expect(readPrivateKey(Buffer.from(traditional)).equals(privateKey), kind).to.equal(true);
    }
  });

  it('are refused when encrypted without their passphrase, and when they are something else', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'secret words',
    }) as string;
    expect(readPrivateKey(pem, 'secret words').equals(privateKey)).to.equal(true);
    expect(() => readPrivateKey(pem))
      .to.throw(OperatorError, 'is encrypted')
      .with.property('hint')
      .that.includes('openssl');
    expect(() => readPrivateKey(pem, 'wrong')).to.throw(OperatorError, 'cannot be read');
    expect(() => readPrivateKey(publicKey.export({ format: 'pem', type: 'spki' }))).to.throw(
      OperatorError,
      'cannot be read',
    );
    expect(() => readPrivateKey('x'.repeat(70_000))).to.throw(OperatorError, 'at most');
  });

  for (const [what, pair] of [
    ['RSA with 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['X25519', () => generateKeyPairSync('x25519')],
  ] as const) {
    it(`get no certificate when they are ${what}`, () => {
      expect(() => nameOfAcceptableKey(pair().publicKey))
        .to.throw(OperatorError)
        .with.property('hint');
    });
  }
});
