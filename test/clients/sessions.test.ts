/** What clients rely on that keep a session for hours, or make a new one for each request. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { SecureVersion } from 'node:tls';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, enumerated, request, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/index';
import { given, aes } from './caller.ts';
import { ask, serve, type Connected } from './connected.ts';

const creation = (version: string): Item =>
  request(version, [item('Create', [enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes())])]);
const succeeded = (answer: Item): boolean => at(answer, 'BatchItem', 'ResultStatus')?.value === 0;

describe('a client with sessions', () => {
  let fixture: Fixture;
  let server: Connected;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(async () => {
    await server.close();
    await fixture.close();
  });

  it('idle-session-lives: silence longer than a handshake may take does not end a session', async () => {
    server = await serve(fixture, { handshakeTimeout: 2000, idleTimeout: 120_000 });
    const socket = await server.connect();
    expect(succeeded(await ask(socket, creation('1.2')))).to.equal(true);
    await sleep(2500);
    expect(succeeded(await ask(socket, creation('1.2')))).to.equal(true);
    socket.destroy();
  });

  it('idle-session-lives: every request restarts the time of silence', async () => {
    server = await serve(fixture, { idleTimeout: 2000 });
    const socket = await server.connect();
    for (let count = 0; count < 4; count++) {
      await sleep(600);
      expect(succeeded(await ask(socket, creation('1.0')))).to.equal(true);
    }
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
  });

  const protocols: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
  for (const protocol of protocols) {
    it(`resumption: a new session for each operation is served in ${protocol}, resumed or not`, async () => {
      server = await serve(fixture);
      const only = { minVersion: protocol, maxVersion: protocol };
      const first = await server.connect(only);
      let ticket: Buffer | undefined;
      first.on('session', (session) => (ticket = session));
      expect(first.getProtocol()).to.equal(protocol);
      expect(succeeded(await ask(first, creation('1.4')))).to.equal(true);
      first.destroy();
      for (let count = 0; count < 10; count++) {
        const next = await server.connect({ ...only, ...(ticket === undefined ? {} : { session: ticket }) });
        next.on('session', (session) => (ticket = session));
        expect(succeeded(await ask(next, creation('1.4')))).to.equal(true);
        next.destroy();
      }
    });

    it(`resumption: a ticket that nobody knows is no hindrance in ${protocol}`, async () => {
      server = await serve(fixture);
      const only = { minVersion: protocol, maxVersion: protocol };
      const before = await server.connect(only);
      const tickets: Buffer[] = [];
      before.on('session', (session) => tickets.push(session));
      await ask(before, creation('1.4'));
      before.destroy();
      await server.close();
      server = await serve(fixture);
      const after = await server.connect({ ...only, ...(tickets[0] === undefined ? {} : { session: tickets[0] }) });
      expect(succeeded(await ask(after, creation('1.4')))).to.equal(true);
      after.destroy();
    });
  }
});
