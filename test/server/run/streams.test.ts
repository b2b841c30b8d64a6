import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { startMac } from '#crypto/ciphers/mac';
import { heldPlaintext } from '#operations/cryptography/buffered-plaintext';
import type { Stream } from '#operations/context';
import { createStreamTable } from '#server/run/stream-table';
import { serverSession } from '#test/fixtures/handler';

function openSession(connection: number, clientId: string) {
  const { session, closing } = serverSession({ connection, clientId, fingerprint: '00' });
  return { ...session, close: () => closing.abort() };
}
const session = (connection: number) => openSession(connection, 'client-1');

describe('the table of streams', () => {
  const clock = { now: 0 };
  const table = createStreamTable({ now: () => clock.now, random: (length) => randomBytes(length) });
  const ended: string[] = [];
  const stream = (label: string): Stream => ({
    operation: 'Hash',
    parameters: {},
    initial: {},
    work: { take: () => ({}), end: () => void ended.push(label) },
  });
  beforeEach(() => void ended.splice(0));

  it('ends the work of a stream with it, with its connection, and when its time is over', () => {
    const [one, other] = [session(1), session(2)];
    const [ofOne, ofOther] = [table.of(one), table.of(other)];
    const first = ofOne.begin(stream('finished'));
    ofOne.begin(stream('left'));
    ofOne.begin(stream('left too'));
    ofOther.end(first);
    expect(ended).to.deep.equal([]);
    ofOne.end(first);
    expect(ended).to.deep.equal(['finished']);
    one.close();
    expect(ended).to.deep.equal(['finished', 'left', 'left too']);
    ofOther.begin(stream('forgotten'));
    clock.now += 10 * 60_000;
    ofOther.begin(stream('new'));
    expect(ended).to.deep.equal(['finished', 'left', 'left too', 'forgotten']);
  });

  it('gives a running stream no less time, and no worse a place, than one that begins', () => {
    const own = session(3);
    const streams = table.of(own);
    const running = streams.begin(stream('running'));
    for (let count = 1; count < 16; count++) streams.begin(stream('another'));
    expect(() => streams.begin(stream('one too many'))).to.throw('16 streams');
    clock.now += 9 * 60_000;
    streams.renew(running);
    clock.now += 9 * 60_000;
    expect(streams.find(running).operation).to.equal('Hash');
    own.close();
    expect(() => streams.renew(running)).to.throw('Correlation Value not found');
  });
});

describe('the table of streams that clients share', () => {
  const open = () => createStreamTable({ now: () => 0, random: (length) => randomBytes(length) });
  const stream = (): Stream => ({ operation: 'Hash', parameters: {}, initial: {}, work: { take: () => ({}) } });
  let connections = 100;
  const sessionOf = (clientId: string) => openSession(++connections, clientId);
  /** As many as the client gets, over as many connections as it likes. */
  function fill(table: ReturnType<typeof open>, clientId: string): number {
    let begun = 0;
    for (let connection = 0; connection < 100; connection++) {
      const streams = table.of(sessionOf(clientId));
      try {
        for (;;) begun += streams.begin(stream()).length > 0 ? 1 : 0;
      } catch (error) {
        expect(error).to.have.property('reason', 'ServerLimitExceeded');
      }
    }
    return begun;
  }

  it('gives one client a part of them, whatever the number of its connections', () => {
    const table = open();
    expect(fill(table, 'busy')).to.equal(128);
    expect(table.of(sessionOf('other')).begin(stream())).to.have.length(16);
  });

  it('has room for another client when many have filled it, and takes it from one that has the most', () => {
    const table = open();
    const begun = Array.from({ length: 20 }, (_, n) => fill(table, `busy-${n}`));
    expect(begun.reduce((sum, each) => sum + each, 0)).to.be.at.least(1024);
    const other = table.of(sessionOf('other'));
    const first = other.begin(stream());
    for (let count = 1; count < 16; count++) other.begin(stream());
    expect(other.find(first).operation).to.equal('Hash');
  });

  it('gives back what a connection had when it ends', () => {
    const table = open();
    const sessions = Array.from({ length: 8 }, () => sessionOf('busy'));
    for (const each of sessions) for (let count = 0; count < 16; count++) table.of(each).begin(stream());
    expect(() => table.of(sessionOf('busy')).begin(stream())).to.throw('a client at most 128');
    sessions[0]?.close();
    expect(table.of(sessionOf('busy')).begin(stream())).to.have.length(16);
  });
});

