/** How fast a client's requests are taken. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { RequestRate } from '#server/admission/request-rate';
import { encode } from '#ttlv/encode';
import { request, item } from '#test/fixtures/items';
import { everyClient } from '#test/fixtures/every-client';
import { openTlsPlace, type Peer, type TlsPlace } from '#test/server/network/tls-place';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

describe('the rate of requests', () => {
  let now: number;
  const bucket = (requestsPerSecond: number, requestsBurst: number): RequestRate =>
    new RequestRate(everyClient({ requestsPerSecond, requestsBurst }).facts, () => now);
  beforeEach(() => (now = 1_000_000));

  it('leaves a client alone that fetches 65,535 keys at its start', () => {
    const rate = new RequestRate(everyClient().facts, () => now);
    for (let key = 0; key < 65_535; key++) expect(rate.take('array', 1)).to.equal(0);
  });

  it('leaves a benchmark of 50 seconds at 20,000 a second alone, and holds it at 2,000 from then on', () => {
    const rate = new RequestRate(everyClient().facts, () => now);
    const second = (): number => {
      let taken = 0;
      for (const end = now + 1000; now < end; now++) {
        for (let each = 0; each < 20; each++) {
          const pause = rate.take('bench', 1);
          if (pause === 0) taken++;
          else now += pause;
        }
      }
      return taken;
    };
    const each = Array.from({ length: 70 }, second);
    expect(each.slice(0, 50)).to.deep.equal(Array.from({ length: 50 }, () => 20_000));
    expect(each[69]).to.be.at.most(2000);
  });

  it('counts items, lets a large batch through, and the client pay for it afterwards', () => {
    const rate = bucket(100, 10);
    expect(rate.take('array', 1)).to.equal(0);
    rate.take('array', 999);
    expect(rate.take('array', 1)).to.equal(9910);
    now += 9910;
    expect(rate.take('array', 1)).to.equal(10);
    expect(rate.take('other', 10)).to.equal(0);
  });

  it('fills up to the burst and no further, and stands still for no clock', () => {
    const rate = bucket(1000, 50);
    expect(rate.take('array', 50)).to.equal(0);
    now += 3_600_000;
    expect(rate.take('array', 50)).to.equal(0);
    expect(rate.take('array', 1)).to.equal(1);
  });

  it('is without bound when it is 0', () => {
    const rate = bucket(0, 1);
    for (let each = 0; each < 1000; each++) expect(rate.take('array', 1000)).to.equal(0);
  });

  it('costs a microsecond or two a request', () => {
    const rate = new RequestRate(everyClient().facts);
    const runs = Array.from({ length: 5 }, () => {
      const from = process.cpuUsage();
      for (let each = 0; each < 100_000; each++) rate.take('array', 1);
      return process.cpuUsage(from).user / 100_000;
    });
    expect(Math.min(...runs)).to.be.below(2);
  });

  describe('on a socket', () => {
    let place: TlsPlace;
    afterEach(() => place.close());
    const ping = Buffer.from(encode(request('2.1', [item('Ping', [])])));
    const ask = (peer: Peer): Promise<number> =>
      elapsed(async () => {
        peer.socket.write(ping);
        expect(await peer.next()).to.not.equal(undefined);
      });
    const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;

    it('holds a client that floods on ten connections, and nobody else', async () => {
      const quota = everyClient({ requestsPerSecond: 100, requestsBurst: 200 });
      place = await openTlsPlace({ services: (services) => ({ ...services, clients: quota.facts }) });
      const [a, b] = [await place.add('a'), await place.add('b')];
      await place.directory.refresh();
      const quiet = await place.dial(b);
      const alone: number[] = [];
      for (let each = 0; each < 40; each++) alone.push(await ask(quiet));

      const peers = await Promise.all(Array.from({ length: 10 }, () => place.dial(a)));
      let answers = 0;
      let isOver = false;
      const begun = performance.now();
      const floods = peers.map(async (peer) => {
        // Many at once: what is not read waits in the network.
        while (!isOver && !peer.socket.destroyed) {
          peer.socket.write(ping);
          if ((await peer.next()) !== undefined) answers++;
        }
      });
      await until('the burst', () => answers >= 200);
      const bound = Math.max(10, 3 * median(alone));
      const besideFlood = async (): Promise<number> => {
        const [from, before] = [performance.now(), answers];
        const times: number[] = [];
        for (let each = 0; each < 100; each++) {
          times.push(await ask(quiet));
          await wait(15);
        }
        rates.push(((answers - before) * 1000) / (performance.now() - from));
        return median(times);
      };
      const rates: number[] = [];
      // A busy machine slows the flood down: too few in a second are measured again, too many never.
      const beside = await bestOf(bound, async () => {
        const waits = await besideFlood();
        return (rates.at(-1) as number) < 40 ? Infinity : waits;
      });
      const inAll = ((answers - 200) * 1000) / (performance.now() - begun);
      isOver = true;
      for (const peer of peers) peer.socket.destroy();
      await Promise.all(floods);
      expect(inAll, 'requests in a second').to.be.at.most(110);
      expect(Math.max(...rates), 'requests in a second').to.be.at.least(40);
      expect(beside, 'B waits').to.be.below(bound);
    });

    it('takes a change of the number for the next request, and lets go of a client that leaves', async () => {
      const quota = everyClient({ requestsPerSecond: 1, requestsBurst: 1 });
      place = await openTlsPlace({ services: (services) => ({ ...services, clients: quota.facts }) });
      const a = await place.add('a');
      await place.directory.refresh();
      const leaver = await place.dial(a);
      for (let each = 0; each < 3; each++) leaver.socket.write(ping);
      await leaver.next();
      leaver.socket.destroy();
      const { id } = await place.clients.named('a');
      quota.records.set(id, { quota: { requestsPerSecond: 1000, requestsBurst: 1000 } });
      const peer = await place.dial(a);
      const twenty = async (): Promise<void> => {
        for (let each = 0; each < 20; each++) await ask(peer);
      };
      expect(await bestOf(5000, () => elapsed(twenty))).to.be.below(5000);
    });
  });
});
