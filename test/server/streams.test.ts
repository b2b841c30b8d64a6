import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { startMac } from '#crypto/mac';
import { heldPlaintext } from '#operations/held-plaintext';
import type { Stream } from '#operations/streams';
import { createStreamTable } from '#server/streams';

const session = (connection: number) => ({ connection, clientId: 'client-1', fingerprint: '00' });

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
    table.end(one);
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
    table.end(own);
    expect(() => streams.renew(running)).to.throw('has it no more');
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
    const held = heldPlaintext(6);
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3), Uint8Array.of(4, 5, 6)];
    for (const part of parts) held.add(part);
    expect([...held.all()]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(parts.flatMap((part) => [...part]).every((byte) => byte === 0)).to.equal(true);
    expect(() => held.add(Uint8Array.of(7))).to.throw('6 bytes');
    expect([...held.all()]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    held.wipe();
    expect([...held.all()]).to.deep.equal([0, 0, 0, 0, 0, 0]);
  });
});
