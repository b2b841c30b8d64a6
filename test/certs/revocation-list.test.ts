import { expect } from 'chai';

import { createAuthority, issueClientCertificate, type Authority } from '#certs/authority';
import { createCrl, writeCrl, type Revocation, type RevocationReason } from '#certs/revocation-list';
import { factsOf } from '#certs/inspect';
import { generateKeys, type KeyPair } from '#certs/keys';
import { OperatorError } from '#operator-error';

import { useOpenSsl } from './openssl.ts';

const now = new Date();
const terms = { number: 7n, thisUpdate: now, nextUpdate: new Date(now.getTime() + 7 * 86_400_000) };

const revocationReasons: readonly RevocationReason[] = [
  ...(['unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded'] as const),
  ...(['cessationOfOperation', 'certificateHold', 'privilegeWithdrawn'] as const),
];

describe('the revocation list', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  let keys: KeyPair;
  before(async () => {
    [authority, keys] = await Promise.all([createAuthority('kmipd CA', { now }), generateKeys('P-256')]);
    ssl.file('ca.crt', authority.certificate.toString());
  });

  const issue = (commonName: string) =>
    issueClientCertificate(authority, { commonName, publicKey: keys.publicKey }, { now });
  const write = (revocations: readonly Revocation[], changed = {}) => {
    const file = ssl.file('ca.crl', writeCrl(createCrl(authority, revocations, { ...terms, ...changed })));
    return ssl.run('crl', '-in', file, '-noout', '-text', '-CAfile', 'ca.crt');
  };

  for (const kind of ['P-256', 'P-384', 'RSA-2048'] as const) {
    it(`is signed by an authority with ${kind}, empty at first`, async () => {
      const other = await createAuthority('Other', { now, kind });
      const ca = ssl.file('other.crt', other.certificate.toString());
      const crl = ssl.file('other.crl', createCrl(other, [], terms));
      const said = ssl.run('crl', '-inform', 'DER', '-in', crl, '-noout', '-text', '-CAfile', ca);
      expect(said).to.include('Version 2 (0x1)').and.include('No Revoked Certificates');
      expect(said).to.match(/CRL Number: \s*7/);
      const [, identifier] = /Authority Key Identifier: \s*([0-9A-F:]+)/.exec(said) ?? [];
      expect(ssl.run('x509', '-in', ca, '-noout', '-text')).to.include(identifier);
    });
  }

  it('makes openssl refuse the revoked certificate, and only that one', () => {
    const [bad, good] = [issue('bad'), issue('good')];
    const { serialNumber } = factsOf(bad);
    const said = write([{ serialNumber, revokedAt: now, reason: 'keyCompromise' }]);
    expect(said.toLowerCase()).to.include(`serial number: ${serialNumber}`);
    expect(said).to.include('Key Compromise');
    const check = (name: string, pem: string) =>
      ssl.run('verify', '-crl_check', '-CAfile', 'ca.crt', '-CRLfile', 'ca.crl', ssl.file(name, pem));
    expect(check('good.crt', good.toString())).to.include('OK');
    expect(() => check('bad.crt', bad.toString())).to.throw('certificate revoked');
  });

  it('gives every reason as openssl names it, and leaves an unspecified one out', () => {
    const revocations = revocationReasons.map((reason, i) => ({ serialNumber: `f${i}`, revokedAt: now, reason }));
    const said = write([...revocations, { serialNumber: '01', revokedAt: now }]);
    const names = [...said.matchAll(/Reason Code: \s*(.+)/g)].map(([, name]) => name);
    expect(names).to.deep.equal([
      'Key Compromise',
      'CA Compromise',
      'Affiliation Changed',
      'Superseded',
      'Cessation Of Operation',
      'Certificate Hold',
      'Privilege Withdrawn',
    ]);
    expect(said.match(/Serial Number: F\d\n/g)).to.have.length(revocationReasons.length);
  });

  it('holds ten thousand entries', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({ serialNumber: (i + 1).toString(16), revokedAt: now }));
    ssl.file('big.crl', createCrl(authority, many, terms));
    const said = ssl.run('crl', '-inform', 'DER', '-in', 'big.crl', '-noout', '-crlnumber', '-CAfile', 'ca.crt');
    expect(said).to.include('crlNumber=0x07');
  });

  it('refuses numbers, dates and serials out of their range', () => {
    expect(() => write([], { number: -1n })).to.throw(OperatorError, 'number of the list');
    expect(() => write([], { number: 1n << 159n })).to.throw(OperatorError, 'number of the list');
    expect(write([], { number: (1n << 159n) - 1n })).to.include('CRL Number');
    expect(() => write([], { nextUpdate: now })).to.throw(OperatorError, 'must come after');
    for (const serialNumber of ['', 'xyz', '0x10', '0'.repeat(41)]) {
      expect(() => write([{ serialNumber, revokedAt: now }])).to.throw(OperatorError, 'serial number');
    }
  });
});
