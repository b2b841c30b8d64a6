/** Strangers who can reach the port take nobody's place, and nobody's time. */
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { serveHealth } from '#server/health';
import { get, makeKey, openAttackPlace, type AttackPlace } from './attack-place.ts';

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
  async function newcomer(): Promise<number> {
    const from = performance.now();
    const peer = await here.dial();
    await get(peer, await makeKey(peer));
    return performance.now() - from;
  }

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
      const from = performance.now();
      await closed;
      expect(performance.now() - from).to.be.below(5000);
    });
  }

  it('who come and go, more than there are places, keep no client out', async () => {
    here = await openAttackPlace({ handshakeTimeout: patience });
    const attack = await here.attack('openAndClose');
    await wait(1000);
    const took = await newcomer();
    const { came = 0 } = await attack.counted();
    await attack.end();
    console.log(`      a client came in within ${took.toFixed(0)} ms, beside ${came} strangers`);
    expect(came).to.be.above(400);
    expect(took).to.be.below(5000);
  });

  it('who say nothing, more than there are places, keep no client out, and push none out', async () => {
    here = await openAttackPlace({ handshakeTimeout: patience, maximumHandshakesPerAddress: 50 });
    const peer = await here.dial();
    const id = await makeKey(peer);
    const attack = await here.attack('silent');
    await wait(500);
    expect(await newcomer()).to.be.below(5000);
    await get(peer, id);
    await wait(500);
    const { closed = 0 } = await attack.counted();
    expect(450 - closed, 'those who hold a place').to.be.within(1, 50);
    await attack.end();
  });

  it('whose certificates take long to check have a small part of the time, and keep no other out for good', async () => {
    here = await openAttackPlace({});
    const peer = await here.dial();
    const id = await makeKey(peer);
    const gets = async (milliseconds: number): Promise<number[]> => {
      const taken: number[] = [];
      for (const end = performance.now() + milliseconds; performance.now() < end; await wait(5)) {
        const from = performance.now();
        await get(peer, id);
        taken.push(performance.now() - from);
      }
      return taken.sort((a, b) => a - b);
    };
    const median = (of: readonly number[]): number => of[of.length >> 1] ?? Infinity;
    const alone = median(await gets(1000));
    const attack = await here.attack('costlyChains');
    const start = await gets(3000);
    const { came: early = 0 } = await attack.counted();
    const beside = await gets(5000);
    const { came = 0 } = await attack.counted();
    await attack.end();
    const figures = `median ${median(beside).toFixed(1)} ms beside, ${alone.toFixed(1)} ms alone`;
    console.log(
      `      ${figures}; ${early} such handshakes, then ${came - early} in 5 s; longest ${start.at(-1)?.toFixed(0)} ms`,
    );
    expect(early, 'handshakes of the attack').to.be.above(0);
    expect(came - early).to.be.at.most(5);
    expect(median(beside)).to.be.below(alone * 5 + 10);
    expect(await newcomer()).to.be.below(40_000);
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
        const from = performance.now();
        const answer = await fetch(`http://127.0.0.1:${health.port}/${path}`, { signal: AbortSignal.timeout(5000) });
        expect(answer.status).to.equal(200);
        console.log(`      /${path} took ${(performance.now() - from).toFixed(0)} ms beside 1,000 silent connections`);
        expect(performance.now() - from).to.be.below(1500);
      }
    } finally {
      await health.close();
    }
  });
});
