import { expect } from 'chai';

import {
  authorityPem,
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  openAuthority,
  type Authority,
} from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import { factsOf } from '#certs/inspect';
import { generateKeys, keyKinds, type KeyPair } from '#certs/keys';
import { OperatorError } from '#operator-error';

import { useOpenSsl } from './openssl.ts';

const now = new Date('2026-03-01T12:00:00.500Z');
const hex = (text: string) => text.replaceAll(':', '').toLowerCase();

describe('the certificate authority', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  let keys: KeyPair;
  before(async () => {
    [authority, keys] = await Promise.all([createAuthority('kmipd CA', { now }), generateKeys('P-256')]);
    ssl.file('ca.crt', authority.certificate.toString());
  });

  const verify = (pem: string, ...args: string[]) =>
    ssl.run(
      'verify',
      '-x509_strict',
      '-attime',
      `${(now.getTime() / 1000 + 1) | 0}`,
      '-CAfile',
      'ca.crt',
      ...args,
      ssl.file('leaf.crt', pem),
    );
  const text = (pem: string) =>
    ssl.run('x509', '-noout', '-text', '-in', ssl.file('some.crt', pem)).replace(/\s+/g, ' ');
  const issueClient = (terms = {}) =>
    issueClientCertificate(authority, { commonName: 'my-array', publicKey: keys.publicKey }, { now, ...terms });
  const issueServer = (names: string[], terms = {}) =>
    issueServerCertificate(authority, { names, publicKey: keys.publicKey }, { now, ...terms });

  it('signs itself with P-256, for ten years, as an authority over end entities only', () => {
    const said = text(authority.certificate.toString());
    expect(said).to.include('Version: 3 (0x2)');
    expect(said).to.include('Issuer: CN = kmipd CA').and.include('Subject: CN = kmipd CA');
    expect(said).to.include('ecdsa-with-SHA256').and.include('NIST CURVE: P-256');
    expect(said).to.include('Basic Constraints: critical CA:TRUE, pathlen:0');
    expect(said).to.include('Key Usage: critical Certificate Sign, CRL Sign');
    expect(said).to.match(/Subject Key Identifier: ((?:[0-9A-F]{2}:?){20}) X509v3 Authority Key Identifier: \1/);
    expect(said).to.include('Not Before: Feb 28 12:00:00 2026 GMT Not After : Mar 1 12:00:00 2036 GMT');
    expect(verify(authority.certificate.toString())).to.include('OK');
  });

  for (const kind of keyKinds) {
    it(`makes an authority with ${kind} that openssl accepts`, async () => {
      const other = await createAuthority('Other CA', { now, kind });
      const issued = issueClientCertificate(other, { commonName: 'c', publicKey: keys.publicKey }, { now });
      const file = ssl.file('other.crt', other.certificate.toString());
      const leaf = ssl.file('other-leaf.crt', issued.toString());
      expect(ssl.run('verify', '-x509_strict', '-no_check_time', '-CAfile', file, leaf)).to.include('OK');
    });
  }

  it('opens again from the PEM that a store keeps', () => {
    const again = openAuthority(authorityPem(authority));
    expect(again.certificate.raw).to.deep.equal(authority.certificate.raw);
    expect(again.privateKey.equals(authority.privateKey)).to.equal(true);
  });

  it('refuses to open with the key of another, or with the certificate of an end entity', () => {
    const pem = authorityPem(authority);
    const foreign = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    expect(() => openAuthority({ ...pem, privateKey: foreign })).to.throw(OperatorError, 'does not belong');
    const leaf = { certificate: issueClient().toString(), privateKey: foreign };
    expect(() => openAuthority(leaf)).to.throw(OperatorError, 'must have CA:TRUE');
  });

  it('issues a client certificate for two years that is good for a TLS client only', () => {
    const issued = issueClient();
    const said = text(issued.toString());
    expect(said).to.include('Subject: CN = my-array').and.include('CA:FALSE');
    expect(said).to.include(
      'Key Usage: critical Digital Signature X509v3 Extended Key Usage: TLS Web Client Authentication X509v3 S',
    );
    expect(said).to.not.include('Alternative Name');
    expect(factsOf(issued).notBefore.toISOString()).to.equal('2026-02-28T12:00:00.000Z');
    expect(factsOf(issued).notAfter.toISOString()).to.equal('2028-03-01T12:00:00.000Z');
    expect(verify(issued.toString(), '-purpose', 'sslclient')).to.include('OK');
    expect(() => verify(issued.toString(), '-purpose', 'sslserver')).to.throw('unsuitable certificate purpose');
    expect(issued.verify(authority.certificate.publicKey)).to.equal(true);
  });

  it('gives a client both purposes, or none, when it is asked to', () => {
    const both = text(issueClient({ purposes: ['clientAuth', 'serverAuth'] }).toString());
    expect(both).to.include('TLS Web Client Authentication, TLS Web Server Authentication');
    expect(text(issueClient({ purposes: [] }).toString())).to.not.include('Extended Key Usage');
  });

  it('lets an RSA client decipher keys too, as TLS 1.2 without forward secrecy needs', async () => {
    const { publicKey } = await generateKeys('RSA-2048');
    const issued = issueClientCertificate(authority, { commonName: 'old', publicKey }, { now });
    expect(text(issued.toString())).to.include('Key Usage: critical Digital Signature, Key Encipherment');
  });

  it('issues a server certificate for one year with DNS names and addresses of both families', () => {
    const names = [
      'localhost',
      'KMIP.example.com',
      '*.example.org',
      '127.0.0.1',
      '::1',
      'fe80::a:b',
      '::ffff:10.1.2.3',
      '1:2:3:4:5:6:7:8',
      '2001:db8::',
    ];
    const issued = issueServer([...names, 'localhost']);
    const said = text(issued.toString());
    expect(said).to.include('Subject: CN = localhost').and.include('TLS Web Server Authentication X509v3 Subject');
    expect(said).to.include(
      'DNS:localhost, DNS:kmip.example.com, DNS:*.example.org, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, ' +
        'IP Address:FE80:0:0:0:0:0:A:B, IP Address:0:0:0:0:0:FFFF:A01:203, IP Address:1:2:3:4:5:6:7:8, ' +
        'IP Address:2001:DB8:0:0:0:0:0:0 ',
    );
    expect(factsOf(issued).notAfter.toISOString()).to.equal('2027-03-01T12:00:00.000Z');
    for (const [option, name] of [
      ['-verify_hostname', 'kmip.example.com'],
      ['-verify_hostname', 'a.example.org'],
      ['-verify_ip', '127.0.0.1'],
      ['-verify_ip', '::1'],
      ['-verify_ip', '::ffff:10.1.2.3'],
    ] as const) {
      expect(verify(issued.toString(), '-purpose', 'sslserver', option, name), name).to.include('OK');
    }
  });

  for (const name of [
    '',
    '-a.example',
    'a..b',
    'a b',
    'b\u00fccher.example',
    '1.2.3',
    '[::1]',
    'fe80::1%eth0',
    'a'.repeat(64),
    '*',
    'x:5696',
  ]) {
    it(`refuses ${JSON.stringify(name)} as the name of a server`, () => {
      expect(() => issueServer(['localhost', name])).to.throw(OperatorError, 'neither a DNS name nor an IP address');
    });
  }

  it('refuses a server without names and one with too many', () => {
    expect(() => issueServer([])).to.throw(OperatorError, 'at least one name');
    const many = Array.from({ length: 65 }, (_, i) => `host-${i}`);
    expect(() => issueServer(many)).to.throw(OperatorError, 'at most 64 names, not 65');
  });

  for (const name of ['', 'x'.repeat(65), 'a\nb']) {
    it(`refuses the common name ${JSON.stringify(name.slice(0, 5))} of ${name.length} characters`, () => {
      const client = { commonName: name, publicKey: keys.publicKey };
      expect(() => issueClientCertificate(authority, client, { now })).to.throw(OperatorError, 'common name');
    });
  }

  it('names where the revocation list is fetched when it has an address', () => {
    const crlUrl = 'http://kmip.example.com/ca.crl';
    expect(text(issueClient({ crlUrl }).toString())).to.include(`CRL Distribution Points: Full Name: URI:${crlUrl}`);
    for (const bad of ['ldap://x/y', 'http://b\u00fccher.example/', 'nothing', `http://x/${'y'.repeat(1000)}`]) {
      expect(() => issueClient({ crlUrl: bad }), bad).to.throw(OperatorError, 'revocation list must be http');
    }
  });

  it('draws 128 random bits into a positive serial number of at most 20 octets', () => {
    for (const byte of [0x00, 0x7f, 0xff]) {
      const issued = issueClient({ random: (size: number) => new Uint8Array(size).fill(byte) });
      const digits = byte.toString(16).padStart(2, '0').repeat(16);
      expect(factsOf(issued).serialNumber).to.equal(`01${digits}`);
      expect(hex(/Serial Number: ([0-9a-f:]+)/.exec(text(issued.toString()))?.[1] ?? '')).to.equal(`01${digits}`);
    }
    expect(issueClient().serialNumber).to.not.equal(issueClient().serialNumber);
  });

  it('never lets a certificate outlive its authority', () => {
    const late = yearsAfter(now, 9);
    expect(factsOf(issueClient({ now: late })).notAfter).to.deep.equal(factsOf(authority.certificate).notAfter);
  });

  it('refuses to issue when the authority has expired or is not valid yet', () => {
    expect(() => issueClient({ now: yearsAfter(now, 11) })).to.throw(
      OperatorError,
      "authority's certificate is valid from",
    );
    expect(() => issueClient({ now: yearsAfter(now, -1) })).to.throw(
      OperatorError,
      "authority's certificate is valid from",
    );
  });

  it('refuses an end that has passed or is more than thirty years away', async () => {
    expect(() => issueClient({ notAfter: now })).to.throw(OperatorError, 'must end in the future');
    const failure = await createAuthority('x', { now, notAfter: yearsAfter(now, 31) }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(OperatorError);
  });

  it('writes dates from 2050 on as openssl reads them', async () => {
    const issued = await createAuthority('far', { now, notAfter: new Date('2051-02-03T04:05:06.789Z') });
    expect(text(issued.certificate.toString())).to.include('Not After : Feb 3 04:05:06 2051 GMT');
    expect(factsOf(issued.certificate).notAfter.toISOString()).to.equal('2051-02-03T04:05:06.000Z');
  });
});
