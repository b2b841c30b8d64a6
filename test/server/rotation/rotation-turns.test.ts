/** Rotations of many clients: who waits for whom, who is left alone, how it is stopped, and what it costs. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { AuditEntry } from '#audit/entry';
import type { AuditTrail } from '#audit/trail';
import { clientFacts } from '#server/run/client-facts';
import { createHandler } from '#test/fixtures/handler';
import { RotationSchedule } from '#server/rotation/rotation-schedule';
import { RotationTurns } from '#server/rotation/rotation-turns';
import { openLmdb } from '#store/engines/lmdb';
import { objectKind } from '#repository/object-record';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import { join } from 'node:path';
import { callerOf, id, type Caller } from '#test/clients/caller';
import { attributesKept } from '#test/operations/create/kept';
import type { Item } from '#ttlv/item';
import { ItemType } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import { everyClient, usualQuota } from '#test/fixtures/every-client';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bool, enumerated, int, struct, value } from '#test/fixtures/items';
import { until } from '#test/fixtures/timing';

const hour = 3600;
const day = 24 * hour;
const rotating = (seconds: number): Item[] => [
  bool('RotateAutomatic', true),
  { tag: Tag.RotateInterval, type: ItemType.Interval, value: seconds },
];

describe('rotations of many clients', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const caller = (client: string): Caller => callerOf(fixture.handler, fixture.session(client), '2.1');
  const pass = (seconds: number): void => void (fixture.clock.now += seconds * 1000);
  const isRotated = async (key: string): Promise<boolean> =>
    (await attributesKept(fixture, key))?.rotateLatest === false;
  const rotated = async (keys: readonly string[]): Promise<number> =>
    (await Promise.all(keys.map(isRotated))).filter((each) => each).length;
  async function objects(): Promise<number> {
    let count = 0;
    for await (const _ of fixture.store.find(objectKind, { terms: [] })) count++;
    return count;
  }
  async function createPair(here: Caller): Promise<string> {
    const rsa = [enumerated('CryptographicAlgorithm', 'RSA'), int('CryptographicLength', 2048)];
    const made = await here.call('CreateKeyPair', struct('CommonAttributes', ...rsa, ...rotating(day)));
    return value(made, 'PrivateKeyUniqueIdentifier') as string;
  }

  /** Threads that begin no work until they are free for so many tasks. */
  function busyThreads() {
    const { workers } = fixture.services;
    let left = 0;
    const run: typeof workers.run = async (...task) => {
      await until('a free thread', () => left > 0);
      left--;
      return workers.run(...task);
    };
    return { workers: { ...workers, run }, free: (tasks: number) => void (left += tasks) };
  }

  it('go on for one while those of another keep the threads busy, be it that they were due before', async () => {
    const [a, b] = [caller('a'), caller('b')];
    const pairs: string[] = [];
    for (let each = 0; each < 8; each++) pairs.push(await createPair(a));
    const early = await b.create(...rotating(day));
    pass(2);
    const late = await b.create(...rotating(day));
    pass(day - 2);
    const threads = busyThreads();
    const handler = createHandler({ ...fixture.services, workers: threads.workers });
    const all = handler.rotateDue();
    await until('the early one does not wait', () => isRotated(early));
    pass(2);
    const again = handler.rotateDue();
    await until('the late one does not wait', () => isRotated(late));
    expect(await rotated(pairs)).to.equal(0);
    threads.free(Infinity);
    await Promise.all([all, again]);
    expect(await rotated(pairs)).to.equal(8);
    expect(await objects()).to.equal(2 * 16 + 4);
  });

  it('leave alone the objects of clients that are revoked or gone', async () => {
    const key = await caller('a').create(...rotating(day));
    pass(day);
    fixture.clients.set('a', { revoked: 1 });
    await fixture.handler.rotateDue();
    expect(await isRotated(key)).to.equal(false);

    const nobody = clientFacts({ clientOf: () => undefined, clientIds: () => [] }, usualQuota);
    await createHandler({ ...fixture.services, clients: nobody }).rotateDue();
    expect(await isRotated(key)).to.equal(false);
    await createHandler({ ...fixture.services, clients: everyClient().facts }).rotateDue();
    expect(await isRotated(key)).to.equal(true);
  });

  it('stop for one client when an operator says so, and for all by a setting', async () => {
    const [key, other] = [await caller('a').create(...rotating(day)), await caller('b').create(...rotating(day))];
    pass(day);
    fixture.clients.set('a', { rotations: 'off' });
    const { services } = fixture;
    await createHandler({ ...services, limits: { ...services.limits, rotations: 'off' } }).rotateDue();
    expect(await rotated([key, other])).to.equal(0);
    await fixture.handler.rotateDue();
    expect([await isRotated(key), await isRotated(other)]).to.deep.equal([false, true]);
  });

  it('stop for an object when its owner sets Rotate Automatic to False, and only then', async () => {
    const here = caller('a');
    const [set, modified, other] = [
      await here.create(...rotating(day)),
      await here.create(...rotating(day)),
      await here.create(...rotating(day)),
    ];
    // They are noted, and so waited for.
    pass(day - 60);
    await fixture.handler.rotateDue();
    const no = struct('NewAttribute', bool('RotateAutomatic', false));
    await here.call('SetAttribute', id(set), no);
    await here.call('ModifyAttribute', id(modified), no);
    const yes = struct('NewAttribute', bool('RotateAutomatic', true));
    expect((await here.refused('SetAttribute', id(set), yes)).message).to.include('can be modified to False only');
    pass(day);
    await fixture.handler.rotateDue();
    expect([await isRotated(set), await isRotated(modified), await isRotated(other)]).to.deep.equal([
      false,
      false,
      true,
    ]);
  });

  it('begin with an object whose owner asks for them later, before all are looked at again', async () => {
    const here = caller('a');
    const key = await here.create();
    pass(day);
    await fixture.handler.rotateDue();
    const [automatic, interval] = rotating(day) as [Item, Item];
    await here.call('SetAttribute', id(key), struct('NewAttribute', interval));
    await here.call('SetAttribute', id(key), struct('NewAttribute', automatic));
    await fixture.handler.rotateDue();
    expect(await isRotated(key)).to.equal(true);
  });

  it('come no more often than the least interval, whatever a client asks for', async () => {
    await caller('a').create(...rotating(1));
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      pass(600);
      await fixture.handler.rotateDue();
    }
    expect(await objects()).to.equal(1 + 24);
  });

  it('end where a quota does, which is logged once, and go on when there is room', async () => {
    const key = await caller('a').create(...rotating(day));
    fixture.clients.set('a', { quota: { objects: 1 } });
    pass(day);
    for (let each = 0; each < 3; each++) {
      await fixture.handler.rotateDue();
      pass(hour);
    }
    expect(await objects()).to.equal(1);
    const said = fixture.logged.filter((line) => line.includes('cannot be rotated'));
    expect(said).to.have.length(1);
    expect(said[0]).to.include('the quota of objects is 1');
    fixture.clients.delete('a');
    pass(hour);
    await fixture.handler.rotateDue();
    expect(await isRotated(key)).to.equal(true);
  });

  it('that fail for one, however many, are reported a few times, and pause longer each time', async () => {
    const appended: AuditEntry[] = [];
    const audit: AuditTrail = {
      chain: fixture.audit.chain,
      healthy: true,
      pending: (entry) => fixture.audit.pending(entry),
      append(entry, entryId) {
        appended.push(entry);
        return fixture.audit.append(entry, entryId);
      },
      close: () => fixture.audit.close(),
    };
    const said: string[] = [];
    const log = { ...fixture.services.log, warn: (message: string) => said.push(message) };
    const handler = createHandler({ ...fixture.services, audit, log });
    const [a, b] = ['a', 'b'].map((client) => callerOf(handler, fixture.session(client), '2.1')) as [Caller, Caller];
    const theirs = await b.create(...rotating(day));
    const many = 300;
    for (let each = 0; each < many; each++) await a.create(...rotating(day));
    fixture.clients.set('a', { quota: { objects: many } });
    pass(day);
    for (let each = 0; each < 8; each++) {
      await handler.rotateDue();
      pass(15 * 60);
    }
    handler.settle();
    expect(await isRotated(theirs)).to.equal(true);
    const failures = appended.filter(({ status }) => status === 'OperationFailed');
    expect(failures).to.have.length(17);
    expect(failures.at(-1)?.count).to.be.at.least(many - 16);
    expect(said.filter((line) => line.includes('cannot be rotated'))).to.have.length(5);

    // All of them, in their turns, as soon as there is room.
    fixture.clients.delete('a');
    for (let each = 0; each < 200; each++) {
      pass(15 * 60);
      await handler.rotateDue();
      if ((await objects()) === 2 * (many + 1)) return;
    }
    expect(await objects()).to.equal(2 * (many + 1));
  });

  it('of one with more than are noted at once follow one another without a pause', async () => {
    const here = caller('a');
    for (let each = 0; each < 300; each++) await here.create(...rotating(day));
    pass(day);
    for (let minute = 0; minute < 3; minute++) {
      await fixture.handler.rotateDue();
      pass(60);
    }
    expect(await objects()).to.equal(600);
  });

  it('cost nothing in a minute in which none is due, however many there are', async () => {
    const here = caller('a');
    for (let each = 0; each < 300; each++) await here.create(...rotating(day));
    let searches = 0;
    const store = {
      ...fixture.services.store,
      find: ((kind, query) => {
        searches++;
        return fixture.services.store.find(kind, query);
      }) as typeof fixture.services.store.find,
    };
    const { rotateDue } = createHandler({ ...fixture.services, store });
    await rotateDue();
    expect(searches).to.equal(1);
    for (let minute = 0; minute < 10; minute++) {
      pass(60);
      await rotateDue();
    }
    expect(searches).to.equal(1);
  });

  it('are made once, by two processes on one store', async () => {
    const clients = ['a', 'b', 'c', 'd'].map(caller);
    for (const here of clients) for (let each = 0; each < 5; each++) await here.create(...rotating(day));
    pass(day);
    const engine = await openLmdb(join(fixture.directory, 'store'));
    const store = await openStore({ engine, rootKey: rootKeyFile(join(fixture.directory, 'root.key')) });
    try {
      const other = createHandler({ ...fixture.services, store });
      await Promise.all([fixture.handler.rotateDue(), other.rotateDue()]);
      expect(await objects()).to.equal(40);
      await Promise.all([fixture.handler.rotateDue(), other.rotateDue()]);
      expect(await objects()).to.equal(40);
    } finally {
      await store.close();
    }
  });

  it('end with the one that runs when the server stops', async () => {
    const here = caller('a');
    const pairs = [await createPair(here), await createPair(here), await createPair(here), await createPair(here)];
    pass(day);
    const stopping = new AbortController();
    const threads = busyThreads();
    const running = createHandler({ ...fixture.services, workers: threads.workers }).rotateDue(stopping.signal);
    threads.free(1);
    await until('the first one', async () => (await rotated(pairs)) === 1);
    stopping.abort();
    threads.free(Infinity);
    await running;
    // One more had begun, or none.
    expect(await rotated(pairs)).to.be.within(1, 2);
  });
});

