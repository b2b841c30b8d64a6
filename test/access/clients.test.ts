import { expect } from 'chai';

import { claimKind, clientKind } from '#access/client-record';
import { openClients, type Clients } from '#access/clients';
import { makeCredential } from '#access/credentials';
import { create, type Store } from '#store/store';
import { OperatorError } from '#operator-error';

import { bound, storeFixture, type StoreFixture } from './fixture.ts';

describe('the clients', () => {
  let fixture: StoreFixture;
  let store: Store;
  let clients: Clients;
  let now = 5000;

  before(async () => {
    fixture = storeFixture();
    store = await fixture.open();
  });
  after(() => fixture.remove());
  beforeEach(() => {
    clients = openClients({ store, now: () => now });
  });

  async function refusal(attempt: Promise<unknown>): Promise<OperatorError> {
    const error = await attempt.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(OperatorError);
    return error as OperatorError;
  }

  it('finds a client by its name, its identifier and the fingerprints of its certificates', async () => {
    const added = await clients.add('found', { certificates: [bound('1')] });
    await clients.bindOrAdd('found', bound('2'));
    expect(await clients.byName('found')).to.deep.include({ id: added.id, created: 5000 });
    expect((await clients.byId(added.id))?.name).to.equal('found');
    for (const digit of ['1', '2']) expect((await clients.byFingerprint(digit.repeat(64)))?.id).to.equal(added.id);
    expect(await clients.byName('nobody')).to.equal(undefined);
    expect(await clients.byFingerprint('0'.repeat(64))).to.equal(undefined);
  });

  it('gives a name once', async () => {
    await clients.add('once');
    expect((await refusal(clients.add('once'))).message).to.equal('the name "once" is taken');
    await refusal(clients.assertAvailable('once'));
    await clients.revoke('once');
    await refusal(clients.add('once'));
  });

  it('gives a certificate to one client only', async () => {
    await clients.add('first', { certificates: [bound('3')] });
    expect((await refusal(clients.bindOrAdd('second', bound('3')))).message).to.match(/belongs to the client "first"$/);
    expect(await clients.byName('second')).to.equal(undefined);
    expect((await refusal(clients.bindOrAdd('first', bound('3')))).message).to.match(/is this client's already$/);
  });

  it('gives a user name to one client only', async () => {
    const credential = await makeCredential('backup', 'correct horse');
    await clients.add('backup-1', { credentials: [credential] });
    await clients.add('backup-2');
    await refusal(clients.addCredential('backup-2', credential));
    await refusal(clients.add('backup-3', { credentials: [credential] }));
  });

  it('lets one of many processes have a name', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => fixture.open()));
    const attempts = others.map((other) => openClients({ store: other, now: () => now }).add('contended'));
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(OperatorError);
    }
  });

  it('loses no certificate that processes bind at the same time', async () => {
    await clients.add('busy');
    const digits = ['4', '5', '6', '7'];
    const others = await Promise.all(digits.map(() => fixture.open()));
    await Promise.all(
      others.map((other, i) => openClients({ store: other, now: () => now }).bindOrAdd('busy', bound(digits[i] ?? ''))),
    );
    const fingerprints = (await clients.named('busy')).certificates.map(({ fingerprint }) => fingerprint[0]);
    expect(fingerprints.toSorted((a = '', b = '') => (a < b ? -1 : 1))).to.deep.equal(digits);
  });

  it('revokes a client with all its certificates, and keeps the first date', async () => {
    await clients.add('gone', { certificates: [bound('8'), bound('9')] });
    now = 6000;
    await clients.revokeCertificate('gone', '9'.repeat(64));
    now = 7000;
    await clients.revoke('gone');
    now = 8000;
    const gone = await clients.revoke('gone');
    expect(gone.revoked).to.equal(7000);
    expect(gone.certificates.map(({ revoked }) => revoked)).to.deep.equal([7000, 6000]);
    expect((await refusal(clients.bindOrAdd('gone', bound('a')))).message).to.match(/is revoked$/);
    await refusal(clients.revokeCertificate('gone', 'a'.repeat(64)));
  });

  it('takes over a name that a crash left without a client, but not before its commit must be over', async () => {
    await store.commit([create(claimKind, store.term('client-name', 'left'), { client: 'nobody', made: now })]);
    expect((await refusal(clients.add('left'))).message).to.match(/is being given to a client at this moment$/);
    now += 60_001;
    expect((await clients.add('left')).name).to.equal('left');
  });

  for (const name of ['', '.hidden', '../up', 'a/b', 'a b', 'x'.repeat(65), 'a\n', '-option', 'é']) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 10))}`, async () => {
      await refusal(clients.add(name));
      await refusal(clients.bindOrAdd(name, bound('b')));
    });
  }

  it('commits what has to come along with each change', async () => {
    const about: string[] = [];
    const audited = openClients({
      store,
      now: () => now,
      alongside({ id, name }) {
        about.push(name);
        return [create(claimKind, `along-${id}-${about.length}`, { client: id, made: now })];
      },
    });
    const { id } = await audited.add('along');
    await audited.revoke('along');
    expect(about).to.deep.equal(['along', 'along']);
    expect((await store.get(claimKind, `along-${id}-2`))?.value.client).to.equal(id);
  });

  it('lists every client', async () => {
    const listed: string[] = [];
    for await (const { name } of clients.list()) listed.push(name);
    expect(listed).to.include.members(['found', 'once', 'gone', 'busy', 'along']);
    let kept = 0;
    for await (const _ of store.find(clientKind, { terms: [] })) kept++;
    expect(listed).to.have.length(kept);
  });
});
