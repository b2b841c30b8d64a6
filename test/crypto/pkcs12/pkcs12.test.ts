/**
 * PKCS#12 containers against a second opinion, the openssl command: it reads ours, and we read its (RFC 7292, RFC
 * 8018).
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import forge from 'node-forge';
import { derivePkcs12 } from '#crypto/pkcs12/pkcs12-derivation';
import { writePkcs12, type Pkcs12Format } from '#crypto/pkcs12/pkcs12';
import { entryOf, maximumPkcs12Bytes, readPkcs12 } from '#crypto/pkcs12/read-pkcs12';
import { KmipError } from '#protocol/kmip-error';
import { useOpenSsl } from '#test/certs/openssl';
import { makeChain, type Chain } from '#test/crypto/certificates/chain-of-openssl';

const password = 'pass word 123 "quoted"';

const refusal = (bytes: Uint8Array, secret = password): Promise<KmipError> =>
  Promise.resolve()
    .then(() => readPkcs12(bytes, secret))
    .then(
      () => expect.fail('it was read'),
      (error: unknown) => {
        if (error instanceof KmipError) return error;
        throw error;
      },
    );

describe('PKCS#12 containers', () => {
  const ssl = useOpenSsl();
  const made = new Map<'RSA' | 'EC', Chain>();
  before(() => {
    ssl.file('password', password);
    for (const algorithm of ['RSA', 'EC'] as const) made.set(algorithm, makeChain(ssl, algorithm));
  });
  const chainOf = (algorithm: 'RSA' | 'EC'): Chain => made.get(algorithm) as Chain;
  const protectedBy = ['-passout', 'file:password'];
  const write = async ({ privateKey, certificates }: Chain, format: Pkcs12Format) =>
    writePkcs12({ privateKey, certificates }, { friendlyName: 'leaf', password, format, random: randomBytes });

  it('derive as node-forge does, whatever the hash, the purpose and the length', async () => {
    for (const hash of ['sha1', 'sha256'] as const) {
      for (const [purpose, number] of [
        ['key', 1],
        ['iv', 2],
        ['mac', 3],
      ] as const) {
        for (const size of [5, 8, 20, 24, 33, 64]) {
          const salt = randomBytes(11);
          const theirs = forge.pkcs12.generateKey(
            password,
            forge.util.createBuffer(salt.toString('latin1')),
            number,
            2001,
            size,
            forge.md[hash].create(),
          );
          const ours = derivePkcs12(password, { hash, salt, rounds: 2001 }, purpose, size);
          expect(ours.toString('latin1'), `${hash} ${purpose} ${size}`).to.equal(theirs.getBytes());
        }
      }
    }
  });

  for (const algorithm of ['RSA', 'EC'] as const) {
    for (const format of ['modern', 'legacy'] as const) {
      it(`of ${algorithm} in the ${format} format are read by openssl, and by us`, async () => {
        const chain = chainOf(algorithm);
        const bytes = await write(chain, format);
        ssl.file('c.p12', bytes);
        const said = ssl.run('pkcs12', '-in', 'c.p12', '-passin', 'file:password', '-noenc');
        expect(said).to.include('friendlyName: leaf').and.include(chain.privateKey.toString('base64').slice(0, 60));
        for (const each of chain.certificates) expect(said).to.include(new X509Certificate(each).toString().trim());
        const read = entryOf(readPkcs12(bytes, password), 'LEAF');
        expect(Buffer.from(read?.privateKey as Uint8Array)).to.deep.equal(chain.privateKey);
        expect(read?.certificates.map(Buffer.from)).to.deep.equal(chain.certificates.map(Buffer.from));
      });
    }

    const ways: { readonly [name: string]: readonly string[] } = {
      'as openssl has it by itself': [],
      'with triple DES of PKCS#12': ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
      'with triple DES of PBES2': ['-certpbe', 'DES-EDE3-CBC', '-keypbe', 'DES-EDE3-CBC'],
      'with AES-128 and SHA-512': ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-192-CBC', '-macalg', 'sha512'],
      'with certificates in the clear': ['-certpbe', 'NONE'],
      'with the key in the clear': ['-keypbe', 'NONE'],
      'with many rounds': ['-iter', '50000', '-maciter'],
      'without a MAC': ['-nomac'],
      'with the ciphers of old': ['-legacy'],
    };
    for (const [way, options] of Object.entries(ways)) {
      it(`of ${algorithm} are read ${way}, with and without a chain`, async function () {
        const chain = chainOf(algorithm);
        for (const [issuers, length] of [
          [chain.withIssuers, 3],
          [[], 1],
        ] as const) {
          let bytes: Buffer;
          try {
            bytes = chain.pack('-name', 'Leaf', ...protectedBy, ...options, ...issuers);
          } catch (error) {
            // The provider of old ciphers is a package of its own in some systems.
            if (way.endsWith('of old')) return this.skip();
            throw error;
          }
          const entries = readPkcs12(bytes, password);
          const read = entryOf(entries, undefined);
          expect(read?.friendlyName).to.equal('Leaf');
          expect(Buffer.from(read?.privateKey as Uint8Array)).to.deep.equal(chain.privateKey);
          expect(read?.certificates.map(Buffer.from)).to.deep.equal(
            chain.certificates.slice(0, length).map(Buffer.from),
          );
          expect((await refusal(bytes, 'wrong')).reason).to.equal('BadPassword');
        }
      });
    }
  }

  it('are found by their name only', async () => {
    const bytes = await write(chainOf('EC'), 'modern');
    expect(entryOf(readPkcs12(bytes, password), 'other')).to.equal(undefined);
  });

  it('take passwords that are not ASCII as openssl does', async () => {
    const chain = chainOf('EC');
    const secret = 'p\u00e4ssw\u00f6rt \u20ac';
    ssl.file('utf8', secret);
    for (const options of [[], ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES']]) {
      const theirs = chain.pack('-passout', 'file:utf8', ...options);
      expect(entryOf(readPkcs12(theirs, secret), undefined)?.certificates).to.have.length(1);
    }
    const { privateKey, certificates } = chain;
    for (const format of ['modern', 'legacy'] as const) {
      const options = { friendlyName: 'leaf', password: secret, format, random: randomBytes };
      ssl.file('c.p12', writePkcs12({ privateKey, certificates }, options));
      expect(ssl.run('pkcs12', '-in', 'c.p12', '-passin', 'file:utf8', '-noenc')).to.include('PRIVATE KEY');
    }
  });

  it('refuse a wrong password, every truncation and changed bytes', async () => {
    for (const format of ['modern', 'legacy'] as const) {
      const bytes = await write(chainOf('EC'), format);
      expect((await refusal(bytes, 'wrong password')).reason).to.equal('BadPassword');
      for (let length = 0; length < bytes.length; length += 41) {
        expect((await refusal(bytes.subarray(0, length))).reason, `${length} bytes`).to.equal('InvalidField');
      }
      for (let at = 0; at < bytes.length; at += 97) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ 0xff;
        expect((await refusal(changed)).reason, `byte ${at}`).to.be.oneOf(['BadPassword', 'InvalidField']);
      }
    }
    expect((await refusal(new Uint8Array(maximumPkcs12Bytes + 1))).reason).to.equal('InvalidField');
  });

  it('refuse to make somebody iterate for minutes', async () => {
    const error = await refusal(chainOf('EC').pack(...protectedBy, '-iter', '1000001'));
    expect([error.reason, error.message]).to.deep.equal([
      'InvalidField',
      'the PKCS#12 container requires 1000001 iterations, but its parts may have 1 to 250000 together',
    ]);
    expect((await refusal(chainOf('EC').pack(...protectedBy, '-iter', '1000001', '-nomac'))).message).to.include(
      '1 to 1000000 together',
    );
    // One part after the other, each of them modest.
    const both = ['-iter', '500001', '-nomac', '-certpbe', 'AES-256-CBC'];
    const parts = await refusal(chainOf('EC').pack(...protectedBy, ...both));
    expect([parts.reason, parts.message]).to.deep.equal([
      'InvalidField',
      'the PKCS#12 container requires 500001 iterations, but its parts may have 1 to 1000000 together',
    ]);
  });
});
