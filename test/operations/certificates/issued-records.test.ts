/**
 * What stays on record of the certificates that were made: whatever becomes of the batch, and of the object, until some
 * time after their end.
 */
import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { generateKeys } from '#certs/keys';
import { createRequest } from '#test/certs/create-request';
import { removeExpired } from '#administration/certificates/issued';
import { issuedKind, type IssuedCertificate } from '#repository/issued-record';
import { id, type Caller } from '#test/clients/caller';
import { bytes, enumerated, struct, value, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { hex, openCertifying, type Certifying } from './authority.ts';

describe('the records of certificates that were made', () => {
  let server: Certifying;
  let caller: Caller;
  let request: Item[];

  before(async () => {
    server = await openCertifying();
    caller = server.caller('2.1');
    const pem = createRequest({ commonName: 'array 7' }, await generateKeys('P-256'));
    request = [enumerated('CertificateRequestType', 'PEM'), bytes('CertificateRequestValue', hex(Buffer.from(pem)))];
  });
  after(() => server.fixture.close());

  async function recorded(): Promise<IssuedCertificate[]> {
    const found: IssuedCertificate[] = [];
    for await (const { value: issued } of server.fixture.store.find(issuedKind, { terms: [] })) found.push(issued);
    return found;
  }
  const printOf = (certificate: Item): string =>
    new X509Certificate(value(certificate, 'Certificate', 'CertificateValue') as Uint8Array).fingerprint256
      .replaceAll(':', '')
      .toLowerCase();
  const superseded = struct('RevocationReason', enumerated('RevocationReasonCode', 'Superseded'));
  const undo = { after: [enumerated('BatchErrorContinuationOption', 'Undo')] };

  it('stay when the batch is undone, since an answer has the certificate all the same', async () => {
    const answers = await caller.send([item('Certify', request), item('Get', []), item('Get', [id('nobody')])], undo);
    expect(answers.map(({ status }) => status)).to.deep.equal([
      'OperationUndone',
      'OperationUndone',
      'OperationFailed',
    ]);
    const print = printOf((answers[1] as (typeof answers)[number]).payload);
    expect((await recorded()).map(({ fingerprint }) => fingerprint)).to.include(print);
  });

  it('are marked by a Revoke in the same batch, and by one that is graver, and stay with Destroy', async () => {
    const answers = await caller.send(
      [item('Certify', request), item('Get', []), item('Activate', []), item('Revoke', [superseded])],
      undo,
    );
    expect(answers.map(({ status }) => status)).to.deep.equal(['Success', 'Success', 'Success', 'Success']);
    const object = value((answers[0] as (typeof answers)[number]).payload, 'UniqueIdentifier') as string;
    const print = printOf((answers[1] as (typeof answers)[number]).payload);
    const its = async () => (await recorded()).find(({ fingerprint }) => fingerprint === print);
    expect((await its())?.revoked).to.include({ reason: 'Superseded', by: 'client' });
    await caller.call(
      'Revoke',
      id(object),
      struct('RevocationReason', enumerated('RevocationReasonCode', 'KeyCompromise')),
    );
    await caller.call('Destroy', id(object));
    expect((await its())?.revoked).to.include({ reason: 'KeyCompromise', by: 'client' });
    expect(await its()).to.include({ object, client: 'client-1', authority: 'certify-ca' });
  });

  it('go a month after the end of the certificate', async () => {
    const { store, clock } = server.fixture;
    const count = (await recorded()).length;
    expect(count).to.be.greaterThan(1);
    const last = Math.max(...(await recorded()).map(({ notAfter }) => notAfter));
    expect(last).to.equal(clock.now + 365 * 24 * 3600 * 1000);
    expect(await removeExpired(store, last + 29 * 24 * 3600 * 1000)).to.equal(0);
    expect(await removeExpired(store, last + 31 * 24 * 3600 * 1000)).to.equal(count);
    expect(await recorded()).to.deep.equal([]);
  });
});