describe('bytes that streams hold', () => {
  const mebibyte = 1024 * 1024;
  let connections = 1000;
  const sessionOf = (clientId: string) => openSession(++connections, clientId);
  const open = () => createStreamTable({ now: () => 0, random: (length) => randomBytes(length) });
  type Table = ReturnType<typeof open>;

  /** A stream that holds plaintext of so many bytes; its answer is the session that has it. */
  function hold(table: Table, clientId: string, bytes: number): ReturnType<typeof sessionOf> {
    const session = sessionOf(clientId);
    const held = heldPlaintext(bytes);
    const work = { take: () => ({}), end: () => held.wipe() };
    table.of(session).begin({ operation: 'Decrypt', parameters: {}, initial: {}, work });
    held.add(new Uint8Array(bytes), table.of(session).room);
    return session;
  }
  function fill(table: Table, clientId: string): number {
    let count = 0;
    try {
      for (; count < 128; count++) hold(table, clientId, mebibyte);
    } catch (error) {
      expect(error).to.have.property('reason', 'ServerLimitExceeded');
    }
    return count;
  }

  it('are at most 16 MiB for one client, which gets them back with its streams', () => {
    const table = open();
    const [first] = Array.from({ length: 16 }, () => hold(table, 'busy', mebibyte)) as [ReturnType<typeof sessionOf>];
    expect(() => hold(table, 'busy', 1)).to.throw('at most 16777216 bytes');
    first.close();
    expect(() => hold(table, 'busy', mebibyte)).not.to.throw();
    expect(() => hold(table, 'other', mebibyte)).not.to.throw();
  });

  it('are at most 64 MiB for all, and another client gets its part of them', () => {
    const table = open();
    for (const busy of ['a', 'b', 'c', 'd']) expect(fill(table, busy)).to.equal(16);
    // Each MiB that it gets is one that another had; the end is where all have as much.
    expect(fill(table, 'late')).to.be.within(11, 13);
  });

  it('are those of the first part too', () => {
    const table = open();
    const streams = table.of(sessionOf('busy'));
    const begin = () =>
      streams.begin({
        operation: 'Decrypt',
        parameters: {},
        initial: { authenticatedEncryptionAdditionalData: new Uint8Array(9 * mebibyte) },
        work: { take: () => ({}) },
      });
    const value = begin();
    expect(begin).to.throw('at most 16777216 bytes');
    streams.end(value);
    expect(begin).not.to.throw();
  });
});

describe('what a stream holds', () => {
  it('is, of a CMAC, of no use when it was wiped', () => {
    const running = startMac({ algorithm: 'AES', bytes: new Uint8Array(16) }, { blockCipherMode: 'CMAC' });
    running.update(new Uint8Array(5));
    running.wipe?.();
    expect(() => running.digest()).to.throw();
  });

  it('is, of plaintext, in one place only, up to its maximum', () => {
    let taken = 0;
    const room = { take: (bytes: number) => void (taken += bytes), release: (bytes: number) => void (taken -= bytes) };
    const held = heldPlaintext(6);
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3), Uint8Array.of(4, 5, 6)];
    for (const part of parts) held.add(part, room);
    expect([...held.all()]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(parts.flatMap((part) => [...part]).every((byte) => byte === 0)).to.equal(true);
    expect(() => held.add(Uint8Array.of(7), room)).to.throw('6 bytes');
    expect([...held.all()]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(taken).to.equal(6);
    held.wipe();
    held.wipe();
    expect([...held.all()]).to.deep.equal([]);
    expect(taken).to.equal(0);
    const late = Uint8Array.of(8);
    expect(() => held.add(late, room)).to.throw('the stream has ended');
    expect([...late]).to.deep.equal([0]);
  });
});
