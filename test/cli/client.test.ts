import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { makePlace, openssl, type Place } from './kmipd.ts';

describe('kmipd client', () => {
  let place: Place;

  before(async () => {
    place = makePlace();
    const added = await place.kmipd('client', 'add', 'my-array', '--out', place.path('my-array'));
    expect(added.status, added.stderr).to.equal(0);
  });
  after(() => place.remove());

  const list = async () => JSON.parse((await place.kmipd('client', 'list', '--json')).stdout) as Listed[];
  interface Listed {
    name: string;
    revoked?: string;
    usernames: string[];
    certificates: { fingerprint: string; issuedHere: boolean; revoked?: string }[];
  }
  const named = async (name: string) => (await list()).find((client) => client.name === name);

  it('writes what a client needs, readable by its owner only', () => {
    const files = readdirSync(place.path('my-array')).sort();
    expect(files).to.deep.equal([
      'README.txt',
      'ca.crt',
      'certify-ca.crt',
      'my-array.crt',
      'my-array.key',
      'my-array.p12',
      'my-array.p12.password',
    ]);
    for (const file of files) expect(statSync(place.path(`my-array/${file}`)).mode & 0o777).to.equal(0o600);
  });

  it('writes a certificate for two years that OpenSSL verifies', async () => {
    const certificate = place.path('my-array/my-array.crt');
    const verified = await openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      place.path('my-array/ca.crt'),
      certificate,
    );
    expect(verified.stdout).to.match(/: OK/);
    const inTwoYears = (days: number) =>
      openssl('x509', '-in', certificate, '-noout', '-checkend', `${days * 24 * 3600}`);
    expect((await inTwoYears(729)).status).to.equal(0);
    expect((await inTwoYears(732)).status).to.equal(1);
  });

  it('writes a PKCS#12 file that opens with the password beside it', async () => {
    const password = `file:${place.path('my-array/my-array.p12.password')}`;
    const read = await openssl('pkcs12', '-in', place.path('my-array/my-array.p12'), '-passin', password, '-noenc');
    expect(read.stdout).to.include(readFileSync(place.path('my-array/my-array.crt'), 'latin1'));
    expect(read.stdout).to.include(readFileSync(place.path('my-array/ca.crt'), 'latin1'));
    expect(read.stdout).to.include('BEGIN PRIVATE KEY');
  });

  it('makes keys of the kind that was asked for', async () => {
    await place.kmipd(
      'client',
      'add',
      'old',
      '--out',
      place.path('old'),
      '--key-type',
      'RSA-2048',
      '--p12-format',
      'legacy',
    );
    const key = await openssl('pkey', '-in', place.path('old/old.key'), '-noout', '-text');
    expect(key.stdout).to.match(/2048 bit/);
  });

  it('never writes over a file, and then adds no client', async () => {
    const before = readFileSync(place.path('my-array/my-array.key'));
    const again = await place.kmipd('client', 'add', 'other', '--out', place.path('my-array'));
    expect(again).to.include({ status: 1, stdout: '' });
    expect(again.stderr).to.match(/README\.txt exists already\nhint: /);
    expect(await named('other')).to.equal(undefined);
    expect(readdirSync(place.path('my-array'))).to.have.length(7);
    expect(readFileSync(place.path('my-array/my-array.key'))).to.deep.equal(before);
  });

  it('refuses a name that is taken, and leaves no files', async () => {
    const again = await place.kmipd('client', 'add', 'my-array', '--out', place.path('again'));
    expect(again.status).to.equal(1);
    expect(again.stderr).to.match(/the name "my-array" is taken\nhint: /);
    expect(() => readdirSync(place.path('again'))).to.throw('ENOENT');
  });

  it('signs a request whose key it never sees', async () => {
    await openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=node',
      '-keyout',
      place.path('node.key'),
      '-out',
      place.path('node.pem'),
    );
    const signed = await place.kmipd('client', 'sign', 'node', place.path('node.pem'), '--out', place.path('node'));
    expect(signed.status, signed.stderr).to.equal(0);
    const written = ['node.crt', 'ca.crt', 'certify-ca.crt'];
    expect(signed.stdout.trim().split('\n')).to.deep.equal(written.map((file) => place.path(`node/${file}`)));
    expect(readdirSync(place.path('node')).sort()).to.deep.equal([...written].sort());
    const verified = await openssl(
      'verify',
      '-x509_strict',
      '-CAfile',
      place.path('node/ca.crt'),
      place.path('node/node.crt'),
    );
    expect(verified.stdout).to.match(/: OK/);
  });

  it('gives a client that is there one more certificate', async () => {
    const signed = await place.kmipd(
      'client',
      'sign',
      'my-array',
      place.path('node.pem'),
      '--out',
      place.path('renewed'),
    );
    expect(signed.status, signed.stderr).to.equal(0);
    expect((await named('my-array'))?.certificates).to.have.length(2);
  });

  it('makes one more certificate and key for a client that is there', async () => {
    const renewed = await place.kmipd('client', 'renew', 'old', '--out', place.path('old-2'));
    expect(renewed.status, renewed.stderr).to.equal(0);
    expect(renewed.stdout.trim().split('\n')).to.have.length(7);
    expect((await named('old'))?.certificates.map(({ revoked }) => revoked)).to.deep.equal([undefined, undefined]);
    const nobody = await place.kmipd('client', 'renew', 'nobody', '--out', place.path('nobody'));
    expect(nobody.stderr).to.match(/client "nobody" not found/);
    expect(() => readdirSync(place.path('nobody'))).to.throw('ENOENT');
  });

  it('binds a self-signed certificate by its fingerprint', async () => {
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=vcenter',
      '-keyout',
      place.path('v.key'),
      '-out',
      place.path('v.crt'),
    );
    const fingerprint = await openssl('x509', '-in', place.path('v.crt'), '-noout', '-fingerprint', '-sha256');
    const hex = fingerprint.stdout.trim().split('=')[1]?.replaceAll(':', '').toLowerCase();
    const added = await place.kmipd('client', 'bind', 'vcenter', place.path('v.crt'));
    expect(added.stdout.trim()).to.equal(hex);
    expect((await named('vcenter'))?.certificates[0]).to.include({ fingerprint: hex, issuedHere: false });
    const again = await place.kmipd('client', 'bind', 'thief', place.path('v.crt'));
    expect(again.stderr).to.match(/belongs to the client "vcenter"/);
  });

  it('keeps a password that it never prints', async () => {
    writeFileSync(place.path('password'), 'correct horse battery\n');
    const options = ['--username', 'u', '--password-file', place.path('password')];
    const added = await place.kmipd('client', 'add', 'user', '--out', place.path('user'), ...options);
    expect(added.status, added.stderr).to.equal(0);
    expect((await named('user'))?.usernames).to.deep.equal(['u']);
    const said = [added, await place.kmipd('client', 'list', '--json')].map(({ stdout, stderr }) => stdout + stderr);
    expect(said.join('')).to.not.match(/correct horse|"hash"|"salt"/);
    const alone = await place.kmipd('client', 'add', 'alone', '--out', place.path('alone'), '--username', 'w');
    expect(alone.stderr).to.match(/--username and --password-file are given together/);
  });

  it('revokes one certificate, or the client', async () => {
    const certificates = (await named('my-array'))?.certificates ?? [];
    await place.kmipd('client', 'revoke', 'my-array', '--certificate', certificates[1]?.fingerprint ?? '');
    const one = await named('my-array');
    expect(one?.certificates.map(({ revoked }) => revoked !== undefined)).to.deep.equal([false, true]);
    expect(one?.revoked).to.equal(undefined);
    expect((await place.kmipd('client', 'revoke', 'my-array')).status).to.equal(0);
    expect((await named('my-array'))?.revoked).to.be.a('string');
    expect((await place.kmipd('client', 'revoke', 'nobody')).stderr).to.match(/client "nobody" not found\nhint: /);
  });

  it('writes a revocation list with what it signed itself', async () => {
    await place.kmipd('client', 'revoke', 'vcenter');
    for (const [number, format] of [
      ['01', 'pem'],
      ['02', 'der'],
    ] as const) {
      const file = place.path(`list.${format}`);
      const written = await place.kmipd('crl', '--out', file, '--format', format);
      expect(written.status, written.stderr).to.equal(0);
      const text = await openssl(
        'crl',
        '-in',
        file,
        '-inform',
        format,
        '-noout',
        '-text',
        '-crlnumber',
        '-CAfile',
        place.path('my-array/ca.crt'),
      );
      expect(text.stderr).to.match(/verify OK/);
      expect(text.stdout).to.match(new RegExp(`crlNumber=(0x)?${number}`));
      expect(text.stdout.match(/Serial Number:/g)).to.have.length(2);
    }
  });

  it('lists clients as a table', async () => {
    const lines = (await place.kmipd('client', 'list')).stdout.split('\n');
    expect(lines[0]).to.match(/^NAME +STATE +CERTIFICATE +VALID UNTIL +USER NAMES$/);
    expect(lines.filter((line) => /^my-array +revoked +[0-9a-f]{16} revoked +\S+Z$/.test(line))).to.have.length(1);
    expect(lines.filter((line) => /^vcenter +revoked/.test(line))).to.have.length(1);
  });
});
