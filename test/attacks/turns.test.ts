/** One client over a hundred connections leaves another its time. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Peer } from '#test/server/network/tls-place';
import { measured } from './pauses.ts';
import { get, makeKey, openAttackPlace, type AttackPlace } from './attack-place.ts';

/**
 * What this process, with the server and the other client in it, works from a request to its answer: unlike the time
 * that passes, it is the same on a machine that has other things to do.
 */
async function workPerGet(peer: Peer, id: string, milliseconds: number): Promise<number> {
  const works: number[] = [];
  for (const until = performance.now() + milliseconds; performance.now() < until; await wait(2)) {
    const before = process.cpuUsage();
    await get(peer, id);
    const { user, system } = process.cpuUsage(before);
    works.push((user + system) / 1000);
  }
  works.sort((a, b) => a - b);
  return works[works.length >> 1] as number;
}

describe('a client that floods the server over 100 connections', () => {
  let here: AttackPlace;
  before(async () => (here = await openAttackPlace({ idleTimeout: 60_000 })));
  after(() => here.close());

  for (const [attack, what] of [
    ['gets', 'small requests'],
    ['batches', 'batches'],
    ['large', 'requests of 1 MiB'],
  ] as const) {
    it(`with ${what} leaves another the next turn`, async () => {
      const peer = await here.dial();
      const id = await makeKey(peer);
      await workPerGet(peer, id, 500);
      for (let tries = 1; ; tries++) {
        const calm = await workPerGet(peer, id, 700);
        const flood = await here.attack(attack);
        await workPerGet(peer, id, 300);
        const attacked = await workPerGet(peer, id, 1500);
        await flood.end();
        await wait(300);
        console.log(`      work per Get: ${calm.toFixed(2)} ms alone, ${attacked.toFixed(2)} ms beside ${what}`);
        // A slice of the other's turn, and what it takes to stop reading it.
        if (tries < 3 && attacked >= 2 * calm + 1.5) continue;
        expect(attacked).to.be.below(2 * calm + 1.5);
        return;
      }
    });
  }
});

/** Milliseconds: one such request takes up to 10 at a time, and 20 together took more than 100. */
const bound = 60;

describe('a client that is alone, with long requests over 20 connections', () => {
  let here: AttackPlace;
  before(async () => (here = await openAttackPlace({ idleTimeout: 60_000 })));
  after(() => here.close());

  it('leaves the event loop turns, in which others connect', async () => {
    const flood = await here.attack('groups');
    await wait(1000);
    let often = Infinity;
    for (let tries = 0; tries < 3 && often >= bound; tries++) {
      const pauses: number[] = [];
      for (let n = 0; n < 9; n++) pauses.push((await measured(() => wait(400))).pause);
      pauses.sort((a, b) => a - b);
      console.log(`      pauses of ${pauses.map((each) => each.toFixed(0)).join(', ')} ms`);
      often = Math.min(often, pauses[6] as number);
    }
    const { socket } = await here.dial();
    const { answers = 0 } = await flood.counted();
    await flood.end();
    expect(socket.destroyed).to.equal(false);
    expect(answers, 'requests that were handled').to.be.above(20);
    expect(often).to.be.below(bound);
  });
});
