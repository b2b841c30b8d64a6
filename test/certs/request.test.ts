import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { createAuthority, issueClientCertificate, signRequest, type Authority } from '#certs/authority';
import { factsOf } from '#certs/inspect';
import { generateKeys } from '#certs/keys';
import { readPem } from '#certs/pem';
import { readRequest } from '#certs/request';
import { maximumRequestBytes } from '#certs/request-content';
import { OperatorError } from '#operator-error';

import { createRequest } from './create-request.ts';
import { useOpenSsl } from './openssl.ts';

const now = new Date();

/** The arguments for openssl to make each kind of key that appliances have. */
const keyArguments = {
  'RSA-2048': ['-newkey', 'rsa:2048'],
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'P-521': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  Ed25519: ['-newkey', 'ed25519'],
};

describe('signing requests', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  before(async () => {
    authority = await createAuthority('kmipd CA', { now });
    ssl.file('ca.crt', authority.certificate.toString());
  });

  const request = (key: readonly string[], ...args: string[]) => {
    ssl.run(
      'req',
      '-new',
      ...key,
      '-nodes',
      '-keyout',
      'client.key',
      '-out',
      'client.csr',
      '-subj',
      '/C=US/O=Example/CN=array-7',
      ...args,
    );
    return readFileSync(ssl.path('client.csr'), 'utf8');
  };
  const text = (pem: string) =>
    ssl.run('x509', '-noout', '-text', '-in', ssl.file('some.crt', pem)).replace(/\s+/g, ' ');
  const sign = (pem: string, terms = {}) => signRequest(authority, readRequest(pem), { now, ...terms });
  const altNames = [
    '-addext',
    'subjectAltName=DNS:array-7.example.com,IP:10.0.0.7,IP:2001:db8::7,email:a@example.com,URI:urn:x',
  ];

  for (const [kind, key] of Object.entries(keyArguments)) {
    it(`signs one of openssl with ${kind}, without and with alternative names`, () => {
      for (const args of [[], altNames]) {
        const issued = sign(request(key, ...args));
        ssl.file('leaf.crt', issued.toString());
        expect(ssl.run('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.crt', 'leaf.crt')).to.include(
          'OK',
        );
        expect(ssl.run('x509', '-in', 'leaf.crt', '-noout', '-pubkey')).to.equal(
          ssl.run('pkey', '-in', 'client.key', '-pubout'),
        );
        expect(factsOf(issued).subject).to.equal('CN=array-7,O=Example,C=US');
        const names = 'DNS:array-7.example.com, IP Address:10.0.0.7, IP Address:2001:DB8:0:0:0:0:0:7 X509v3';
        if (args.length > 0) expect(text(issued.toString())).to.include(names);
        else expect(text(issued.toString())).to.not.include('Alternative Name');
      }
    });
  }

  it('keeps the bytes of the subject, so that appliances find their own name again', () => {
    const pem = request(
      keyArguments['P-256'],
      '-utf8',
      '-nameopt',
      'utf8',
      '-subj',
      '/O=B\u00fccher AG/OU=a/OU=b/CN=x',
    );
    const subject = readRequest(pem).subject.valueBeforeDecode;
    expect(sign(pem).raw.includes(Buffer.from(subject))).to.equal(true);
  });

  it('grants what the operator says, not the authority, uses or purposes that a request wishes', () => {
    const greedy = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=keyCertSign',
      '-addext',
      'extendedKeyUsage=serverAuth,clientAuth,codeSigning',
    ];
    const pem = request(keyArguments['P-256'], ...greedy);
    expect(readRequest(pem).purposes).to.deep.equal(['serverAuth', 'clientAuth']);
    const said = text(sign(pem).toString());
    expect(said).to.include('CA:FALSE').and.include('Key Usage: critical Digital Signature X509v3');
    expect(said).to.include('Extended Key Usage: TLS Web Client Authentication X509v3');
    const both = text(sign(pem, { purposes: ['clientAuth', 'serverAuth'] }).toString());
    expect(both).to.include('TLS Web Client Authentication, TLS Web Server Authentication');
  });

  it('leaves the names out of a certificate that could pass for a server', () => {
    const pem = request(keyArguments['P-256'], ...altNames);
    for (const purposes of [[], ['clientAuth', 'serverAuth']]) {
      expect(text(sign(pem, { purposes }).toString())).to.not.include('Alternative Name');
    }
  });

  it('accepts DER, the older PEM label, and every hash but SHA-1', () => {
    const pem = request(keyArguments['RSA-2048'], '-sha512');
    const [block] = readPem(pem);
    expect(readRequest(block!.der).publicKey.asymmetricKeyType).to.equal('rsa');
    const old = pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
    expect(readRequest(old).publicKey.asymmetricKeyType).to.equal('rsa');
    expect(() => readRequest(request(keyArguments['RSA-2048'], '-sha1'))).to.throw(
      OperatorError,
      'signature algorithm',
    );
  });

  it('makes requests that openssl accepts, and signs them', async () => {
    for (const kind of ['P-256', 'P-384', 'RSA-2048'] as const) {
      const keys = await generateKeys(kind);
      const wishes = { commonName: 'mine', names: ['a.example', '::1'], purposes: ['clientAuth'] as const };
      for (const content of [{ commonName: 'mine' }, wishes]) {
        const pem = createRequest(content, keys);
        const said = ssl.run('req', '-verify', '-noout', '-text', '-in', ssl.file('own.csr', pem));
        expect(said).to.include('Subject: CN = mine');
        const read = readRequest(pem);
        expect(read.publicKey.equals(keys.publicKey)).to.equal(true);
        expect(read).to.deep.include({
          names: [],
          purposes: [],
          ...('names' in content && { names: content.names, purposes: content.purposes }),
        });
        expect(sign(pem).publicKey.equals(keys.publicKey)).to.equal(true);
      }
    }
  });

  it('refuses a request signed by another key than its own', async () => {
    const [mine, other] = await Promise.all([generateKeys('P-256'), generateKeys('P-256')]);
    const pem = createRequest({ commonName: 'thief' }, { publicKey: mine.publicKey, privateKey: other.privateKey });
    expect(() => readRequest(pem))
      .to.throw(OperatorError, 'not by its own key')
      .with.property('hint');
    const mixed = createRequest(
      { commonName: 'x' },
      { publicKey: mine.publicKey, privateKey: (await generateKeys('RSA-2048')).privateKey },
    );
    expect(() => readRequest(mixed)).to.throw(OperatorError, 'not by its own key');
  });

  it('refuses a request that was cut, or in which a signed byte was changed, with its own error', async () => {
    const pem = createRequest({ commonName: 'x', names: ['a.example'] }, await generateKeys('P-256'));
    const der = readPem(pem)[0]!.der;
    const honest = readRequest(der);
    for (let at = 0; at < der.length; at++) {
      expect(() => readRequest(der.subarray(0, at)), `cut at ${at}`).to.throw(OperatorError);
      for (const change of [0x01, 0x02, 0x20, 0x80, 0xff]) {
        const bytes = Buffer.from(der);
        bytes[at] = bytes[at]! ^ change;
        try {
          // Lengths around the signed part, and the unused bits of the signature, are read leniently.
          const { names, subject, publicKey } = readRequest(bytes);
          expect(names).to.deep.equal(honest.names);
          expect(subject.isEqual(honest.subject) && publicKey.equals(honest.publicKey)).to.equal(true);
        } catch (error) {
          expect(error, `byte ${at} changed by ${change}`).to.be.instanceOf(OperatorError);
        }
      }
    }
    expect(() => readRequest(Buffer.concat([der, Buffer.of(0)]))).to.throw(OperatorError, 'encoding is invalid');
  });

  for (const [what, input, message] of [
    ['nothing', '', 'neither PEM nor DER'],
    ['a text', 'hello', 'neither PEM nor DER'],
    ['too much', 'x'.repeat(maximumRequestBytes + 1), `at most ${maximumRequestBytes}`],
    ['something nested without end', Buffer.from('3080'.repeat(4000), 'hex'), 'encoding is invalid'],
    [
      'thousands of empty items',
      Buffer.concat([Buffer.from('30821f40', 'hex'), Buffer.from('0500'.repeat(4000), 'hex')]),
      'encoding is invalid',
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => readRequest(input)).to.throw(OperatorError, message);
    });
  }

  it('refuses a certificate in place of a request, and says which file it got', () => {
    expect(() => readRequest(authority.certificate.toString())).to.throw(OperatorError, 'is a CERTIFICATE');
  });

  it('refuses keys that are too weak or unusual', () => {
    expect(() => readRequest(request(['-newkey', 'rsa:1024']))).to.throw(OperatorError, 'bits, not 1024');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'];
    expect(() => readRequest(request(curve))).to.throw(OperatorError, 'secp256k1');
  });

  it("refuses an empty subject and the authority's own", () => {
    expect(() => readRequest(request(keyArguments['P-256'], '-subj', '/'))).to.throw(OperatorError, 'empty');
    const pem = request(keyArguments['P-256'], '-subj', '/CN=kmipd CA');
    expect(() => sign(pem)).to.throw(OperatorError, "authority's own name");
    expect(() =>
      issueClientCertificate(authority, { commonName: 'kmipd CA', publicKey: readRequest(pem).publicKey }, { now }),
    ).to.throw(OperatorError, "authority's own name");
  });
});
