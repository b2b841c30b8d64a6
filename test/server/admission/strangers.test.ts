/** Who has no business here is refused before the first byte is read, with a line in the log and an audit record. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import type { SecureVersion } from 'node:tls';
import { expect } from 'chai';
import type { Directory } from '#access/directory';
import { factsOf } from '#certs/inspect';
import { bytes } from '#test/ttlv/wire';
import { discover, header, message } from '#test/server/network/bad-messages';
import { openTlsPlace, type Holder, type TlsPlace } from '#test/server/network/tls-place';
import { bestOf, until } from '#test/fixtures/timing';

describe('a stranger', () => {
  let place: TlsPlace;

  // A trail of its own for each: refusals of one kind share a record.
  beforeEach(async () => (place = await openTlsPlace({ limits: { handshakeTimeout: 500 } })));
  afterEach(() => place.close());

  describe('whose certificate', () => {
    const isRefused = async (holder: Holder | undefined, maxVersion: SecureVersion): Promise<void> => {
      const peer = await place.dial(holder, { maxVersion }).catch(() => undefined);
      peer?.socket.write(bytes(message(header(1, 4), discover)));
      expect(await peer?.next()).to.equal(undefined);
    };
    const day = 24 * 60 * 60 * 1000;
    const longAgo = new Date(Date.now() - 30 * day);

    const holders: { name: string; reason: string; holder(): Promise<Holder | undefined> }[] = [
      { name: 'none', reason: 'no certificate', holder: () => Promise.resolve(undefined) },
      {
        name: 'one of the same authority that belongs to nobody',
        reason: 'unknown',
        holder: () => place.issue('array'),
      },
      { name: 'one of another authority with a known name', reason: 'unknown', holder: () => elsewhere.issue('array') },
      {
        name: 'one that has expired',
        reason: 'expired',
        holder: () => place.add(`old-${++count}`, { now: longAgo, notAfter: new Date(Date.now() - day) }),
      },
      {
        name: 'one that is not valid yet',
        reason: 'not yet valid',
        holder: () => place.add(`new-${++count}`, { now: new Date(Date.now() + 2 * day) }),
      },
      {
        name: 'one of a revoked client',
        reason: 'client revoked',
        async holder() {
          const name = `gone-${++count}`;
          const holder = await place.add(name);
          await place.clients.revoke(name);
          return holder;
        },
      },
    ];
    let elsewhere: TlsPlace;
    let count = 0;
    before(async () => (elsewhere = await openTlsPlace()));
    after(() => elsewhere.close());

    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const { name, reason, holder } of holders) {
        it(`is refused with ${name} over ${maxVersion}, which is written down`, async () => {
          const bad = await holder();
          await place.directory.refresh();
          const before = place.said().length;
          await isRefused(bad, maxVersion);
          expect(place.said().slice(before)).to.match(new RegExp(`a connection was refused.*"reason":"${reason}"`));
          const record = await lastRefusal(place);
          expect(record).to.include({ kind: 'connection', status: 'refused', reason });
          if (bad === undefined) return;
          const { fingerprint, subject } = factsOf(bad.certificate);
          expect(record).to.include({ certificate: fingerprint, subject });
        });
      }
    }
  });

  describe('who speaks no TLS', () => {
    const noise: { name: string; sends: Buffer; reason: string }[] = [
      {
        name: 'plain HTTP',
        sends: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
        reason: 'ERR_SSL_HTTP_REQUEST',
      },
      { name: 'a KMIP request', sends: bytes(message(header(1, 4), discover)), reason: 'ERR_SSL_WRONG_VERSION_NUMBER' },
      { name: 'a broken greeting', sends: bytes('16 0301 0005 01 000001 ff'), reason: 'ERR_SSL_' },
      { name: 'nothing', sends: Buffer.of(), reason: 'ERR_TLS_HANDSHAKE_TIMEOUT' },
    ];
    for (const { name, sends, reason } of noise) {
      it(`is cut off after ${name}, with a line in the log and the peer's address`, async () => {
        const before = place.said().length;
        const socket = connectPlain(place.server.port, '127.0.0.1');
        socket.on('error', () => undefined).resume();
        socket.write(sends);
        await once(socket, 'close');
        expect(place.said().slice(before)).to.match(new RegExp(`refused.*"peer":"127.0.0.1".*TLS: ${reason}`));
      });
    }
  });
});

describe('strangers who come again and again', () => {
  let place: TlsPlace;
  beforeEach(async () => (place = await openTlsPlace()));
  afterEach(() => place.close());

  it('are written down once, and counted, when the server stops at the latest', async () => {
    const stranger = await place.issue('stranger');
    for (let n = 0; n < 20; n++) {
      const socket = connectPlain(place.server.port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      socket.write('GET / HTTP/1.1\r\n\r\n');
      // The end may come before the client's handshake is over.
      if (n % 4 === 0)
        await place.dial(stranger).then(
          (peer) => peer.closed(),
          () => undefined,
        );
      if (!socket.closed) await once(socket, 'close');
    }
    const refused = async () => (await auditOf(place)).filter(({ status }) => status === 'refused');
    const peer = '127.0.0.1';
    const noTls = { reason: 'TLS: ERR_SSL_HTTP_REQUEST', peer };
    const unknown = { reason: 'unknown', peer, certificate: factsOf(stranger.certificate).fingerprint };
    const first = await refused();
    expect(first).to.have.length(2);
    for (const kind of [noTls, unknown]) expect(first.some((each) => agrees(each, kind))).to.equal(true);
    await place.server.close();
    const [more, others, ...rest] = (await refused()).slice(2);
    expect(more).to.include({ ...noTls, count: 19 });
    expect(others).to.include({ ...unknown, count: 4 });
    expect(rest).to.deep.equal([]);
    expect(place.said()).to.match(/more connections were refused.*"count":19/);
  });
});

describe('strangers with certificates that nobody knows', () => {
  it('cause only so many looks at the clients, and one who was added meanwhile gets in', async () => {
    let looks = 0;
    const admission = (directory: Directory): Directory => ({
      ...directory,
      refresh() {
        looks++;
        return directory.refresh();
      },
    });
    const place = await openTlsPlace({ admission });
    try {
      const stranger = await place.issue('stranger');
      await place.dial(stranger).then(
        (peer) => peer.closed(),
        () => undefined,
      );
      const comeAndGo = () =>
        place.dial(stranger).then(
          (peer) => peer.closed(),
          () => undefined,
        );
      let clients = 0;
      // Looks are so many a second: on a busy machine there may be many, and the few are in another measurement.
      const looksFor24 = async (): Promise<number> => {
        const [from, before] = [performance.now(), looks];
        const all = Promise.all(Array.from({ length: 12 }, comeAndGo));
        const added = await place.dial(await place.add(`late-${++clients}`));
        added.socket.write(bytes(message(header(1, 4), discover)));
        expect(await added.next()).to.be.instanceOf(Buffer);
        await all;
        await Promise.all(Array.from({ length: 12 }, comeAndGo));
        expect(looks - before).to.be.within(1, 2 + (performance.now() - from) / 250);
        added.socket.destroy();
        return looks - before;
      };
      expect(await bestOf(12, looksFor24)).to.be.below(12);
    } finally {
      await place.close();
    }
  });
});

const agrees = (line: AuditLine, kind: object): boolean =>
  Object.entries(kind).every(([key, value]) => (line as unknown as Record<string, unknown>)[key] === value);

interface AuditLine {
  readonly status?: string;
  readonly kind: string;
}

/** It is written beside the closing of the connection, which may be seen first. */
async function lastRefusal(place: TlsPlace): Promise<AuditLine | undefined> {
  return until('a refusal', async () => (await auditOf(place)).slice(-1).find(({ status }) => status === 'refused'));
}

async function auditOf({ fixture }: TlsPlace): Promise<AuditLine[]> {
  const directory = join(fixture.directory, 'audit');
  const texts = await Promise.all(
    (await readdir(directory))
      .filter((name) => !name.endsWith('.draft'))
      .sort()
      .map((name) => readFile(join(directory, name), 'latin1')),
  );
  const lines = texts
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as AuditLine);
}
