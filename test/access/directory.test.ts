import { expect } from 'chai';

import { openClients, type Clients } from '#access/clients';
import { makeCredential } from '#access/credentials';
import { openDirectory, type Directory } from '#access/directory';
import { createLog } from '#log';
import type { Store } from '#store/store';

import { bound, storeFixture, type StoreFixture } from './fixture.ts';
import { until } from '#test/fixtures/timing';

describe('the directory of a running server', () => {
  let fixture: StoreFixture;
  let store: Store;
  /** Another process, which administers. */
  let clients: Clients;
  let directory: Directory;
  let now = 5000;
  let changes = 0;
  const log = createLog({ level: 'error', format: 'text' });

  beforeEach(async () => {
    now = 5000;
    changes = 0;
    fixture = storeFixture();
    store = await fixture.open();
    clients = openClients({ store: await fixture.open(), now: () => now });
    await clients.add('array', { certificates: [bound('1'), bound('2', { notAfter: 6000 })] });
    directory = await openDirectory({ store, now: () => now, log, interval: 20 });
    directory.onChange(() => changes++);
  });
  afterEach(async () => {
    directory.close();
    await fixture.remove();
  });

  const decide = (digit: string, at = now) => directory.decide(digit.repeat(64), at);

  it('knows a client by each of its certificates', () => {
    const first = decide('1');
    expect(first).to.have.nested.property('client.name', 'array');
    expect(decide('2')).to.deep.equal(first);
  });

  it('refuses what is unknown, not yet valid or expired', () => {
    expect(decide('3')).to.deep.equal({ refused: 'unknown' });
    expect(decide('1', 999)).to.deep.equal({ refused: 'not yet valid' });
    expect(decide('1', 1000)).to.have.property('client');
    expect(decide('2', 6000)).to.have.property('client');
    expect(decide('2', 6001)).to.deep.equal({ refused: 'expired' });
  });

  it('sees by itself what another process changed, and says so', async () => {
    await clients.bindOrAdd('array', bound('3'));
    await until('the new certificate', () => 'client' in decide('3'));
    await clients.revokeCertificate('array', '3'.repeat(64));
    await until('the end of the certificate', () => 'refused' in decide('3'));
    expect(decide('3')).to.deep.equal({ refused: 'certificate revoked' });
    expect(decide('1')).to.have.property('client');
    await clients.revoke('array');
    await until('the end of the client', () => 'refused' in decide('1'));
    expect(decide('1')).to.deep.equal({ refused: 'client revoked' });
    expect(changes).to.equal(3);
  });

  describe('over a store that cannot be read', () => {
    let time = 0;
    let isBroken = false;
    let closing: Directory;
    let cuts = 0;

    beforeEach(async () => {
      [time, isBroken, cuts] = [0, false, 0];
      const breaking: Store = {
        ...store,
        get: (kind, id) => (isBroken ? Promise.reject(new Error('the disk is gone')) : store.get(kind, id)),
      };
      const silent = createLog({ level: 'error', format: 'text' });
      silent.silent = true;
      const options = { store: breaking, now: () => now, log: silent, interval: 10, timeout: 60_000 };
      closing = await openDirectory({ ...options, elapsed: () => time });
      closing.onChange(() => cuts++);
    });
    afterEach(() => closing.close());

    const outcome = () => closing.decide('1'.repeat(64), now);

    it('is not current after five seconds, refuses everybody after its timeout, and comes back by itself', async () => {
      isBroken = true;
      time = 4000;
      expect(closing.isCurrent).to.equal(true);
      time = 6000;
      expect(closing.isCurrent).to.equal(false);
      expect(outcome()).to.have.property('client');
      time = 61_000;
      expect(outcome()).to.deep.equal({ refused: 'clients unreadable' });
      await until('the cut', () => cuts === 1);
      isBroken = false;
      await until('a look that succeeds', () => closing.isCurrent);
      expect(outcome()).to.have.property('client');
      expect(cuts).to.equal(2);
    });

    it('counts a look that hangs as one that failed', async () => {
      let hangs = 0;
      const hanging: Store = {
        ...store,
        get: (kind, id) => (isBroken ? new Promise(() => void hangs++) : store.get(kind, id)),
      };
      const options = { store: hanging, now: () => now, log, interval: 10, timeout: 60_000 };
      const directory = await openDirectory({ ...options, elapsed: () => time });
      isBroken = true;
      await until('a look that hangs', () => hangs > 0);
      time = 61_000;
      expect(directory.decide('1'.repeat(64), now)).to.deep.equal({ refused: 'clients unreadable' });
      directory.close();
    });
  });

  it('says so when a certificate ends', async () => {
    now = 6001;
    await until('the end of the certificate', () => changes === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(changes).to.equal(1);
  });

  it('accepts a password for its own client only', async () => {
    await clients.addCredential('array', await makeCredential('array-user', 'correct horse'));
    const other = await clients.add('other', {
      credentials: [await makeCredential('other-user', 'battery staple')],
    });
    await directory.refresh();
    const { id } = await clients.named('array');
    const check = (username: string, password: string, clientId: string) =>
      directory.checkCredential({ username, password, clientId, session: {} });
    expect(await check('array-user', 'correct horse', id)).to.equal('valid');
    expect(await check('array-user', 'wrong', id)).to.equal('wrong');
    expect(await check('other-user', 'battery staple', id)).to.equal('wrong');
    expect(await check('array-user', 'correct horse', other.id)).to.equal('wrong');
    expect(await check('array-user', 'correct horse', 'nobody')).to.equal('wrong');
    await clients.revoke('array');
    await directory.refresh();
    expect(await check('array-user', 'correct horse', id)).to.equal('wrong');
  });

  it('says which client must give a password', async () => {
    const { id } = await clients.named('array');
    const strict = await clients.add('strict', { passwordRequired: true });
    await directory.refresh();
    expect([id, strict.id, 'nobody'].map(directory.demandsCredential)).to.deep.equal([false, true, false]);
  });
});
