/**
 * No client is certified under a name of the server or an address, for a key of the server, or for longer than the
 * setting says.
 */
import { createPublicKey } from 'node:crypto';
import { BmpString, PrintableString, TeletexString, UniversalString, Utf8String } from 'asn1js';
import type { RelativeDistinguishedNames } from 'pkijs';
import { expect } from 'chai';
import { createAuthority, issueClientCertificate, issueServerCertificate, signRequest } from '#certs/authority';
import { generateKeys, type KeyPair } from '#certs/keys';
import { readRequest } from '#certs/request';
import { createRequest } from '#test/certs/create-request';
import { makeCrmf } from '#test/certs/crmf';
import { address, altNames, attributeOf, dns, hostileRequest, named, nameOf } from '#test/certs/hostile-request';
import { useOpenSsl } from '#test/certs/openssl';
import { given, id, name, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, isOld, struct, value, item } from '#test/fixtures/items';
import {
  getCertificate,
  hex,
  openCertifying,
  registerCertificate,
  registerPublicKey,
  type Certifying,
} from './authority.ts';

const names = ['kms.example.org', '*.wild.example.org', 'b\u00fccher.example', '192.0.2.7', '2001:db8::7', 'KMS-1'];
const day = 24 * 3600;
const text = (content: string, type?: string) => attributeOf(new Utf8String({ value: content }), type);

/** Subjects that could pass for a server, each for a reason of its own. */
const subjects: Record<string, RelativeDistinguishedNames> = {
  'the name of every machine': named('localhost'),
  capitals: named('LocalHost'),
  'a dot at the end': named('localhost.'),
  'spaces around it': named(' localhost '),
  'a name below localhost': named('kms.localhost'),
  'the name that clients dial': named('kms.example.org'),
  'the short name of the machine': named('kms-1'),
  'a name that the served wildcard covers': named('array.wild.example.org'),
  'the served wildcard': named('*.wild.example.org'),
  'a wildcard that covers the name': named('*.example.org'),
  'a wildcard within a label': named('k*s.example.org'),
  'a star alone': named('*'),
  'a name of another script': named('b\u00fccher.example'),
  'the same in Punycode': named('xn--bcher-kva.example'),
  'wide letters': named('\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54'),
  'a letter that is not seen': named('local\u00adhost'),
  'an address': named('192.0.2.7'),
  'an address of nobody': named('10.9.8.7'),
  'an address in parts': named('127.1'),
  'an address in hexadecimal': named('0x7f000001'),
  'an address as one number': named('2130706433'),
  'an address of six': named('2001:db8::7'),
  'an address in brackets': named('[::1]'),
  'a mapped address': named('::ffff:192.0.2.7'),
  'a NUL within': named('localhost\u0000.evil.example'),
  'a second Common Name': named('array 7', 'localhost'),
  'a first Common Name': named('localhost', 'array 7'),
  'a part of two attributes': nameOf([text('x', '2.5.4.10'), text('localhost')]),
  'two Common Names in one part': nameOf([text('array 7'), text('localhost')]),
  'a BMPString': nameOf([attributeOf(new BmpString({ value: 'localhost' }))]),
  'a UniversalString': nameOf([attributeOf(new UniversalString({ value: 'localhost' }))]),
  'a PrintableString': nameOf([attributeOf(new PrintableString({ value: 'localhost' }))]),
  'a TeletexString': nameOf([attributeOf(new TeletexString({ value: 'localhost' }))]),
  unstructuredName: nameOf([text('array 7')], [text('localhost', '1.2.840.113549.1.9.2')]),
};

