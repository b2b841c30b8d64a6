/** What operators may give clients: names and keys of their own, and nothing that is the server's. */
import { readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { makePlace, openssl, type Ended, type Place } from './kmipd.ts';

describe('the certificates of clients', () => {
  let place: Place;

  before(async () => {
    place = makePlace();
    const server = await place.serve();
    await server.end();
  });
  after(() => place.remove());

  const make = async (...args: string[]): Promise<void> => {
    const made = await openssl(...args);
    expect(made.status, made.stderr).to.equal(0);
  };
  const selfSigned = (name: string, key: string, ...more: string[]): Promise<void> =>
    make(
      ...['req', '-x509', '-newkey', ...key.split(' '), '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', place.path(`${name}.key`), '-out', place.path(`${name}.crt`), ...more],
    );
  const bind = (name: string): Promise<Ended> => place.kmipd('client', 'bind', name, place.path(`${name}.crt`));
  const textOf = async (path: string): Promise<string> =>
    (await openssl('x509', '-in', place.path(path), '-noout', '-text')).stdout;

  it('are signed under the name of the client alone, and the rest is said to be dropped', async () => {
    await make(
      ...['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/O=Example/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,email:a@example.org'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'extendedKeyUsage=serverAuth'],
      ...['-keyout', place.path('r.key'), '-out', place.path('r.pem')],
    );
    const signed = await place.kmipd('client', 'sign', 'array', place.path('r.pem'), '--out', place.path('array'));
    expect(signed.status, signed.stderr).to.equal(0);
    expect(signed.stderr).to.include(
      'also asked for O=Example, CN=localhost, localhost, 127.0.0.1, email:a@example.org: not granted',
    );
    const text = await textOf('array/array.crt');
    expect(text)
      .to.match(/Subject: CN = array\n/)
      .and.to.include('CA:FALSE');
    expect(text).to.not.match(/Alternative Name|TLS Web Server/);
  });

  it('are not signed for the key of the server', async () => {
    const server = place.path('data/server.pem');
    await make('req', '-new', '-key', server, '-subj', '/CN=array', '-out', place.path('own.pem'));
    const refused = await place.kmipd('client', 'sign', 'thief', place.path('own.pem'), '--out', place.path('thief'));
    expect(refused).to.include({ status: 1, stdout: '' });
    expect(refused.stderr).to.match(/key is this server's own.*\nhint: /);
  });

  it('may be self-signed ones of the usual strengths, also those of a root, with SHA-1 under a warning', async () => {
    await selfSigned('vcenter', 'rsa:2048');
    await selfSigned('node', 'ec -pkeyopt ec_paramgen_curve:P-384', '-addext', 'basicConstraints=critical,CA:FALSE');
    await selfSigned('old', 'rsa:2048', '-sha1');
    for (const name of ['vcenter', 'node', 'old']) {
      const bound = await bind(name);
      expect(bound.status, bound.stderr).to.equal(0);
      expect(bound.stderr.includes('SHA-1')).to.equal(name === 'old');
    }
  });

  it('are not bound with weak keys and hashes, after their end, or of other authorities', async () => {
    await selfSigned('weak', 'rsa:1024');
    await selfSigned('curve', 'ec -pkeyopt ec_paramgen_curve:secp256k1');
    await selfSigned('hash', 'rsa:2048', '-md5');
    await selfSigned('root', 'rsa:2048');
    writeFileSync(place.path('ext'), 'basicConstraints=critical,CA:TRUE');
    await make('req', '-new', '-key', place.path('node.key'), '-subj', '/CN=between', '-out', place.path('b.csr'));
    await make(
      ...['x509', '-req', '-in', place.path('b.csr'), '-CA', place.path('root.crt'), '-CAkey', place.path('root.key')],
      ...['-CAcreateserial', '-extfile', place.path('ext'), '-out', place.path('between.crt')],
    );
    await make(
      ...['x509', '-req', '-in', place.path('b.csr'), '-signkey', place.path('node.key'), '-days', '-1'],
      ...['-out', place.path('ended.crt')],
    );
    for (const [name, message] of [
      ['weak', /2048 to 8192 bits, not 1024/],
      ['curve', /secp256k1/],
      ['hash', /signed with MD5/],
      ['between', /that of an authority/],
      ['ended', /certificate ended at/],
    ] as const) {
      const refused = await bind(name);
      expect(refused, name).to.include({ status: 1, stdout: '' });
      expect(refused.stderr).to.match(message).and.to.include('hint: ');
    }
  });

  it('are not bound when they are those of the server or of an authority of it', async () => {
    await make(
      ...['req', '-x509', '-key', place.path('data/server.pem'), '-subj', '/CN=x', '-out', place.path('again.crt')],
    );
    writeFileSync(
      place.path('server.crt'),
      readFileSync(place.path('data/server.pem'), 'utf8').replace(/^[^]*?END PRIVATE KEY-----\n/, ''),
    );
    for (const file of ['ca.crt', 'certify-ca.crt']) {
      writeFileSync(place.path(file), readFileSync(place.path(`data/${file}`)));
    }
    for (const name of ['ca', 'certify-ca', 'server', 'again']) {
      const refused = await bind(name);
      expect(refused, name).to.include({ status: 1, stdout: '' });
      expect(refused.stderr).to.match(/key is this server's own.*\nhint: /);
    }
  });
});
