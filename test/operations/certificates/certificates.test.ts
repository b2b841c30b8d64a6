/**
 * Certificates, requests for them, and the other objects that are kept as they come: what Register finds out of each
 * (KMIP 2.1 §4.6 to §4.8, §4.61 to §4.63; 1.4 §3.8 to §3.16).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { Tag, type TagName } from '#protocol/tags';
import { callerOf, given, id, type Caller } from '#test/clients/caller';
import { pgpCertificates } from '#test/crypto/certificates/pgp-certificates';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, enumerated, int, isOld, struct, value, versions } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';

const subject =
  '/C=AU/ST=Queensland/L=Brisbane/O=Example, Inc/OU=Storage/OU=Arrays/CN=array.example/emailAddress=a@example.com/UID=u1';

/** A certificate that OpenSSL signs with its own key, and the request for it, in DER. */
function made(): { readonly certificate: Buffer; readonly request: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'kmipd-certificate-'));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { stdio: 'pipe' });
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')];
    const names = 'subjectAltName=DNS:array.example,IP:192.0.2.7,email:a@example.com,URI:https://array.example/';
    openssl(
      'req',
      '-x509',
      ...key,
      '-sha256',
      '-days',
      '30',
      '-subj',
      subject,
      '-set_serial',
      '0x0badcafe',
      '-addext',
      names,
      '-addext',
      'keyUsage=critical,digitalSignature,keyAgreement',
      '-outform',
      'DER',
      '-out',
      file('certificate'),
    );
    openssl(
      'req',
      '-new',
      '-key',
      file('key'),
      '-subj',
      '/CN=array.example',
      '-outform',
      'DER',
      '-out',
      file('request'),
    );
    return { certificate: readFileSync(file('certificate')), request: readFileSync(file('request')) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const octets = (tag: TagName, bytes: Uint8Array): Item => ({ tag: Tag[tag], type: ItemType.ByteString, value: bytes });
const texts = (items: readonly Item[]): readonly unknown[] => items.map((each) => each.value);

describe('certificates and what else is registered', () => {
  const { certificate, request } = made();
  let fixture: Fixture;
  let caller: (version: string) => Caller;

  before(async () => {
    fixture = await openFixture();
    caller = (version) => callerOf(fixture.handler, fixture.session(), version);
  });
  after(() => fixture.close());

  const register = async (here: Caller, type: number, object: Item, ...attributes: Item[]): Promise<string> => {
    const payload = await here.call(
      'Register',
      enumerated('ObjectType', type),
      given(here.version, ...attributes),
      object,
    );
    return value(payload, 'UniqueIdentifier') as string;
  };
  const x509 = struct('Certificate', enumerated('CertificateType', 'X_509'), octets('CertificateValue', certificate));

  /** The attributes of an object under their own tags, whatever the version. */
  const held = async (here: Caller, which: string): Promise<Item> =>
    struct(
      'Attributes',
      ...(await here.attributes(which)).map((each) => {
        if (!isOld(here.version)) return each;
        const name = value(each, 'AttributeName') as string;
        const tag = (Object.keys(Tag) as TagName[]).find((key) => names[key] === name);
        return { ...(at(each, 'AttributeValue') as Item), tag: tag === undefined ? 0 : Tag[tag] };
      }),
    );
  const names: { readonly [T in TagName]?: string } = {
    CertificateIdentifier: 'Certificate Identifier',
    CertificateSubject: 'Certificate Subject',
    CertificateIssuer: 'Certificate Issuer',
    CertificateLength: 'Certificate Length',
    CertificateType: 'Certificate Type',
    CryptographicAlgorithm: 'Cryptographic Algorithm',
    CryptographicLength: 'Cryptographic Length',
    CryptographicUsageMask: 'Cryptographic Usage Mask',
    DigitalSignatureAlgorithm: 'Digital Signature Algorithm',
    X_509CertificateIdentifier: 'X.509 Certificate Identifier',
    X_509CertificateSubject: 'X.509 Certificate Subject',
    X_509CertificateIssuer: 'X.509 Certificate Issuer',
  };

  it('comes back in every version as it was registered', async () => {
    for (const version of versions) {
      const here = caller(version);
      const got = await here.call('Get', id(await register(here, 1, x509)));
      expect(Buffer.from(value(got, 'Certificate', 'CertificateValue') as Uint8Array)).to.deep.equal(certificate);
    }
  });

  it('tells type, lengths, algorithms and use', async () => {
    for (const version of versions) {
      const here = caller(version);
      const attributes = await held(here, await register(here, 1, x509));
      expect(value(attributes, 'CertificateType')).to.equal(1);
      expect(value(attributes, 'CryptographicLength')).to.equal(256);
      expect(value(attributes, 'CryptographicAlgorithm')).to.equal(6);
      // Verify and Key Agreement.
      expect(value(attributes, 'CryptographicUsageMask')).to.equal(0x802);
      if (version === '1.0') continue;
      expect(value(attributes, 'CertificateLength')).to.equal(certificate.length);
      expect(value(attributes, 'DigitalSignatureAlgorithm')).to.equal(0x0e);
    }
  });

  it('tells names as texts in 1.x', async () => {
    for (const version of versions.filter(isOld)) {
      const here = caller(version);
      const attributes = await held(here, await register(here, 1, x509));
      const name =
        'UID=u1,emailAddress=a@example.com,CN=array.example,OU=Arrays,OU=Storage,O=Example\\, Inc,L=Brisbane,ST=Queensland,C=AU';
      const told = at(attributes, 'CertificateSubject') as Item;
      expect(value(told, 'CertificateSubjectDistinguishedName')).to.equal(name);
      expect(texts(all(told, 'CertificateSubjectAlternativeName'))).to.deep.equal([
        'array.example',
        '192.0.2.7',
        'a@example.com',
        'https://array.example/',
      ]);
      expect(value(attributes, 'CertificateIssuer', 'CertificateIssuerDistinguishedName')).to.equal(name);
      expect(value(attributes, 'CertificateIdentifier', 'Issuer')).to.equal(name);
      expect(value(attributes, 'CertificateIdentifier', 'SerialNumber')).to.equal('0badcafe');
    }
  });

  it('tells names and serial number as DER from 1.1 on', async () => {
    const { raw } = new X509Certificate(certificate);
    for (const version of versions.filter((each) => each !== '1.0')) {
      const here = caller(version);
      const attributes = await held(here, await register(here, 1, x509));
      const identifier = at(attributes, 'X_509CertificateIdentifier') as Item;
      expect(value(identifier, 'CertificateSerialNumber')).to.deep.equal(Uint8Array.of(0x0b, 0xad, 0xca, 0xfe));
      for (const [structure, field] of [
        ['X_509CertificateIdentifier', 'IssuerDistinguishedName'],
        ['X_509CertificateIssuer', 'IssuerDistinguishedName'],
        ['X_509CertificateSubject', 'SubjectDistinguishedName'],
      ] as const) {
        const der = Buffer.from(value(attributes, structure, field) as Uint8Array);
        expect(der[0]).to.equal(0x30);
        expect(raw.includes(der), `${structure} is part of the certificate`).to.equal(true);
      }
      const alternatives = all(at(attributes, 'X_509CertificateSubject') as Item, 'SubjectAlternativeName');
      expect(Buffer.from(alternatives[1]?.value as Uint8Array).toString('hex')).to.equal('8704c0000207');
      expect(alternatives.length).to.equal(4);
    }
  });

  it('tells every part of its names in 2.x', async () => {
    for (const version of ['2.0', '2.1']) {
      const here = caller(version);
      const attributes = await held(here, await register(here, 1, x509));
      const parts: readonly (readonly [TagName, readonly string[]])[] = [
        ['CertificateSubjectCN', ['array.example']],
        ['CertificateSubjectO', ['Example, Inc']],
        ['CertificateSubjectOU', ['Storage', 'Arrays']],
        ['CertificateSubjectEmail', ['a@example.com']],
        ['CertificateSubjectC', ['AU']],
        ['CertificateSubjectST', ['Queensland']],
        ['CertificateSubjectL', ['Brisbane']],
        ['CertificateSubjectUID', ['u1']],
        ['CertificateIssuerCN', ['array.example']],
        ['CertificateIssuerOU', ['Storage', 'Arrays']],
      ];
      for (const [tag, expected] of parts) expect(texts(all(attributes, tag)), tag).to.deep.equal(expected);
      expect(value(attributes, 'KeyFormatType')).to.equal(5);
    }
  });

  it('is found by what it tells', async () => {
    const here = caller('2.1');
    const which = await register(here, 1, x509);
    expect(await here.locate({ tag: Tag.CertificateSubjectOU, type: ItemType.TextString, value: 'Arrays' })).to.include(
      which,
    );
    expect(
      await here.locate({ tag: Tag.CertificateSubjectOU, type: ItemType.TextString, value: 'Other' }),
    ).to.deep.equal([]);
  });

  it('refuses a Certificate Type or a length that the certificate does not have', async () => {
    const here = caller('2.1');
    for (const [attribute, reason] of [
      [enumerated('CertificateType', 'PGP'), 'InvalidAttributeValue'],
      [int('CryptographicLength', 2048), 'InvalidAttributeValue'],
      [int('CertificateLength', 1), 'InvalidAttributeValue'],
      [enumerated('DigitalSignatureAlgorithm', 'SHA_256WithRSAEncryption'), 'InvalidAttributeValue'],
      [enumerated('CryptographicAlgorithm', 'RSA'), 'InvalidAttributeValue'],
    ] as const) {
      const answer = await here.refused(
        'Register',
        enumerated('ObjectType', 'Certificate'),
        given('2.1', attribute),
        x509,
      );
      expect(answer.reason).to.equal(reason);
    }
  });

  it('takes what clients of 1.x are to say of it (1.4 table 171)', async () => {
    const here = caller('1.4');
    const said = [
      int('CertificateLength', certificate.length),
      enumerated('DigitalSignatureAlgorithm', 'ECDSAWithSHA256'),
    ];
    const algorithm = [enumerated('CryptographicAlgorithm', 'EC'), int('CryptographicLength', 256)];
    const attributes = await held(here, await register(here, 1, x509, ...said, ...algorithm));
    expect(value(attributes, 'CertificateLength')).to.equal(certificate.length);
    expect(value(attributes, 'CryptographicAlgorithm')).to.equal(0x1a);
  });

  it('tells the identifiers of a PGP certificate', async () => {
    const pgp = struct(
      'Certificate',
      enumerated('CertificateType', 'PGP'),
      octets('CertificateValue', pgpCertificates.rsa2048),
    );
    for (const version of versions.filter(isOld)) {
      const here = caller(version);
      const attributes = await held(here, await register(here, 1, pgp));
      const userId = 'Array rsa2048 <rsa2048@example.org>';
      expect(value(attributes, 'CertificateIdentifier', 'Issuer')).to.equal('71B0F62846DC0164');
      expect(at(attributes, 'CertificateIdentifier', 'SerialNumber')).to.equal(undefined);
      expect(value(attributes, 'CertificateSubject', 'CertificateSubjectDistinguishedName')).to.equal(userId);
      expect(value(attributes, 'CryptographicLength')).to.equal(2048);
    }
  });

  it('takes what is said to be a PGP certificate as it is', async () => {
    const here = caller('1.4');
    const pgp = struct(
      'Certificate',
      enumerated('CertificateType', 'PGP'),
      octets('CertificateValue', Buffer.from('pgp')),
    );
    const attributes = await held(here, await register(here, 1, pgp));
    expect(value(attributes, 'CertificateLength')).to.equal(3);
    expect(at(attributes, 'X_509CertificateSubject')).to.equal(undefined);
  });

  it('takes a PKCS#10 request, tells its key, and refuses what is none', async () => {
    const here = caller('2.1');
    const asked = (type: number, bytes: Uint8Array): Item =>
      struct(
        'CertificateRequest',
        enumerated('CertificateRequestType', type),
        octets('CertificateRequestValue', bytes),
      );
    const which = await register(here, 10, asked(2, request));
    const attributes = await held(here, which);
    expect(value(attributes, 'CryptographicLength')).to.equal(256);
    expect(value(attributes, 'KeyFormatType')).to.equal(0x17);
    const got = await here.call('Get', id(which), enumerated('KeyFormatType', 'PKCS_10'));
    expect(value(got, 'CertificateRequest', 'CertificateRequestValue')).to.deep.equal(Uint8Array.from(request));
    for (const bytes of [request.subarray(1), Buffer.concat([request, Buffer.of(0)]), certificate]) {
      const answer = await here.refused(
        'Register',
        enumerated('ObjectType', 'CertificateRequest'),
        given('2.1'),
        asked(2, bytes),
      );
      expect(answer.reason).to.equal('InvalidField');
    }
  });
});
