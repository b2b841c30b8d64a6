/** The listener against clients that are slow, silent, greedy, too many, renewed or revoked. */
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { expect } from 'chai';
import type { AuditTrail } from '#audit/trail';
import type { Services } from '#server/services';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { enumerated, request, value, item } from '#test/fixtures/items';
import { openTlsPlace, type Holder, type Peer, type TlsPlace, type TlsPlaceOptions } from './tls-place.ts';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

/** Milliseconds: long for a busy machine, and less than the limits that nothing is said of. */
const soon = 30_000;

const [discoverVersions, query] = [0x1e, 0x18];
/** The Unique Batch Item ID tells the answers apart. */
const ask = (id = '00'): Buffer => Buffer.from(encode(request('1.4', [item(discoverVersions, [], id)])));
const idOf = (answer: Buffer | undefined): string =>
  answer === undefined
    ? 'closed'
    : Buffer.from(value(decode(answer), 'BatchItem', 'UniqueBatchItemID') as Uint8Array).toString('hex');

/** The same services, with something done around each record of the audit trail: it comes before each answer. */
const onAppend = (services: Services, around: (append: () => Promise<void>) => Promise<void>): Services => {
  const { audit } = services;
  const append: AuditTrail['append'] = (...record) => around(() => audit.append(...record));
  return {
    ...services,
    audit: {
      chain: audit.chain,
      healthy: true,
      pending: (entry) => audit.pending(entry),
      close: () => audit.close(),
      append,
    },
  };
};

