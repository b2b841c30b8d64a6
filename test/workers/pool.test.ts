import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { getPriority } from 'node:os';
import { KmipError } from '#protocol/kmip-error';
import { rejection } from '#test/store/rejection';
import { TtlvError } from '#ttlv/item';
import type { Lane } from '#workers/lanes';
import { createPool, type Asker, type Pool } from '#workers/pool';
import { oddTasks } from './odd-tasks.ts';
import { elapsed } from '#test/fixtures/timing';

const lanes: readonly Lane[] = [
  { name: 'short', below: 100, threads: 1, niceness: 5 },
  { name: 'long', below: Infinity, threads: 1, niceness: 15 },
];

describe('the pool of worker threads', () => {
  let pool: Pool<typeof oddTasks>;
  beforeEach(() => {
    const thread = new URL('odd-thread.js', import.meta.url);
    pool = createPool({ tasks: oddTasks, thread, lanes, maximumWaiting: 3, idle: 500 });
  });
  afterEach(() => pool.close());

  const asker = (client: string, hasLeft = (): boolean => false): Asker => ({ client, hasLeft, random: randomBytes });
  const reasonOf = (error: unknown): string => (error instanceof KmipError ? error.reason : String(error));

  it('does cheap work at once, and starts no thread for it', async () => {
    const ports = (): number => process.getActiveResourcesInfo().filter((each) => each === 'MessagePort').length;
    const before = ports();
    expect(pool.isHeavy('cheap', undefined)).to.equal(false);
    expect(await pool.run('cheap', undefined, asker('a'))).to.equal(true);
    expect(ports()).to.equal(before);
  });

  it('lets clients take turns, whatever each has waiting', async () => {
    const order: string[] = [];
    const ask = async (client: string, label: string): Promise<void> => {
      await pool.run('wait', { says: 10, takes: 5 }, asker(client));
      order.push(label);
    };
    await Promise.all([ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('b', 'b2')]);
    expect(order).to.deep.equal(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('lets cheap work overtake dear work', async () => {
    const order: string[] = [];
    const ask = async (says: number, takes: number): Promise<void> => {
      await pool.run('wait', { says, takes }, asker('a'));
      order.push(`${says}`);
    };
    // Both threads run.
    await Promise.all([ask(1, 0), ask(1000, 0)]);
    const dear = [ask(3000, 2000), ask(2000, 1)];
    await ask(20, 1);
    await Promise.all(dear);
    expect(order.slice(2)).to.deep.equal(['20', '3000', '2000']);
  });

  it('does not begin tasks whose client has left', async () => {
    let hasLeft = false;
    const first = pool.run('wait', { says: 10, takes: 50 }, asker('a'));
    const second = pool
      .run(
        'wait',
        { says: 10, takes: 60_000 },
        asker('a', () => hasLeft),
      )
      .catch(reasonOf);
    hasLeft = true;
    await first;
    // It would take 60 seconds.
    expect(await elapsed(async () => expect(await second).to.equal('OperationCanceledByRequester'))).to.be.below(
      30_000,
    );
  });

  it('refuses what a client has waiting beyond its bound, and goes on with others', async () => {
    const works = Array.from({ length: 6 }, () => pool.run('wait', { says: 10, takes: 5 }, asker('a')).catch(reasonOf));
    const other = pool.run('wait', { says: 10, takes: 5 }, asker('b'));
    expect(await Promise.all(works)).to.deep.equal([5, 5, 5, 5, 'ServerLimitExceeded', 'ServerLimitExceeded']);
    expect(await other).to.equal(5);
  });

  it('brings errors back as what they are', async () => {
    const failing = (how: 'KmipError' | 'TtlvError' | 'RangeError' | 'Error'): Promise<unknown> =>
      pool.run('fail', how, asker('a')).catch((error: unknown) => error);
    const [ofKmip, ofTtlv, ofRange, ofBug] = [
      await failing('KmipError'),
      await failing('TtlvError'),
      await failing('RangeError'),
      await failing('Error'),
    ];
    expect(ofKmip).to.be.instanceOf(KmipError).and.include({ reason: 'InvalidField', message: 'a field is wrong' });
    expect(ofTtlv)
      .to.be.instanceOf(TtlvError)
      .and.include({ message: 'a length is wrong at offset 7', offset: 7, tooLarge: true });
    expect(ofRange).to.be.instanceOf(RangeError);
    expect((ofBug as Error).stack).to.include('odd-tasks');
  });

  it('fails the task of a thread that ends, and no other', async () => {
    const broken = pool.run('end', undefined, asker('a')).catch(String);
    const next = pool.run('wait', { says: 10, takes: 1 }, asker('b'));
    expect(await broken).to.include('ended before its task was done');
    expect(await next).to.equal(1);
  });

  it('fails a task that takes too much memory, and no other', async () => {
    const greedy = rejection(pool.run('fill', undefined, asker('a')));
    const next = pool.run('wait', { says: 10, takes: 1 }, asker('b'));
    const error = await greedy;
    expect(error).to.be.instanceOf(KmipError);
    expect(error).to.include({ reason: 'ServerLimitExceeded' });
    expect(String(error)).to.match(/memory/);
    expect(await next).to.equal(1);
  });

  it('refuses an input that no thread can be given, and goes on', async () => {
    const odd = await pool.run('keep', (() => 1) as never, asker('a')).catch(String);
    expect(odd).to.include('could not be cloned');
    expect(await pool.run('wait', { says: 10, takes: 1 }, asker('a'))).to.equal(1);
  });

  it('leaves the caller its input, and wipes the copy of the thread', async () => {
    const secret = Buffer.from('a secret of sorts');
    const { sum, copy } = await pool.run('keep', secret, asker('a'));
    expect(secret.toString()).to.equal('a secret of sorts');
    expect(Buffer.from(copy).toString()).to.equal('a secret of sorts');
    expect(sum).to.be.above(0);
    expect(Array.from(await pool.run('kept', undefined, asker('a')))).to.deep.equal(
      Array.from({ length: 17 }, () => 0),
    );
  });

  it('has its threads step back, each lane further, and the main thread not', async function () {
    if (process.platform !== 'linux') this.skip();
    const own = getPriority();
    expect(await pool.run('priority', 1, asker('a'))).to.equal(Math.max(5, own));
    expect(await pool.run('priority', 1000, asker('a'))).to.equal(Math.max(15, own));
    expect(getPriority()).to.equal(own);
  });

  it('ends a thread that has been idle, and starts another one when it is needed', async () => {
    const first = await pool.run('keep', Uint8Array.of(1, 2, 3), asker('a'));
    expect(await pool.run('kept', undefined, asker('a'))).to.have.length(3);
    await new Promise((resolve) => setTimeout(resolve, 800));
    // A new one, which has kept nothing.
    expect(await pool.run('kept', undefined, asker('a'))).to.have.length(1);
    expect(first.sum).to.equal(6);
  });
});
