/** What a client leaves lying: answers that it does not read, requests that it does not finish. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { get, makeKey, openAttackPlace, type AttackPlace } from './attack-place.ts';

const mebibyte = 1024 * 1024;
const heldBytes = (): number => process.memoryUsage.rss() / mebibyte;

describe('a client', () => {
  let here: AttackPlace;
  afterEach(() => here.close());

  for (const [attack, what, reason] of [
    ['unread', 'does not read answers of 8.5 MiB over 80 connections', 'an answer was not taken in its time'],
    [
      'unfinished',
      'does not finish requests of 1 MiB over 100 connections',
      'a request did not come whole in its time',
    ],
  ] as const) {
    it(`that ${what} holds no more than its share, and that not for long`, async () => {
      here = await openAttackPlace({
        ...{ maximumHeldPerClient: 16 * mebibyte, maximumHeld: 64 * mebibyte },
        ...{ answerTimeout: 2000, requestTimeout: 2000, idleTimeout: 60_000 },
      });
      const peer = await here.dial();
      const id = await makeKey(peer);
      const before = heldBytes();
      const attack_ = await here.attack(attack);
      let most = 0;
      const isCut = (): boolean => here.place.said().includes(reason);
      for (const until = performance.now() + 20_000; !isCut() && performance.now() < until; await wait(50)) {
        await get(peer, id);
        most = Math.max(most, heldBytes() - before);
      }
      console.log(`      this process grew by ${most.toFixed(0)} MiB at most`);
      // Twice the share, for what is encrypted, and what the garbage collector has not come to.
      expect(most).to.be.below(200);
      expect(isCut()).to.equal(true);
      await attack_.end();
      await get(peer, id);
    });
  }
});