describe('the listener', () => {
  let place: TlsPlace;
  let array: Holder;
  afterEach(() => place.close());

  async function open(options?: TlsPlaceOptions): Promise<void> {
    place = await openTlsPlace(options);
    array = await place.add('array');
  }

  async function answers(peer: Peer, id = '01'): Promise<boolean> {
    peer.socket.write(ask(id));
    return idOf(await peer.next()) === id;
  }

  /** In TLS 1.2 the close may come before the client's handshake is over. */
  async function isRefused(holder: Holder | undefined, options: ConnectionOptions): Promise<boolean> {
    const peer = await place.dial(holder, options).catch(() => undefined);
    peer?.socket.write(ask());
    return (await peer?.next()) === undefined;
  }

  async function plain(): Promise<Socket> {
    const socket = connectPlain(place.server.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    return socket;
  }

  /** Not `once` of node:events, which rejects when a byte of ours meets a closed socket and the close is a reset. */
  async function gone(socket: Socket): Promise<void> {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }

  /** Whether a client gets in: one that has just gone may still have its place. */
  const isLetIn = async (): Promise<boolean> => answers(await place.dial(array)).catch(() => false);

  describe('in a handshake', () => {
    it('waits for a silent client only so long', async () => {
      await open({ limits: { handshakeTimeout: 300 } });
      expect(await elapsed(async () => gone(await plain()))).to.be.within(290, soon);
      expect(place.said()).to.include('TLS: ERR_TLS_HANDSHAKE_TIMEOUT');
      expect(await answers(await place.dial(array))).to.equal(true);
    });

    it('waits no longer for one that sends its bytes one by one', async () => {
      await open({ limits: { handshakeTimeout: 500 } });
      const hello = Buffer.from('160301020001', 'hex');
      let sent = 0;
      const life = await elapsed(async () => {
        const socket = await plain();
        const drip = setInterval(() => socket.write(Buffer.of(hello[sent++] ?? 0)), 50);
        await gone(socket);
        clearInterval(drip);
      });
      expect(life).to.be.within(490, soon);
    });

    it('waits no longer for one that hangs up its own side', async () => {
      await open({ limits: { handshakeTimeout: 500 } });
      const socket = connectPlain({ port: place.server.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      socket.end();
      expect(await elapsed(() => gone(socket))).to.be.below(soon);
    });

    it('drops a connection beyond its bound, and takes one again when another has gone', async () => {
      await open({ limits: { maximumConnections: 3 } });
      const peers = [await place.dial(array), await place.dial(array), await place.dial(array)];
      expect(await elapsed(async () => gone(await plain()))).to.be.below(soon);
      expect(place.said()).to.include('too many are open');
      expect(await answers(peers[0] as Peer)).to.equal(true);
      peers[1]?.socket.end();
      await peers[1]?.closed();
      await until('there is a place again', isLetIn);
    });

    it('refuses a client beyond its own bound, not another client', async () => {
      await open({ limits: { maximumConnectionsPerClient: 2 } });
      const other = await place.add('other');
      await Promise.all([place.dial(array), place.dial(array)]);
      expect(await (await place.dial(array)).next()).to.equal(undefined);
      expect(place.said()).to.include('too many connections');
      expect(await answers(await place.dial(other))).to.equal(true);
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`speaks ${version}`, async () => {
        await open();
        const peer = await place.dial(array, { minVersion: version, maxVersion: version });
        expect(peer.socket.getProtocol()).to.equal(version);
        expect(await answers(peer)).to.equal(true);
      });
    }

    it('does not speak TLS 1.1', async () => {
      await open();
      const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      const failure: unknown = await place.dial(array, old).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
      expect(await answers(await place.dial(array))).to.equal(true);
    });
  });

  describe('resuming a session', () => {
    const ways: { name: string; version: SecureVersion; secureOptions?: number }[] = [
      { name: 'a ticket of TLS 1.3', version: 'TLSv1.3' },
      { name: 'a ticket of TLS 1.2', version: 'TLSv1.2' },
      { name: 'a session identifier of TLS 1.2', version: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET },
    ];
    for (const { name, version, secureOptions } of ways) {
      const options: ConnectionOptions = {
        minVersion: version,
        maxVersion: version,
        ...(secureOptions === undefined ? {} : { secureOptions }),
      };

      async function sessionOf(holder: Holder): Promise<Buffer> {
        const peer = await place.dial(holder, options);
        const session = version === 'TLSv1.3' ? once(peer.socket, 'session') : [peer.socket.getSession()];
        expect(await answers(peer)).to.equal(true);
        const [bytes] = (await session) as [Buffer];
        peer.socket.end();
        return bytes;
      }

      it(`never fails, and keeps the client's identity, with ${name}`, async () => {
        await open();
        const session = await sessionOf(array);
        for (let n = 0; n < 3; n++) {
          const peer = await place.dial(array, { ...options, session });
          expect(peer.socket.isSessionReused()).to.equal(secureOptions === undefined);
          expect(await answers(peer)).to.equal(true);
        }
      });

      it(`refuses a client that was revoked meanwhile, with ${name}`, async () => {
        await open();
        const session = await sessionOf(array);
        await place.clients.revoke('array');
        await place.directory.refresh();
        expect(await isRefused(array, { ...options, session })).to.equal(true);
        expect(place.said()).to.match(/refused.*client revoked/);
      });

      it(`goes on when the server has another certificate, with ${name}`, async () => {
        await open();
        const session = await sessionOf(array);
        place.server.renew(await place.serverIdentity('localhost'));
        expect(await answers(await place.dial(array, { ...options, session }))).to.equal(true);
      });

      it(`gives nobody the identity of another, with ${name}`, async () => {
        await open();
        const stranger = await sessionOf(array).then(() => place.issue('stranger'));
        expect(await isRefused(undefined, options)).to.equal(true);
        expect(await isRefused(stranger, options)).to.equal(true);
      });
    }
  });

  it('refuses to renegotiate', async () => {
    await open();
    const peer = await place.dial(array, { maxVersion: 'TLSv1.2' });
    expect(await answers(peer)).to.equal(true);
    const outcome = await new Promise<Error | null>((resolve) => {
      peer.socket.on('error', resolve);
      peer.socket.renegotiate({}, resolve);
    });
    expect(outcome).to.be.an('error');
    expect(await answers(await place.dial(array))).to.equal(true);
  });

  it('shows a renewed certificate to new connections and keeps the open ones', async () => {
    await open();
    const before = await place.dial(array);
    place.server.renew(await place.serverIdentity('kms.example.org', 'localhost'));
    const after = await place.dial(array, { servername: 'kms.example.org' });
    expect(after.socket.getPeerX509Certificate()?.checkHost('kms.example.org')).to.equal('kms.example.org');
    expect(await answers(before)).to.equal(true);
    expect(await answers(after)).to.equal(true);
  });

  it('cuts the open sessions of a client that is revoked, within two seconds, and no others', async () => {
    await open();
    const theirs = await place.dial(array);
    let clients = 0;
    const cutting = async (): Promise<number> => {
      const name = `revoked-${++clients}`;
      const mine = await place.dial(await place.add(name));
      expect([await answers(mine), await answers(theirs)]).to.deep.equal([true, true]);
      return elapsed(async () => {
        await place.clients.revoke(name);
        await mine.closed();
      });
    };
    expect(await bestOf(2000, cutting)).to.be.below(2000);
    expect(await answers(theirs)).to.equal(true);
  });

  describe('on an open connection', () => {
    it('closes one that is silent for the idle time, which each request restarts', async () => {
      await open({ limits: { idleTimeout: 2000 } });
      const peer = await place.dial(array);
      for (let n = 0; n < 3; n++) {
        await wait(750);
        expect(await answers(peer, `0${n}`)).to.equal(true);
      }
      const life = elapsed(() => gone(peer.socket));
      expect(await answers(peer, '03')).to.equal(true);
      expect(await life).to.be.within(1990, soon);
      expect(place.said()).to.include('an idle connection was closed');
    });

    it('takes a request that trickles in for silence', async () => {
      await open({ limits: { idleTimeout: 600 } });
      const peer = await place.dial(array);
      peer.socket.resume();
      const bytes = ask();
      let sent = 0;
      const drip = setInterval(() => peer.socket.write(bytes.subarray(sent, ++sent)), 100);
      expect(await elapsed(() => gone(peer.socket))).to.be.below(soon);
      clearInterval(drip);
      expect(sent, 'the whole request').to.be.below(bytes.length);
    });

    it('takes requests cut anywhere', async () => {
      await open();
      const peer = await place.dial(array);
      for (const byte of ask('77')) {
        peer.socket.write(Buffer.of(byte));
        await wait(1);
      }
      expect(idOf(await peer.next())).to.equal('77');
    });

    it('answers requests that come all at once in their order', async () => {
      await open();
      const peer = await place.dial(array);
      const ids = Array.from({ length: 500 }, (_, n) => n.toString(16).padStart(4, '0'));
      peer.socket.write(Buffer.concat(ids.map(ask)));
      const got: string[] = [];
      for (const _ of ids) got.push(idOf(await peer.next()));
      expect(got).to.deep.equal(ids);
    });

    it('answers what came before what is no message, behind more requests than are cut at once', async () => {
      await open();
      const peer = await place.dial(array);
      const ids = Array.from({ length: 100 }, (_, n) => n.toString(16).padStart(4, '0'));
      peer.socket.write(Buffer.concat([...ids.map(ask), Buffer.from('nonsense')]));
      for (const id of ids) expect(idOf(await peer.next())).to.equal(id);
      expect(await peer.next(), 'the answer to the nonsense').to.be.instanceOf(Buffer);
      expect(await peer.next()).to.equal(undefined);
    });

    it('answers what a client asked before it closed its own side', async () => {
      await open();
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const peer = await place.dial(array, { maxVersion: version, allowHalfOpen: true } as ConnectionOptions);
        const first = peer.next();
        peer.socket.end(Buffer.concat([ask('01'), ask('02'), ask('03')]));
        expect([idOf(await first), idOf(await peer.next()), idOf(await peer.next())]).to.deep.equal(['01', '02', '03']);
        expect(await peer.next()).to.equal(undefined);
      }
    });

    it('reads no further for a client that does not read its answers, and loses no answer', async () => {
      let answered = 0;
      await open({ services: (services) => onAppend(services, async (append) => (answered++, append())) });
      const peer = await place.dial(array);
      peer.socket.pause();
      const functions = [1, 2, 3, 4].map((each) => enumerated('QueryFunction', each));
      const items = Array.from({ length: 50 }, () => item(query, functions));
      const bytes = Buffer.from(encode(request('1.4', items)));
      const total = 5000;
      for (let n = 0; n < total; n++) peer.socket.write(bytes);
      await until('the first answer', () => answered > 0);
      for (let before = -1; before !== answered; await wait(300)) before = answered;
      // Equal items of a request share a record.
      const unread = answered;
      expect(unread).to.be.within(1, total / 2);
      expect(await answers(await place.dial(array))).to.equal(true);
      for (let n = 0; n < unread; n++) expect(await peer.next()).to.be.instanceOf(Buffer);
    });

    it('cuts a client that does not read its answers when the idle time is over', async () => {
      await open({ limits: { idleTimeout: 500 } });
      const peer = await place.dial(array);
      peer.socket.pause();
      const many = Buffer.concat(Array.from({ length: 20_000 }, () => ask()));
      for (let n = 0; n < 5; n++) peer.socket.write(many);
      peer.socket.on('error', () => undefined);
      await until('the end of the connection', () => place.said().includes('an idle connection was closed'));
      peer.socket.destroy();
    });
  });

  describe('on a stop', () => {
    /** Holds every answer back until it is let go. */
    function holding() {
      let release = (): void => undefined;
      let arrive = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const asked = new Promise<void>((resolve) => (arrive = resolve));
      const services = (services: Services): Services =>
        onAppend(services, async (append) => {
          arrive();
          await gate;
          await append();
        });
      return { asked, services, release: () => release() };
    }

    it('answers what is in flight, takes nothing new, and is gone', async () => {
      const hold = holding();
      await open({ services: hold.services });
      const [busy, idle] = [await place.dial(array), await place.dial(array)];
      busy.socket.write(ask('0a'));
      await hold.asked;
      const stopped = place.server.close();
      expect(await idle.next()).to.equal(undefined);
      busy.socket.write(ask('0b'));
      const late = await plain().catch((error: NodeJS.ErrnoException) => error.code);
      expect(late).to.equal('ECONNREFUSED');
      hold.release();
      expect(idOf(await busy.next())).to.equal('0a');
      expect(await busy.next()).to.equal(undefined);
      await stopped;
    });

    it('waits no longer than it may for requests in flight', async () => {
      const hold = holding();
      await open({ services: hold.services, limits: { shutdownTimeout: 300 } });
      const busy = await place.dial(array);
      busy.socket.write(ask());
      await hold.asked;
      expect(await elapsed(() => place.server.close())).to.be.within(290, soon);
      hold.release();
    });

    it('does not wait for connections that are still in their handshake, or keep their side open', async () => {
      await open({ limits: { shutdownTimeout: 500 } });
      const silent = await plain();
      const half = await place.dial(array, { allowHalfOpen: true } as ConnectionOptions);
      expect(await answers(half)).to.equal(true);
      expect(await elapsed(() => place.server.close())).to.be.below(soon);
      silent.destroy();
    });
  });
});
