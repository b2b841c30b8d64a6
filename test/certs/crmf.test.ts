import { expect } from 'chai';

import { createAuthority, signRequest, type Authority } from '#certs/authority';
import { readCertReqMessages } from '#certs/crmf';
import { factsOf } from '#certs/inspect';
import { maximumRequestBytes } from '#certs/request-content';
import { OperatorError } from '#operator-error';

import { keyOptions, makeCrmf } from './crmf.ts';
import { useOpenSsl } from './openssl.ts';

const now = new Date();
const refused = (der: Uint8Array, message: RegExp) =>
  expect(() => readCertReqMessages(der)).to.throw(OperatorError, message);

describe('requests in the format of RFC 4211', () => {
  const ssl = useOpenSsl();
  let authority: Authority;
  before(async () => {
    authority = await createAuthority('kmipd CA', { now });
    ssl.file('ca.crt', authority.certificate.toString());
  });

  for (const [kind, key] of Object.entries(keyOptions)) {
    it(`are read when openssl makes them with ${kind}, and signed`, () => {
      const { requests } = makeCrmf(ssl, { key, more: ['-sans', 'array-7.example.com,10.0.0.7'] });
      const request = readCertReqMessages(requests);
      expect(request.names).to.deep.equal(['array-7.example.com', '10.0.0.7']);
      const issued = signRequest(authority, request, { now });
      expect(factsOf(issued).subject).to.equal('CN=array 7,O=Example');
      expect(issued.subjectAltName).to.equal('DNS:array-7.example.com, IP Address:10.0.0.7');
      ssl.file('leaf.crt', issued.toString());
      expect(ssl.run('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.crt', 'leaf.crt')).to.include(
        'OK',
      );
      expect(ssl.run('x509', '-in', 'leaf.crt', '-noout', '-pubkey')).to.equal(
        ssl.run('pkey', '-in', 'crmf.key', '-pubout'),
      );
    });
  }

  it('need no extensions', () => {
    expect(readCertReqMessages(makeCrmf(ssl).requests).names).to.deep.equal([]);
  });

  it('are refused without a signature, even if a third party says that it verified the key', () => {
    for (const proof of ['none', 'raVerified'] as const) {
      refused(makeCrmf(ssl, { proof }).requests, /must prove by a signature/);
    }
    const rsa = makeCrmf(ssl, { key: keyOptions['RSA-2048'], proof: 'keyEncipherment' });
    refused(rsa.requests, /must prove by a signature/);
  });

  it('are refused when any of the signed bytes was changed', () => {
    const { requests } = makeCrmf(ssl);
    const changed = Buffer.from(requests);
    const place = changed.indexOf('array 7');
    changed.write('array 8', place);
    refused(changed, /signature of the request is not by its own key/);
  });

  it('are refused for keys that are too weak, and for hashes that are', () => {
    const weak = makeCrmf(ssl, { key: '-algorithm RSA -pkeyopt rsa_keygen_bits:1024' });
    refused(weak.requests, /bits, not 1024/);
    refused(makeCrmf(ssl, { more: ['-digest', 'sha1'] }).requests, /is not supported/);
  });

  it('are refused when they are something else', () => {
    const { message, requests } = makeCrmf(ssl);
    const [first] = [requests.subarray(requests.readUInt8(1) === 0x82 ? 4 : 3)];
    const twice = Buffer.concat([Buffer.of(0x30, 0x82, 0, 0), first, first]);
    twice.writeUInt16BE(2 * first.length, 2);
    refused(twice, /for one certificate, not 2/);
    refused(Buffer.of(0x30, 0), /for one certificate, not 0/);
    refused(message, /cannot be read|for one certificate/);
    refused(Buffer.concat([requests, Buffer.of(0)]), /cannot be read/);
    refused(Buffer.alloc(maximumRequestBytes + 1), /at most/);
    refused(Buffer.alloc(0), /cannot be read/);
    ssl.run('req', '-new', '-key', 'crmf.key', '-subj', '/CN=x', '-outform', 'DER', '-out', 'p10.der');
    refused(
      ssl.bytes('req', '-in', 'p10.der', '-inform', 'DER', '-outform', 'DER'),
      /cannot be read|for one certificate/,
    );
  });

  it('end in one kind of error wherever they are cut or changed', () => {
    const { requests } = makeCrmf(ssl, { more: ['-sans', 'array-7.example.com'] });
    for (let place = 0; place < requests.length; place++) {
      refused(requests.subarray(0, place), /./);
      const changed = Buffer.from(requests);
      changed.writeUInt8(changed.readUInt8(place) ^ 0x01, place);
      refused(changed, /./);
    }
  });
});
