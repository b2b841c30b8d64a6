import { expect } from 'chai';

import { createAuthority, issueClientCertificate, type Authority } from '#certs/authority';
import {
  assertKeyMatches,
  factsOf,
  fingerprintOf,
  maximumCertificateBytes,
  maximumSubjectCharacters,
  readCertificate,
  readCertificateChain,
  validityAt,
} from '#certs/inspect';
import { generateKeys, writePrivateKey, type KeyPair } from '#certs/keys';
import { OperatorError } from '#operator-error';

import { useOpenSsl } from './openssl.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('reading certificates', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  let keys: KeyPair;
  before(async () => {
    [authority, keys] = await Promise.all([createAuthority('kmipd CA', { now }), generateKeys('P-256')]);
  });

  const issue = (commonName: string) =>
    issueClientCertificate(authority, { commonName, publicKey: keys.publicKey }, { now });
  const selfSigned = (subject: string, ...args: string[]) => {
    ssl.run(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'c',
      '-utf8',
      '-subj',
      subject,
      ...args,
    );
    return ssl.run('x509', '-in', 'c');
  };

  it('tells the same as openssl, from PEM and from DER', () => {
    const issued = issue('my-array');
    const file = ssl.file('c.crt', issued.toString());
    const said = ssl.run('x509', '-in', file, '-noout', '-fingerprint', '-sha256', '-serial');
    const [fingerprint, serial] = said.split('\n').map((line) => line.split('=')[1]?.replaceAll(':', '').toLowerCase());
    for (const input of [issued.toString(), issued.raw, `a note\r\n${issued.toString().replaceAll('\n', '\r\n')}`]) {
      const facts = factsOf(readCertificate(input));
      expect(facts).to.include({ fingerprint, serialNumber: serial, subject: 'CN=my-array', issuer: 'CN=kmipd CA' });
      expect(facts.publicKey.equals(keys.publicKey)).to.equal(true);
    }
    expect(fingerprintOf(issued.raw))
      .to.equal(fingerprint)
      .and.match(/^[0-9a-f]{64}$/);
  });

  for (const [subject, text] of [
    ['/C=CH/O=Example, Inc./CN=a+b', 'CN=a\\+b,O=Example\\, Inc.,C=CH'],
    ['/O=B\u00fccher/CN=\u{1f511}', 'CN=\\F0\\9F\\94\\91,O=B\\C3\\BCcher'],
    ['/CN=a\nCN=root', 'CN=a\\0ACN=root'],
    ['/1.2.3.4.5=odd/CN= #x', 'CN=\\ #x,1.2.3.4.5=odd'],
  ] as const) {
    it(`writes the subject ${JSON.stringify(subject)} as ${text}`, () => {
      const args = subject.includes('1.2.3')
        ? ['-config', ssl.file('cnf', 'oid_section=o\n[o]\nodd=1.2.3.4.5\n[req]\ndistinguished_name=d\n[d]\n')]
        : [];
      const pem = selfSigned(subject.replace('1.2.3.4.5', 'odd').replace('+', '\\+'), ...args);
      expect(factsOf(readCertificate(pem)).subject).to.equal(text);
    });
  }

  it('bounds a subject that somebody made endless', () => {
    const endless = Array.from({ length: 30 }, (_, i) => `/OU=${'\u00fc'.repeat(30)}${i}`).join('');
    const { subject } = factsOf(readCertificate(selfSigned(endless)));
    expect(subject)
      .to.have.length(maximumSubjectCharacters)
      .and.match(/^OU=[\x20-\x7e]+\.\.\.$/);
  });

  it('refuses a certificate beyond the bound, before parsing it', () => {
    for (const input of [
      new Uint8Array(maximumCertificateBytes + 1).fill(0x30),
      'x'.repeat(maximumCertificateBytes + 1),
    ]) {
      expect(() => readCertificate(input)).to.throw(OperatorError, `at most ${maximumCertificateBytes}`);
    }
  });

  it('refuses every truncation and whatever is no certificate with its own error', () => {
    const { raw } = issue('cut');
    for (let length = 0; length < raw.length; length++) {
      expect(() => readCertificate(raw.subarray(0, length)), `${length} bytes`).to.throw(OperatorError);
    }
    expect(() => readCertificate(Buffer.concat([raw, Buffer.of(0)]))).to.throw(OperatorError, 'bytes follow');
    expect(() => readCertificate('')).to.throw(OperatorError, 'neither PEM nor DER');
    expect(() => readCertificate(writePrivateKey(keys.privateKey))).to.throw(OperatorError, 'is a PRIVATE KEY');
  });

  it('throws nothing but its own error when any byte is changed', () => {
    const { raw } = issue('flip');
    for (let at = 0; at < raw.length; at++) {
      const bytes = Buffer.from(raw);
      bytes[at] = bytes[at]! ^ 0xff;
      try {
        factsOf(readCertificate(bytes));
      } catch (error) {
        expect(error, `byte ${at}`).to.be.instanceOf(OperatorError);
      }
    }
  });

  it('reads a chain in its order, bounded in length', () => {
    const pem = issue('leaf').toString() + authority.certificate.toString();
    expect(readCertificateChain(pem).map((one) => factsOf(one).subject)).to.deep.equal(['CN=leaf', 'CN=kmipd CA']);
    expect(() => readCertificateChain(pem.repeat(6))).to.throw(OperatorError, 'at most 10 certificates, not 12');
    expect(readCertificateChain(authority.certificate.raw)).to.have.length(1);
    expect(() => readCertificateChain('nothing')).to.throw(OperatorError, 'neither PEM nor DER');
    expect(() => readCertificateChain('x'.repeat(maximumCertificateBytes + 1))).to.throw(OperatorError, 'at most');
  });

  it('tells whether a key belongs to a certificate', () => {
    expect(() => assertKeyMatches(issue('mine'), keys.privateKey)).to.not.throw();
    expect(() => assertKeyMatches(issue('mine'), authority.privateKey)).to.throw(OperatorError, 'does not belong');
    expect(() => assertKeyMatches(issue('mine'), keys.publicKey)).to.throw(OperatorError, 'does not belong');
  });

  it('counts both ends of the validity as valid', () => {
    const facts = factsOf(issue('dates'));
    expect(validityAt(facts, facts.notBefore)).to.equal('valid');
    expect(validityAt(facts, facts.notAfter)).to.equal('valid');
    expect(validityAt(facts, new Date(facts.notBefore.getTime() - 1))).to.equal('not yet valid');
    expect(validityAt(facts, new Date(facts.notAfter.getTime() + 1000))).to.equal('expired');
  });
});
