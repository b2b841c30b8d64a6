import { readFileSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';

import { generateKeys } from '#certs/keys';
import { createRequest } from '#test/certs/create-request';
import type { Client } from '#client/client';
import { destroy } from '#operations/life-cycle/destroy';
import { register } from '#operations/create/register';
import { revoke } from '#operations/life-cycle/revoke';
import { reCertify } from '#operations/certificates/re-certify';
import { validate } from '#operations/certificates/validate';
import { certified, clientOf, fingerprintOf, type Made } from './certifying.ts';
import { makePlace, openssl, type Place } from './kmipd.ts';

interface Listed {
  readonly serial: string;
  readonly fingerprint: string;
  readonly object: string;
  readonly client: string;
  readonly authority: string;
  readonly revoked?: { readonly reason: string; readonly by: string };
}

describe('kmipd certificate', () => {
  let place: Place;
  let owner: Client;
  let other: Client;
  let made: Made[];

  before(async () => {
    place = makePlace();
    const server = await place.serve('--crl-url', 'http://pki.example.org/a/list.crl');
    for (const name of ['owner', 'other']) {
      const added = await place.kmipd('client', 'add', name, '--out', place.path(name));
      expect(added.status, added.stderr).to.equal(0);
    }
    [owner, other] = [await clientOf(place, server, 'owner'), await clientOf(place, server, 'other')];
    const keys = await generateKeys('P-256');
    made = [];
    for (const commonName of ['kept', 'lost', 'by serial', 'by object', 'by print', 'copied']) {
      made.push(await certified(owner, createRequest({ commonName }, keys)));
    }
  });
  after(async () => {
    await owner.close();
    await other.close();
    await place.remove();
  });

  const list = async (...more: string[]): Promise<Listed[]> =>
    JSON.parse((await place.kmipd('certificate', 'list', '--json', ...more)).stdout) as Listed[];
  const the = (name: string): Made => made.find(({ certificate }) => certificate.subject === `CN=${name}`) as Made;
  const validity = async ({ certificate }: Made): Promise<string> =>
    (await other.call(validate, { certificate: [{ certificateType: 'X_509', certificateValue: certificate.raw }] }))
      .validityIndicator;

  it('lists what clients had made, also when the object is destroyed', async () => {
    const reason = { revocationReasonCode: 'KeyCompromise', revocationMessage: 'stolen' } as const;
    await owner.call(revoke, { uniqueIdentifier: the('lost').object, revocationReason: reason });
    await owner.call(destroy, { uniqueIdentifier: the('lost').object });
    const listed = await list();
    expect(listed.map(({ fingerprint }) => fingerprint).sort()).to.deep.equal(
      made.map(({ certificate }) => fingerprintOf(certificate)).sort(),
    );
    for (const each of listed) expect(each).to.include({ client: 'owner', authority: 'certify-ca' });
    const [lost, ...none] = await list('--revoked');
    expect(none).to.deep.equal([]);
    expect(lost).to.deep.include({
      object: the('lost').object,
      serial: the('lost').certificate.serialNumber.toLowerCase(),
    });
    expect(lost?.revoked).to.include({ reason: 'keyCompromise', by: 'client' });
    expect(await list('--client', 'other')).to.deep.equal([]);
    expect((await place.kmipd('certificate', 'list')).stdout).to.match(/^SERIAL +CLIENT +OBJECT +AUTHORITY +STATE/);
  });

  it('is not revoked by another client that registers a copy of it', async () => {
    const { certificate } = the('copied');
    const { uniqueIdentifier } = await other.call(register, {
      objectType: 'Certificate',
      attributes: { instances: [] },
      object: { objectType: 'Certificate', certificateType: 'X_509', certificateValue: certificate.raw },
    } as never);
    const revocationReason = { revocationReasonCode: 'KeyCompromise' } as const;
    await other.call(revoke, { uniqueIdentifier, revocationReason });
    expect((await list('--revoked')).map(({ fingerprint }) => fingerprint)).to.not.include(fingerprintOf(certificate));
  });

  it('revokes one by serial number, object or fingerprint, and the running server knows', async () => {
    await owner.call(destroy, { uniqueIdentifier: the('by object').object });
    expect(await validity(the('by serial'))).to.equal('Valid');
    for (const which of [
      the('by serial').certificate.serialNumber,
      the('by object').object,
      the('by print').certificate.fingerprint256,
    ]) {
      const revoked = await place.kmipd('certificate', 'revoke', which, '--reason', 'superseded');
      expect(revoked.status, revoked.stderr).to.equal(0);
      expect((await place.kmipd('certificate', 'revoke', which)).status).to.equal(0);
    }
    for (const name of ['lost', 'by serial', 'by object', 'by print']) {
      expect(await validity(the(name)), name).to.equal('Invalid');
    }
    expect(await validity(the('kept'))).to.equal('Valid');
    const error: unknown = await owner
      .call(reCertify, { uniqueIdentifier: the('by serial').object })
      .catch((thrown: unknown) => thrown);
    expect(error)
      .to.have.property('message')
      .that.matches(/is revoked/);
    expect((await place.kmipd('audit', 'show')).stdout.match(/certificate revoke/g)).to.have.length(6);
  });

  it('says where to go with a certificate that a client connects with, and with one that nobody made', async () => {
    const own = await openssl('x509', '-in', place.path('owner/owner.crt'), '-noout', '-fingerprint', '-sha256');
    const print = own.stdout.trim().split('=')[1] ?? '';
    const refused = await place.kmipd('certificate', 'revoke', print);
    expect(refused.stderr).to.match(/belongs to the client "owner"\nhint: kmipd client revoke owner --certificate /);
    for (const nothing of ['00', 'x', 'f'.repeat(64)]) {
      const unknown = await place.kmipd('certificate', 'revoke', nothing);
      expect(unknown).to.include({ status: 1 });
      expect(unknown.stderr).to.match(/certificate .* not found: .*\nhint: /);
    }
  });

  it('is in the list of its authority, which is written beside that of the clients, with rising numbers', async () => {
    const revoked = await place.kmipd('client', 'revoke', 'other');
    expect(revoked.status, revoked.stderr).to.equal(0);
    for (const number of [1, 2]) {
      const written = await place.kmipd('crl', '--out', place.path('list.pem'));
      expect(written.status, written.stderr).to.equal(0);
      expect(written.stdout.trim().split('\n')).to.deep.equal(
        ['list.pem', 'certify-list.pem'].map((file) => place.path(file)),
      );
      for (const [file, authority, serials] of [
        ['list.pem', 'ca.crt', 1],
        ['certify-list.pem', 'certify-ca.crt', 4],
      ] as const) {
        const ca = ['-CAfile', place.path(`owner/${authority}`)];
        const said = await openssl('crl', '-in', place.path(file), '-noout', '-text', '-crlnumber', ...ca);
        expect(said.stderr).to.match(/verify OK/);
        expect(said.stdout).to.match(new RegExp(`crlNumber=(0x)?0?${number}\n`));
        expect(said.stdout.match(/Serial Number:/g)).to.have.length(serials);
        if (authority === 'certify-ca.crt') {
          expect(said.stdout).to.include(the('by object').certificate.serialNumber);
          expect(said.stdout.match(/Key Compromise/g)).to.have.length(1);
          expect(said.stdout.match(/Superseded/g)).to.have.length(3);
        }
      }
    }
    const one = await place.kmipd('crl', '--out', place.path('x'), '--certify-out', place.path('x'));
    expect(one.stderr).to.match(/name one file/);
  });

  it('names the list of its own authority, and openssl takes it by that list', async () => {
    for (const [name, isFine] of [
      ['kept', true],
      ['by serial', false],
    ] as const) {
      writeFileSync(place.path('one.pem'), the(name).certificate.toString());
      const verified = await openssl(
        ...['verify', '-crl_check', '-purpose', 'sslclient', '-CAfile', place.path('owner/certify-ca.crt')],
        ...['-CRLfile', place.path('certify-list.pem'), place.path('one.pem')],
      );
      expect(verified.status === 0, verified.stderr).to.equal(isFine);
    }
    const said = await openssl('x509', '-in', place.path('one.pem'), '-noout', '-text');
    expect(said.stdout).to.include('URI:http://pki.example.org/a/certify-list.crl');
    expect(readFileSync(place.path('data/certify-ca.crt'), 'utf8')).to.equal(
      readFileSync(place.path('owner/certify-ca.crt'), 'utf8'),
    );
  });
});
