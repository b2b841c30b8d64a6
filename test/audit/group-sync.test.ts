import { expect } from 'chai';
import { groupSync } from '#audit/group-sync';

describe('a group sync', () => {
  /** Flushes that end on demand. */
  function flushes(): { flush(): Promise<void>; readonly ends: ((error?: Error) => void)[] } {
    const ends: ((error?: Error) => void)[] = [];
    return {
      ends,
      flush: () =>
        new Promise((resolve, reject) => {
          ends.push((error) => (error === undefined ? resolve() : reject(error)));
        }),
    };
  }

  it('covers all that ask during a flush by one more, together', async () => {
    const { flush, ends } = flushes();
    const sync = groupSync(flush);
    const done: string[] = [];
    const first = sync().then(() => done.push('first'));
    const others = Promise.all([sync(), sync()]).then(() => done.push('others'));
    expect(ends).to.have.length(1);
    ends[0]?.();
    await first;
    expect(done).to.deep.equal(['first']);
    await new Promise(setImmediate);
    expect(ends).to.have.length(2);
    ends[1]?.();
    await others;
    expect(ends).to.have.length(2);
  });

  it('flushes again after one that failed', async () => {
    const { flush, ends } = flushes();
    const sync = groupSync(flush);
    const first = sync().catch((error: unknown) => error);
    const second = sync();
    ends[0]?.(new Error('no space'));
    expect(await first).to.have.property('message', 'no space');
    await new Promise(setImmediate);
    ends[1]?.();
    await second;
  });
});
