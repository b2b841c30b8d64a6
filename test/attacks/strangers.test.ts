/** Strangers who can reach the port take nobody's place, and nobody's time. */
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { serveHealth } from '#server/health';
import { get, makeKey, openAttackPlace, type AttackPlace } from './attack-place.ts';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

const patience = 60_000;

describe('strangers', () => {
  let here: AttackPlace;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await here.close();
  });

  async function plain(): Promise<Socket> {
    const socket = connectPlain({ port: here.place.server.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket.on('error', () => undefined).resume());
    await once(socket, 'connect');
    return socket;
  }

  /** Milliseconds until a client has an answer over a new connection. */
  const newcomer = (bound: number): Promise<number> =>
    bestOf(bound, () =>
      elapsed(async () => {
        const peer = await here.dial();
        await get(peer, await makeKey(peer));
      }),
    );

  for (const [name, sends] of [
    ['who say nothing', Buffer.of()],
    ['within their handshake', Buffer.from('160301020001', 'hex')],
  ] as const) {
    it(`${name} and hang up are gone at once`, async () => {
      here = await openAttackPlace({ handshakeTimeout: patience });
      const socket = await plain();
      socket.write(sends);
      await wait(50);
      const closed = once(socket, 'close');
      socket.end();
      // Less than their handshake may take.
      expect(await elapsed(() => closed)).to.be.below(30_000);
    });
  }

  it('who come and go, more than there are places, keep no client out', async () => {
    here = await openAttackPlace({ handshakeTimeout: patience });
    const attack = await here.attack('openAndClose');
    let came = 0;
    await until('more than 400 strangers', async () => ({ came = 0 } = await attack.counted()).came! > 400);
    const took = await newcomer(5000);
    await attack.end();
    console.log(`      a client came in within ${took.toFixed(0)} ms, beside ${came} strangers`);
    expect(took).to.be.below(5000);
  });

  it('who say nothing, more than there are places, keep no client out, and push none out', async () => {
    here = await openAttackPlace({ handshakeTimeout: patience, maximumHandshakesPerAddress: 50 });
    const peer = await here.dial();
    const id = await makeKey(peer);
    const attack = await here.attack('silent');
    await wait(500);
    expect(await newcomer(5000)).to.be.below(5000);
    await get(peer, id);
    const held = async (): Promise<number> => 450 - ((await attack.counted())['closed'] ?? 0);
    await until('at most 50 hold a place', async () => (await held()) <= 50);
    await wait(500);
    expect(await held(), 'those who hold a place').to.be.at.least(1);
    await attack.end();
  });

  it('whose certificates take long to check have a small part of the time, and keep no other out for good', async () => {
    here = await openAttackPlace({});
    const peer = await here.dial();
    const id = await makeKey(peer);
    const gets = async (milliseconds: number): Promise<number[]> => {
      const taken: number[] = [];
      for (const end = performance.now() + milliseconds; performance.now() < end; await wait(5)) {
        taken.push(await elapsed(() => get(peer, id)));
      }
      return taken.sort((a, b) => a - b);
    };
    const median = (of: readonly number[]): number => of[of.length >> 1] ?? Infinity;
    const alone = median(await gets(1000));
    const attack = await here.attack('costlyChains');
    const start = await gets(3000);
    const came = async (): Promise<number> => (await attack.counted())['came'] ?? 0;
    const bound = alone * 5 + 10;
    const beside = await bestOf(bound, async () => {
      const [from, early] = [performance.now(), await came()];
      expect(early, 'handshakes of the attack').to.be.above(0);
      const taken = median(await gets(5000));
      const late = await came();
      const seconds = (performance.now() - from) / 1000;
      const figures = `median ${taken.toFixed(1)} ms beside, ${alone.toFixed(1)} ms alone`;
      const handshakes = `${early} such handshakes, then ${late - early} in ${seconds.toFixed(1)} s`;
      console.log(`      ${figures}; ${handshakes}; longest ${start.at(-1)?.toFixed(0)} ms`);
      expect(late - early, 'handshakes').to.be.at.most(Math.floor(seconds));
      return taken;
    });
    expect(beside).to.be.below(bound);
    expect(await newcomer(40_000)).to.be.below(40_000);
    await attack.end();
  });

  it('on the health port make room for a prober', async () => {
    here = await openAttackPlace({});
    const health = await serveHealth({ host: '127.0.0.1', port: 0, isReady: () => true });
    try {
      for (let n = 0; n < 1000; n++) {
        const socket = connectPlain(health.port, '127.0.0.1').on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
      }
      for (const path of ['live', 'ready']) {
        const asking = async (): Promise<void> => {
          const answer = await fetch(`http://127.0.0.1:${health.port}/${path}`, {
            signal: AbortSignal.timeout(60_000),
          });
          expect(answer.status).to.equal(200);
        };
        const took = await bestOf(1500, () => elapsed(asking));
        console.log(`      /${path} took ${took.toFixed(0)} ms beside 1,000 silent connections`);
        expect(took).to.be.below(1500);
      }
    } finally {
      await health.close();
    }
  });
});
