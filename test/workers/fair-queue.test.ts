import { expect } from 'chai';
import { createFairQueue } from '#workers/fair-queue';

/** Work that ends when the test says so. */
function held(): { readonly work: () => Promise<void>; end(error?: Error): void } {
  let settle: (error?: Error) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  return { work: () => done, end: (error) => settle(error) };
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the queue of heavy work', () => {
  it('runs so many at once, and lets the clients that wait take turns', async () => {
    const queue = createFairQueue(2);
    const started: string[] = [];
    const works: ReturnType<typeof held>[] = [];
    const ask = (client: string, label: string): void => {
      const work = held();
      works.push(work);
      void queue.run(client, () => {
        started.push(label);
        return work.work();
      });
    };
    for (const number of [1, 2, 3, 4]) ask('a', `a${number}`);
    ask('b', 'b1');
    ask('b', 'b2');
    await aTurn();
    expect(started).to.deep.equal(['a1', 'a2']);
    for (const work of works) {
      work.end();
      await aTurn();
    }
    expect(started).to.deep.equal(['a1', 'a2', 'a3', 'b1', 'a4', 'b2']);
  });

  it('goes on after work that failed, whose error is its own', async () => {
    const queue = createFairQueue(1);
    const first = held();
    const failing = queue.run('a', first.work).catch((error: unknown) => (error as Error).message);
    const second = queue.run('a', () => Promise.resolve('done'));
    first.end(new Error('it broke'));
    expect([await failing, await second]).to.deep.equal(['it broke', 'done']);
  });
});
