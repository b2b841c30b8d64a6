import { expect } from 'chai';

import { createAuthority, issueClientCertificate, type Authority } from '#certs/authority';
import { CertificateError } from '#certs/certificate-error';
import { generateKeys, writePrivateKey } from '#certs/keys';
import { createPassword } from '#certs/password';
import { createPkcs12, type Pkcs12Content } from '#certs/pkcs12';
import { maximumPkcs12Bytes, readPkcs12 } from '#certs/read-pkcs12';

import { useOpenSsl } from './openssl.ts';

const now = new Date();
const friendlyName = 'my-array';
const password = 'pass word 123 "quoted"';

describe('PKCS#12 files', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  before(async () => {
    ssl.file('password', password);
    authority = await createAuthority('kmipd CA', { now });
  });

  const contentWith = async (kind: 'P-256' | 'P-384' | 'RSA-2048'): Promise<Pkcs12Content> => {
    const { publicKey, privateKey } = await generateKeys(kind);
    const certificate = issueClientCertificate(authority, { commonName: friendlyName, publicKey }, { now });
    return { certificate, privateKey, chain: [authority.certificate] };
  };
  const openssl = (bytes: Uint8Array, ...args: string[]) =>
    ssl.run('pkcs12', '-in', ssl.file('c.p12', bytes), '-passin', 'file:password', ...args);

  for (const format of ['modern', 'legacy'] as const) {
    for (const kind of ['P-256', 'P-384', 'RSA-2048'] as const) {
      it(`in the ${format} format with ${kind} open in openssl`, async () => {
        const content = await contentWith(kind);
        const bytes = await createPkcs12(content, { friendlyName, password, format });
        const said = openssl(bytes, '-noenc');
        expect(said).to.include(`friendlyName: ${friendlyName}`);
        expect(said.match(/localKeyID: ([0-9A-F]{2} ?){20}/g)).to.have.length(2);
        expect(said).to.include(writePrivateKey(content.privateKey));
        expect(said).to.include(content.certificate.toString()).and.include(authority.certificate.toString());
        expect(openssl(bytes, '-noenc', '-clcerts', '-nokeys')).to.not.include('subject=CN = kmipd CA');
      });
    }
  }

  it('use AES-256 and HMAC-SHA-256 in the modern format, triple DES and SHA-1 in the legacy one', async () => {
    const content = await contentWith('P-256');
    const info = async (format: 'modern' | 'legacy') => {
      ssl.file('c.p12', await createPkcs12(content, { friendlyName, password, format }));
      return ssl.describe('pkcs12', '-in', 'c.p12', '-passin', 'file:password', '-info', '-noout');
    };
    const modern = await info('modern');
    expect(modern).to.include('MAC: sha256, Iteration 10000');
    expect(modern.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/g)).to.have.length(2);
    const legacy = await info('legacy');
    expect(legacy).to.include('MAC: sha1, Iteration 10000');
    expect(legacy.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000/g)).to.have.length(2);
  });

  it('read back what was written', async () => {
    for (const kind of ['P-256', 'RSA-2048'] as const) {
      const content = await contentWith(kind);
      const read = await readPkcs12(await createPkcs12(content, { friendlyName, password }), password);
      expect(read.privateKey.equals(content.privateKey)).to.equal(true);
      expect(read.certificate.raw).to.deep.equal(content.certificate.raw);
      expect(read.chain.map(({ raw }) => raw)).to.deep.equal([authority.certificate.raw]);
    }
  });

  it('are read when openssl wrote them', async () => {
    const content = await contentWith('P-256');
    ssl.file('k', writePrivateKey(content.privateKey));
    ssl.file('c', content.certificate.toString());
    ssl.file('ca', authority.certificate.toString());
    const bytes = ssl.bytes(
      'pkcs12',
      '-export',
      '-inkey',
      'k',
      '-in',
      'c',
      '-certfile',
      'ca',
      '-passout',
      'file:password',
    );
    const read = await readPkcs12(bytes, password);
    expect(read.privateKey.equals(content.privateKey)).to.equal(true);
    expect(read.certificate.raw).to.deep.equal(content.certificate.raw);
  });

  const refusal = (bytes: Uint8Array, secret = password) =>
    readPkcs12(bytes, secret).then(
      () => expect.fail('it was read'),
      (error: unknown) => error,
    );

  it('refuse a wrong password, every truncation and changed bytes with its own error', async () => {
    const bytes = await createPkcs12(await contentWith('P-256'), { friendlyName, password });
    expect(await refusal(bytes, 'wrong password'))
      .to.be.instanceOf(CertificateError)
      .with.property('hint');
    for (let length = 0; length < bytes.length; length += 7) {
      expect(await refusal(bytes.subarray(0, length)), `${length} bytes`).to.be.instanceOf(CertificateError);
    }
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 0xff;
      expect(await refusal(changed), `byte ${at}`).to.be.instanceOf(CertificateError);
    }
    expect(await refusal(new Uint8Array(maximumPkcs12Bytes + 1))).to.be.instanceOf(CertificateError);
  });

  it('refuse to make somebody iterate for minutes', async () => {
    const content = await contentWith('P-256');
    ssl.file('k', writePrivateKey(content.privateKey));
    ssl.file('c', content.certificate.toString());
    const args = ['pkcs12', '-export', '-inkey', 'k', '-in', 'c', '-passout', 'file:password', '-iter', '1000001'];
    const error = await refusal(ssl.bytes(...args));
    expect(error).to.be.instanceOf(CertificateError).with.property('message').that.includes('1000001 iterations');
  });

  it('say that the legacy format is not read', async () => {
    const bytes = await createPkcs12(await contentWith('RSA-2048'), { friendlyName, password, format: 'legacy' });
    expect(await refusal(bytes))
      .to.be.instanceOf(CertificateError)
      .with.property('message')
      .that.includes('legacy');
  });

  it('refuse the key of another certificate, and passwords that readers disagree about', async () => {
    const [mine, other] = await Promise.all([contentWith('P-256'), contentWith('P-256')]);
    const failure = async (content: Pkcs12Content, secret: string) =>
      createPkcs12(content, { friendlyName, password: secret }).catch((error: unknown) => error);
    expect(await failure({ ...mine, privateKey: other.privateKey }, password)).to.be.instanceOf(CertificateError);
    for (const secret of ['', 'short', 'p\u00e4ssword', 'x'.repeat(129)]) {
      expect(await failure(mine, secret), secret).to.be.instanceOf(CertificateError);
    }
  });
});

describe('passwords for PKCS#12 files', () => {
  it('have 130 random bits in characters that nobody confuses', () => {
    expect(createPassword())
      .to.match(/^[a-km-np-z2-9]{26}$/)
      .and.not.equal(createPassword());
    expect(createPassword((size) => new Uint8Array(size).map((_, i) => i))).to.equal('abcdefghijkmnpqrstuvwxyz23');
  });

  it('use every character equally often', () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const character = createPassword(() => Uint8Array.of(byte));
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect([...counts.values()]).to.deep.equal(Array<number>(32).fill(8));
  });
});
