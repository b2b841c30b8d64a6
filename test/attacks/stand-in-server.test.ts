/**
 * A client that would stand in for the server. The judge is GnuTLS where it is there, since it asks a server's
 * certificate for no purpose; OpenSSL elsewhere.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect } from 'chai';
import { generateKeys, type KeyPair } from '#certs/keys';
import { createRequest } from '#test/certs/create-request';
import type { Client } from '#client/client';
import { KmipError } from '#protocol/kmip-error';
import { certified, clientOf } from '#test/cli/certifying';
import { makePlace, openssl, type Place } from '#test/cli/kmipd';

const hasGnuTls = spawnSync('certtool', ['--version']).status === 0;

describe('a client that would stand in for the server', () => {
  let place: Place;
  let client: Client;
  let keys: KeyPair;

  before(async () => {
    place = makePlace();
    const server = await place.serve('--server-name', 'kms.example.org');
    const added = await place.kmipd('client', 'add', 'thief', '--out', place.path('thief'));
    expect(added.status, added.stderr).to.equal(0);
    client = await clientOf(place, server, 'thief');
    keys = await generateKeys('P-256');
  });
  after(async () => {
    await client.close();
    await place.remove();
  });

  it('gets no certificate under a name of the server', async () => {
    for (const commonName of [
      'localhost',
      'kms.example.org',
      'KMS.example.org.',
      hostname(),
      '127.0.0.1',
      '*.example.org',
    ]) {
      for (const request of [
        createRequest({ commonName }, keys),
        createRequest({ commonName: 'array', names: [commonName.replace(/\.$/, '')] }, keys),
      ]) {
        const error: unknown = await certified(client, request).catch((thrown: unknown) => thrown);
        expect(error, commonName).to.be.instanceOf(KmipError).with.property('reason', 'InvalidCSR');
      }
    }
  });

  it('is believed by nobody who trusts ca.crt, under any name, with its authority given along', async () => {
    const name = 'array.example.net';
    const { certificate } = await certified(client, createRequest({ commonName: name, names: [name] }, keys));
    writeFileSync(
      place.path('chain.pem'),
      certificate.toString() + readFileSync(place.path('thief/certify-ca.crt'), 'utf8'),
    );
    /** With its authority given along, as a server would. */
    const judged = async (trusted: string): Promise<boolean> => {
      const ca = place.path(`thief/${trusted}`);
      if (hasGnuTls) {
        const asked = ['--verify', '--load-ca-certificate', ca, '--verify-hostname', name];
        return spawnSync('certtool', [...asked, '--infile', place.path('chain.pem')]).status === 0;
      }
      const files = ['-untrusted', place.path('thief/certify-ca.crt'), place.path('chain.pem')];
      return (await openssl('verify', '-CAfile', ca, '-verify_hostname', name, ...files)).status === 0;
    };
    expect(await judged('ca.crt')).to.equal(false);
    // The judge believes it as soon as its authority is trusted: nothing else is wrong with it.
    expect(await judged('certify-ca.crt')).to.equal(true);
  });

  it('finds no way from one authority to the other', async () => {
    for (const [trusted, given] of [
      ['ca.crt', 'certify-ca.crt'],
      ['certify-ca.crt', 'ca.crt'],
    ] as const) {
      const verified = await openssl('verify', '-CAfile', place.path(`thief/${trusted}`), place.path(`thief/${given}`));
      expect(verified.status, verified.stdout).to.not.equal(0);
    }
  });

  it('is not enrolled under a name of the server, by whatever command', async () => {
    writeFileSync(place.path('r.pem'), createRequest({ commonName: 'array' }, keys));
    for (const name of ['localhost', 'KMS.example.org', '10.1.2.3']) {
      for (const command of [
        ['client', 'add', name, '--out', place.path('n')],
        ['client', 'sign', name, place.path('r.pem'), '--out', place.path('n')],
      ]) {
        const refused = await place.kmipd(...command);
        expect(refused, command.join(' ')).to.include({ status: 1, stdout: '' });
        expect(refused.stderr).to.match(/is (a name of this server|an address).*\nhint: /);
      }
    }
  });
});