describe('the schedule of rotations', () => {
  const object = (place: number, initialDate: number) => ({
    id: String(place).padStart(4, '0'),
    owner: 'a',
    attributes: { rotateAutomatic: true, rotateInterval: 100, initialDate } as const,
  });

  it('holds so many and no more, and looks again for the others', () => {
    const schedule = new RotationSchedule(0, 10);
    const all = Array.from({ length: 100 }, (_, place) => object(place, 0));
    const left = new Set(all.map(({ id }) => id));
    let looks = 0;
    for (let minute = 0; left.size > 0 && minute < 1000; minute++) {
      const now = 100_000 + minute * 60_000;
      if (schedule.beginLook(now)) {
        looks++;
        for (const each of all) if (left.has(each.id)) schedule.note(each as never);
      }
      expect(schedule.size).to.be.at.most(10);
      for (const { id: due } of schedule.takeDue(now)) left.delete(due);
    }
    expect(left.size).to.equal(0);
    expect(looks).to.equal(10);
  });

  it('keeps room for each owner, however many newer objects another has', () => {
    for (const bounds of [
      [10, 3],
      [10, 100],
    ] as const) {
      const schedule = new RotationSchedule(0, ...bounds);
      schedule.beginLook(100_000);
      for (let place = 100; place > 0; place--) schedule.note(object(place, 0) as never);
      schedule.note({ ...object(0, 0), owner: 'b' } as never);
      expect(schedule.takeDue(100_000).map(({ owner }) => owner)).to.include('b');
    }
  });

  it('comes to all objects of an owner who has more than there is room for, though they fail', () => {
    const schedule = new RotationSchedule(0, 100, 3);
    const left = new Set<string>();
    for (let look = 0; look < 4; look++) {
      const now = 100_000 + look * 3_600_000;
      expect(schedule.beginLook(now)).to.equal(true);
      const begun = schedule.takeLeft();
      for (let place = 9; place >= 0; place--) schedule.noteInLook(object(place, 0) as never, begun);
      for (const { id: due } of schedule.takeDue(now)) left.add(due);
      expect(schedule.ownersToLookAt()).to.deep.equal([]);
    }
    expect(left.size).to.equal(10);
  });

  it('takes turns between clients, one of each at a time', async () => {
    const order: string[] = [];
    let most = 0;
    const runningOf = new Map<string, number>();
    const turns = new RotationTurns(async (which) => {
      const owner = which[0] as string;
      const running = (runningOf.get(owner) ?? 0) + 1;
      runningOf.set(owner, running);
      most = Math.max(most, running);
      order.push(which);
      await wait(1);
      runningOf.set(owner, running - 1);
    }, 2);
    for (let each = 0; each < 5; each++) for (const owner of ['a']) turns.add({ owner, id: `${owner}${each}` });
    for (const owner of ['b', 'c']) turns.add({ owner, id: `${owner}0` });
    turns.add({ owner: 'b', id: 'b0' });
    await turns.idle();
    expect(most).to.equal(1);
    expect(order).to.have.length(7);
    expect(order.indexOf('c0')).to.be.below(4);
  });
});
