/** What a client leaves lying: answers that it does not read, requests that it does not finish. */
import { expect } from 'chai';
import { bestOf, until } from '#test/fixtures/timing';
import { get, makeKey, openAttackPlace } from './attack-place.ts';

const mebibyte = 1024 * 1024;
/** Twice the share, for what is encrypted, and what the garbage collector has not come to. */
const bound = 200;
const heldBytes = (): number => process.memoryUsage.rss() / mebibyte;

describe('a client', () => {
  for (const [attack, what, reason] of [
    ['unread', 'does not read answers of 8.5 MiB over 80 connections', 'an answer was not taken in its time'],
    [
      'unfinished',
      'does not finish requests of 1 MiB over 100 connections',
      'a request did not come whole in its time',
    ],
  ] as const) {
    it(`that ${what} holds no more than its share, and that not for long`, async () => {
      const growth = () => growthUnder(attack, reason);
      const most = await bestOf(bound, growth);
      console.log(`      this process grew by ${most.toFixed(0)} MiB at most`);
      expect(most).to.be.below(bound);
    });
  }

  async function growthUnder(attack: string, reason: string): Promise<number> {
    const here = await openAttackPlace({
      ...{ maximumHeldPerClient: 16 * mebibyte, maximumHeld: 64 * mebibyte },
      ...{ answerTimeout: 2000, requestTimeout: 2000, idleTimeout: 300_000 },
    });
    try {
      const peer = await here.dial();
      const id = await makeKey(peer);
      const before = heldBytes();
      const running = await here.attack(attack);
      let most = 0;
      await until(`the log says ${reason}`, async () => {
        await get(peer, id);
        most = Math.max(most, heldBytes() - before);
        return here.place.said().includes(reason);
      });
      await running.end();
      await get(peer, id);
      return most;
    } finally {
      await here.close();
    }
  }
});
