/** Who gets a place, and whose handshake begins first. */
import { expect } from 'chai';
import { createAcquaintances, networkOf } from '#server/admission/addresses';
import { createCountedLog } from '#server/counted-log';
import { createHandshakeTurns, type Candidate } from '#server/admission/handshake-turns';
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '#test/fixtures/timing';

describe('a network', () => {
  const rows: readonly (readonly [address: string, network: string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ];
  for (const [address, network] of rows) {
    it(`is ${network} for ${address}`, () => void expect(networkOf(address)).to.equal(network));
  }

  it('is known for a day after a client was let in from there, and of many only the latest are', () => {
    let time = 0;
    const acquaintances = createAcquaintances(() => time);
    acquaintances.add('first');
    time = 23 * 60 * 60 * 1000;
    expect([acquaintances.has('first'), acquaintances.has('second')]).to.deep.equal([true, false]);
    time = 25 * 60 * 60 * 1000;
    expect(acquaintances.has('first')).to.equal(false);
    for (let n = 0; n < 10_001; n++) acquaintances.add(`network ${n}`);
    expect([acquaintances.has('network 0'), acquaintances.has('network 1')]).to.deep.equal([false, true]);
  });
});

describe('the turns of handshakes', () => {
  it('are those of known networks first, and of each network one after another', async () => {
    const begun: string[] = [];
    const turns = createHandshakeTurns(
      () => false,
      () => performance.now(),
    );
    const candidate = (network: string, isKnown: boolean): Candidate => ({
      ...{ network, isKnown },
      received: () => 0,
      begin: () => void begun.push(network),
    });
    for (let n = 0; n < 3; n++) turns.enter(candidate('busy stranger', false));
    turns.enter(candidate('other stranger', false));
    turns.enter(candidate('known', true));
    await until('five handshakes', () => begun.length >= 5);
    expect(begun).to.deep.equal(['known', 'busy stranger', 'other stranger', 'busy stranger', 'busy stranger']);
  });

  it('are so many a second for one network while requests come in, and do not hold up another', async () => {
    const begun: string[] = [];
    let time = 0;
    const turns = createHandshakeTurns(
      () => true,
      () => time,
    );
    const enter = (network: string): void => {
      const candidate: Candidate = {
        network,
        isKnown: false,
        received: () => 0,
        begin() {
          begun.push(network);
          turns.finish(candidate);
        },
      };
      turns.enter(candidate);
    };
    for (let n = 0; n < 100; n++) enter('busy');
    for (let before = -1; before !== begun.length; await wait(100)) before = begun.length;
    expect(begun).to.have.length(20);
    enter('other');
    await until('the handshake of the other', () => begun.length > 20);
    expect(begun.at(-1)).to.equal('other');
    time = 500;
    for (let before = -1; before !== begun.length; await wait(100)) before = begun.length;
    expect(begun).to.have.length(31);
  });
});

describe('lines of the log that a client can cause', () => {
  it('are written up to a number of each kind and client, and then counted', () => {
    const lines: string[] = [];
    const write =
      (level: string) =>
      (message: string, details: object = {}): void =>
        void (level === 'debug' || lines.push(`${message} ${JSON.stringify(details)}`));
    const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    const counted = createCountedLog(log);
    for (let n = 0; n < 1000; n++) counted.note('warn', 'nonsense', { client: 'a' }, { connection: n });
    counted.note('warn', 'nonsense', { client: 'b' }, { connection: 0 });
    expect(lines).to.have.length(6);
    expect(lines[5]).to.equal('nonsense {"client":"b","connection":0}');
    counted.close();
    expect(lines.slice(6)).to.deep.equal(['nonsense: more lines were left out {"client":"a","count":995}']);
  });
});
