import { expect } from 'chai';

import { createAuthority, issueClientCertificate, type Authority } from '#certs/authority';
import { generateKeys, writePrivateKey } from '#certs/keys';
import { createPassword } from '#certs/password';
import { createPkcs12, type Pkcs12Content } from '#certs/client-container';
import { OperatorError } from '#operator-error';

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

  it('refuse the key of another certificate, and passwords that readers disagree about', async () => {
    const [mine, other] = await Promise.all([contentWith('P-256'), contentWith('P-256')]);
    const failure = async (content: Pkcs12Content, secret: string) =>
      createPkcs12(content, { friendlyName, password: secret }).catch((error: unknown) => error);
    expect(await failure({ ...mine, privateKey: other.privateKey }, password)).to.be.instanceOf(OperatorError);
    for (const secret of ['', 'short', 'p\u00e4ssword', 'x'.repeat(129)]) {
      expect(await failure(mine, secret), secret).to.be.instanceOf(OperatorError);
    }
  });
});

describe('passwords for PKCS#12 files', () => {
  it('have 130 random bits in characters that are not confused', () => {
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
