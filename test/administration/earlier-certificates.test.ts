/** A data directory from before there was an authority for what clients have certified. */
import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { openClients } from '#access/clients';
import { issueClientCertificate } from '#certs/authority';
import { generateKeys } from '#certs/keys';
import { openInstallation, type Installation } from '#administration/installation';
import { loadConfig } from '#config';
import { createLog } from '#log';
import { newObject } from '#objects/new-object';
import { objectKind } from '#repository/object-record';
import { create } from '#store/store';
import { makePlace, openssl, type Place } from '#test/cli/kmipd';

describe('a data directory from before the authority for Certify', () => {
  let place: Place;
  let signed: X509Certificate[];

  before(async () => {
    place = makePlace();
    const config = loadConfig({ data: place.data }, {});
    const log = createLog({ level: 'error', format: 'text' });
    const installation = await openInstallation({ config, log }, true);
    const { id } = await openClients(installation).add('array');
    signed = [];
    for (const name of ['localhost', 'revoked']) signed.push(await placed(installation, id, name));
    await installation.close();
  });
  after(() => place.remove());

  /** As Certify kept it then. */
  async function placed(
    { store, authority }: Installation,
    owner: string,
    commonName: string,
  ): Promise<X509Certificate> {
    const { publicKey } = await generateKeys('P-256');
    const made = issueClientCertificate(authority, { commonName, publicKey }, { now: new Date() });
    const structure = { objectType: 'Certificate', certificateType: 'X_509', certificateValue: made.raw } as const;
    const { object, material } = newObject({
      ...{ id: `certificate-${commonName}`, owner, structure, given: {}, generated: true },
      found: { certificateType: 'X_509', certificateLength: made.raw.length },
      now: Math.floor(Date.now() / 1000),
    });
    const revocationReason = { revocationReasonCode: 'KeyCompromise' } as const;
    const kept =
      commonName === 'revoked' ? { ...object, attributes: { ...object.attributes, revocationReason } } : object;
    await store.commit([create(objectKind, object.id, kept, material)]);
    return made;
  }

  it('gets one at the next start, which says that clients had certificates made by the other', async () => {
    const server = await place.serve();
    expect(server.stderr()).to.match(/the CA that clients trust for the server has signed 2 certificates/);
    expect(await server.end()).to.equal(0);
    const again = await place.serve();
    expect(again.stderr()).to.not.include('has signed');
    expect(await again.end()).to.equal(0);
  });

  it('lists them, and lets an operator revoke them: they are in the list of the authority that signed them', async () => {
    const listed = JSON.parse((await place.kmipd('certificate', 'list', '--json')).stdout) as Record<string, unknown>[];
    expect(listed.map(({ object, authority }) => [object, authority])).to.have.deep.members([
      ['certificate-localhost', 'ca'],
      ['certificate-revoked', 'ca'],
    ]);
    const revoked = await place.kmipd('certificate', 'revoke', 'certificate-localhost');
    expect(revoked.status, revoked.stderr).to.equal(0);
    await place.kmipd('crl', '--out', place.path('list.pem'));
    const said = await openssl('crl', '-in', place.path('list.pem'), '-noout', '-text');
    for (const { serialNumber } of signed) expect(said.stdout).to.include(serialNumber);
    const other = await openssl('crl', '-in', place.path('certify-list.pem'), '-noout', '-text');
    expect(other.stdout).to.include('No Revoked Certificates');
  });
});