for (const version of ['1.4', '2.1']) {
  describe(`what clients have certified in ${version}`, () => {
    const ssl = useOpenSsl();
    let server: Certifying;
    let caller: Caller;
    let keys: KeyPair;
    let serverKeys: KeyPair;
    const invalid = isOld(version) ? 'InvalidField' : 'InvalidCSR';
    const now = (): number => Math.floor(server.fixture.clock.now / 1000);

    before(async () => {
      [keys, serverKeys] = await Promise.all([generateKeys('P-256'), generateKeys('RSA-2048')]);
      server = await openCertifying({ names, keys: [serverKeys.publicKey], days: 30 });
      caller = server.caller(version);
    });
    after(() => server.fixture.close());

    const request = (content: Uint8Array, type = 2) => [
      enumerated('CertificateRequestType', type),
      bytes(isOld(version) ? 'CertificateRequest' : 'CertificateRequestValue', hex(content)),
    ];
    const certify = async (...payload: Parameters<Caller['call']>[1][]): Promise<string> =>
      value(await caller.call('Certify', ...payload), 'UniqueIdentifier') as string;
    const refusal = async (content: Uint8Array, type?: number): Promise<unknown> =>
      (await caller.refused('Certify', ...request(content, type))).reason;

    for (const [what, subject] of Object.entries(subjects)) {
      it(`has no subject with ${what}`, async () => {
        expect(await refusal(hostileRequest(keys, subject))).to.equal(invalid);
        const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${hostileRequest(keys, subject).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
        expect(await refusal(Buffer.from(pem), 3)).to.equal(invalid);
        // A certificate from elsewhere that has it is not certified again.
        const elsewhere = await createAuthority('elsewhere', { now: new Date(server.fixture.clock.now) });
        const foreign = signRequest(elsewhere, readRequest(hostileRequest(keys, subject)), {
          now: new Date(server.fixture.clock.now),
        });
        const kept = await registerCertificate(caller, foreign.raw);
        expect((await caller.refused('ReCertify', id(kept))).reason).to.equal('InvalidField');
      });
    }

    it("has no alternative name that is the server's, an address, or none", async () => {
      for (const bad of [
        ...['localhost', 'LOCALHOST', 'kms.example.org', 'KMS.example.org', '*.example.org', 'a.wild.example.org'].map(
          dns,
        ),
        ...['10.0.0.1', '127.1', 'localhost\u0000.evil.example', 'kms.example.org.', 'a b'].map(dns),
        ...[address(192, 0, 2, 7), address(8, 8, 8, 8), address(...Buffer.alloc(16, 1)), address(1, 2)],
      ]) {
        const made = hostileRequest(keys, named('array 7'), [altNames(dns('array.example.net'), bad)]);
        expect(await refusal(made), String(bad.value)).to.equal(invalid);
      }
    });

    it('asks for extensions once, and in one place', async () => {
      const [decent, bad] = [altNames(dns('array.example.net')), altNames(dns('localhost'))];
      expect(await refusal(hostileRequest(keys, named('array 7'), [decent], [bad]))).to.equal(invalid);
      expect(await refusal(hostileRequest(keys, named('array 7'), [decent, bad]))).to.equal(invalid);
    });

    it('is one request at a time', async () => {
      const pems = ['array 7', 'array 8'].map((commonName) => createRequest({ commonName }, keys));
      expect(await refusal(Buffer.from(pems.join('')), 3)).to.equal(invalid);
    });

    it('may have names of its own, and drops what is neither a DNS name nor an address', async () => {
      for (const commonName of [
        'array 7',
        'kms2.example.org',
        '7',
        '4711',
        'a.b.wild.example.org',
        'localhosts',
        'Release 1.2',
      ]) {
        const made = await certify(...request(hostileRequest(keys, named(commonName))));
        expect((await getCertificate(caller, made)).subject).to.equal(`CN=${commonName}`);
      }
      ssl.run(
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'k',
        '-out',
        'csr',
        '-subj',
        '/O=localhost/CN=array 7',
        '-addext',
        'subjectAltName=DNS:array.example.net,URI:https://localhost,email:root@localhost,otherName:1.2.3;UTF8:localhost,dirName:d',
        '-config',
        ssl.file('c', '[req]\ndistinguished_name=n\n[n]\n[d]\nCN=localhost\n'),
      );
      const made = await certify(...request(ssl.bytes('req', '-in', 'csr', '-outform', 'DER')));
      const certificate = await getCertificate(caller, made);
      expect(certificate.subjectAltName).to.equal('DNS:array.example.net');
      const said = ssl.run('x509', '-noout', '-text', '-in', ssl.file('c.pem', certificate.toString()));
      expect(said)
        .to.match(/Key Usage: critical\s+Digital Signature\n/)
        .and.to.include('CA:FALSE');
      expect(said).to.match(/Extended Key Usage: \n\s+TLS Web Client Authentication\n/);
    });

    it('has no name that a public key brings', async () => {
      for (const bad of ['localhost', 'kms.example.org', '192.0.2.7']) {
        const publicKey = await registerPublicKey(caller, keys.publicKey, name(`${bad}`));
        expect((await caller.refused('Certify', id(publicKey))).reason).to.equal('InvalidField');
      }
    });

    it('has no name that a request in the format of RFC 4211 asks for', async () => {
      for (const more of [
        ['-subject', '/CN=localhost'],
        ['-sans', 'localhost'],
        ['-sans', '10.0.0.7'],
      ]) {
        expect(await refusal(makeCrmf(ssl, { more }).requests, 1)).to.equal(invalid);
      }
    });

    it('is for no key of the server or of its authority', async () => {
      expect(await refusal(hostileRequest(serverKeys, named('array 7')))).to.equal(invalid);
      const own = server.authority.certificate.publicKey;
      for (const key of [own, serverKeys.publicKey]) {
        const block = struct(
          'KeyBlock',
          ...[
            enumerated('KeyFormatType', 'X_509'),
            struct('KeyValue', bytes('KeyMaterial', hex(key.export({ format: 'der', type: 'spki' })))),
          ],
        );
        const kept = await caller.call(
          'Register',
          enumerated('ObjectType', 'PublicKey'),
          given(version, int('CryptographicUsageMask', 2)),
          struct('PublicKey', block),
        );
        expect((await caller.refused('Certify', id(value(kept, 'UniqueIdentifier') as string))).reason).to.equal(
          'InvalidField',
        );
      }
      const served = issueServerCertificate(
        server.authority,
        { names: ['a.example.net'], publicKey: serverKeys.publicKey },
        { now: new Date(now() * 1000) },
      );
      const kept = await registerCertificate(caller, served.raw);
      expect((await caller.refused('ReCertify', id(kept))).reason).to.equal('InvalidField');
    });

    it('ends within the days of the setting, whatever Deactivation Date is asked for', async () => {
      const made = hostileRequest(keys, named('array 7'));
      const endOf = async (...more: Parameters<typeof given>[1][]): Promise<number> => {
        const certificate = await getCertificate(caller, await certify(...request(made), given(version, ...more)));
        return (new Date(certificate.validTo).getTime() / 1000 - now()) / day;
      };
      expect(await endOf()).to.equal(30);
      expect(await endOf(date('DeactivationDate', now() + 9000 * day))).to.equal(30);
      expect(await endOf(date('DeactivationDate', now() + 5 * day))).to.equal(5);
      const first = await certify(...request(made));
      const second = value(await caller.call('ReCertify', id(first)), 'UniqueIdentifier') as string;
      expect(new Date((await getCertificate(caller, second)).validTo).getTime() / 1000 - now()).to.equal(30 * day);
    });

    it('is for keys that are strong enough, and signed with SHA-2', async () => {
      for (const [key, digest] of [
        ['rsa:1024', 'sha256'],
        ['rsa:2048', 'sha1'],
        ['rsa:2048', 'md5'],
        ['rsa:2048', 'sha256'],
      ] as const) {
        ssl.run(
          'req',
          '-new',
          '-newkey',
          key,
          `-${digest}`,
          '-nodes',
          '-keyout',
          'k',
          '-out',
          'csr',
          '-subj',
          '/CN=array 7',
        );
        const der = ssl.bytes('req', '-in', 'csr', '-outform', 'DER');
        const isFine = key === 'rsa:2048' && digest === 'sha256';
        const [answer] = await caller.send([item('Certify', request(der))]);
        expect(answer?.status === 'Success', `${key} ${digest}`).to.equal(isFine);
      }
    });

    it('is not certified again when it is revoked, or its key cannot be read', async () => {
      const made = await certify(...request(hostileRequest(keys, named('array 7'))));
      const { fingerprint256 } = await getCertificate(caller, made);
      server.revoked.add(fingerprint256.replaceAll(':', '').toLowerCase());
      expect((await caller.refused('ReCertify', id(made))).reason).to.equal('PermissionDenied');

      const fine = issueClientCertificate(
        server.authority,
        { commonName: 'a', publicKey: keys.publicKey },
        { now: new Date(now() * 1000) },
      );
      const unknown = Buffer.from(fine.raw);
      // id-ecPublicKey becomes an algorithm that nobody knows.
      unknown.writeUInt8(0x7f, unknown.indexOf(Buffer.from('2a8648ce3d0201', 'hex')) + 6);
      expect(() => createPublicKey(unknown)).to.throw();
      const kept = await registerCertificate(caller, unknown);
      expect((await caller.refused('ReCertify', id(kept))).reason).to.equal('InvalidField');
    });
  });
}
