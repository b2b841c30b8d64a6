/** What clients keep, counted over restarts, crashes and several servers on one store. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { open } from 'lmdb';
import { DamagedRecordError } from '#store/engines/engine';
import { openLmdb } from '#store/engines/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import { attribute, enumerated, int, struct, value } from '#test/fixtures/items';
import { UsageKeeper, type CountTimes } from '#server/limits/usage-count';
import { ownerTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';
import { remove, update } from '#store/store';
import { keptUsage, readUsage, usageKind, usageWriterKind, type Room } from '#repository/usage-record';
import { callerOf, id, serverForEach } from '#test/clients/caller';
import { createHandler } from '#test/fixtures/handler';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

/** Milliseconds: a server is thought gone soon. */
const hasty: CountTimes = { write: 20, beat: 20, gone: 200, look: 50, recount: 1e12, rest: 0, settle: 50 };

describe('what a client keeps', () => {
  const server = serverForEach();
  const client = 'client-1';
  const keepers: UsageKeeper[] = [];
  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.stop();
  });

  /** Another server on the same store. */
  function keeper(times: Partial<CountTimes> = hasty): UsageKeeper {
    const { store, log, now } = server.fixture.services;
    const made = new UsageKeeper({ store, log, now, clients: () => [client], times });
    keepers.push(made);
    return made;
  }

  async function there(): Promise<Room> {
    const { store } = server.fixture;
    const room = { objects: 0, removed: 0, bytes: 0 };
    for await (const bytes of store.rooms(objectKind, [ownerTerm(store.term, client)])) {
      room.objects++;
      room.bytes += bytes;
    }
    return room;
  }

  async function recorded(): Promise<Room | undefined> {
    const kept = await server.fixture.store.get(usageKind, client);
    return kept && { objects: kept.value.objects, removed: kept.value.removed, bytes: kept.value.bytes };
  }

  async function writers(): Promise<number> {
    let count = 0;
    for await (const _ of server.fixture.store.find(usageWriterKind, { terms: [] })) count++;
    return count;
  }

  const isRight = async (): Promise<boolean> => {
    const [kept, room] = [await recorded(), await there()];
    return kept?.objects === room.objects && kept.bytes === room.bytes;
  };

  it('is written down by a server that ends in order, and known to the next one', async () => {
    const { handler, services, session, clients } = server.fixture;
    handler.usage.start();
    const here = server.caller('2.1');
    for (let made = 0; made < 5; made++) await here.create();
    await handler.usage.stop();
    expect(await recorded()).to.deep.equal(await there());
    expect(await writers()).to.equal(0);

    clients.set(client, { quota: { objects: 5 } });
    const next = createHandler(services);
    const again = callerOf(next, session(), '2.1');
    const answer = await again.create().catch((error: Error) => error.message);
    expect(answer).to.include('the quota of objects is 5; the client uses 5, and 1 more are requested');
  });

  it('is counted in a data directory that was never counted', async () => {
    const here = server.caller('2.1');
    for (let made = 0; made < 5; made++) await here.create();
    expect(await recorded()).to.equal(undefined);
    const later = keeper();
    later.start();
    await until('the first count', isRight);
    await later.usage.refreshed(client);
    expect(later.usage.used(client)).to.deep.equal(await there());
  });

  it('is right after changes while it is counted', async () => {
    const { handler } = server.fixture;
    const here = server.caller('2.1');
    handler.usage.start();
    await Promise.all(Array.from({ length: 100 }, () => here.create()));
    await handler.usage.settled();
    handler.usage.count(client);
    await Promise.all(Array.from({ length: 20 }, () => here.create()));
    await handler.usage.settled();
    await until('a count of all', isRight);
    expect((await recorded())?.objects).to.equal(120);
    await handler.usage.stop();
    expect(await recorded()).to.deep.equal(await there());
  });

  it('is counted all over again when a server ended without a word', async () => {
    const crashed = keeper({ ...hasty, beat: 1e6, look: 1e6 });
    crashed.start();
    await until('the sign of life', async () => (await writers()) === 1 && (await recorded()) !== undefined);
    for (let made = 0; made < 5; made++) await server.caller('2.1').create();
    expect((await recorded())?.objects).to.equal(0);

    const other = keeper();
    other.start();
    const isNoticed = (): boolean => server.fixture.logged.join().includes('it is counted again');
    await until('the end of the other server', async () => isNoticed() && (await writers()) === 1);
    await until('the new count', isRight);
    expect((await there()).objects).to.equal(5);
  });

  it('heals when it has become wrong', async () => {
    const { store } = server.fixture;
    for (let made = 0; made < 3; made++) await server.caller('2.1').create();
    const first = keeper();
    first.start();
    await until('the first count', isRight);
    await first.stop();
    const kept = await store.get(usageKind, client);
    if (kept === undefined) throw new Error('nothing was counted');
    await store.commit([update(kept, { objects: 77, removed: 0, bytes: 1, counted: kept.value.counted })]);
    server.fixture.clock.now += 1000;
    keeper({ ...hasty, recount: 1000 }).start();
    await until('the daily count', isRight);
  });

  it('is the sum of what several servers make', async () => {
    const { services, session } = server.fixture;
    const handlers = [1, 2, 3].map(() => createHandler(services));
    for (const { usage } of handlers) usage.start();
    await Promise.all(
      handlers.flatMap((each) => {
        const here = callerOf(each, session(), '2.1');
        return Array.from({ length: 30 }, () => here.create());
      }),
    );
    await until('a first count', async () => (await recorded()) !== undefined);
    // A count may have seen what another server has not added yet: it is right once all have, and it was repeated.
    for (const { usage } of handlers) await usage.usage.write(true);
    await until('a sum of all', isRight);
    for (const { usage } of handlers) await usage.stop();
    expect((await recorded())?.objects).to.equal(90);
  });

  it('keeps no change waiting while very many clients are counted', async () => {
    const { store, log, now } = server.fixture.services;
    const names = Array.from({ length: 2000 }, (_, place) => `client ${place}`);
    const many = new UsageKeeper({ store, log, now, clients: () => names, times: { ...hasty, look: 1e6 } });
    keepers.push(many);
    many.start();
    let others = 0;
    const median = async (): Promise<number> => {
      const waits: number[] = [];
      for (let each = 0; each < 20; each++) {
        await wait(10);
        waits.push(await elapsed(() => many.usage.refreshed(`another ${++others}`)));
      }
      return waits.sort((a, b) => a - b)[10] as number;
    };
    expect(await bestOf(200, median), 'the median wait').to.be.below(200);
  });

  it('keeps the number of identifiers that are never free again through every count', async () => {
    const here = server.caller('1.4');
    const { handler, clients } = server.fixture;
    handler.usage.start();
    const aTemplate = struct('Template', attribute('Cryptographic Length', int('AttributeValue', 256)));
    const template = () =>
      here.call('Register', enumerated('ObjectType', 'Template'), struct('TemplateAttribute'), aTemplate);
    for (let made = 0; made < 3; made++)
      await here.call('Destroy', id(value(await template(), 'UniqueIdentifier') as string));
    await until('the record of three removals', async () => (await recorded())?.removed === 3);
    handler.usage.count(client);
    await handler.usage.settled();
    expect(await recorded()).to.deep.equal({ objects: 0, removed: 3, bytes: 0 });
    clients.set(client, { quota: { objects: 4 } });
    await template();
    await handler.usage.stop();
    const refused = await here.refused(
      'Register',
      enumerated('ObjectType', 'Template'),
      struct('TemplateAttribute'),
      aTemplate,
    );
    expect(refused.message).to.include('the quota of objects is 4; the client uses 4, and 1 more are requested');
  });

  it('is counted again when its record is damaged, which refuses nothing meanwhile', async () => {
    const { handler, services, session, directory } = server.fixture;
    handler.usage.start();
    await server.caller('2.1').create();
    await until('the record', async () => (await recorded())?.objects === 1);
    const root = open<Buffer, Buffer>({
      path: join(directory, 'store'),
      maxDbs: 2,
      encoding: 'binary',
      keyEncoding: 'binary',
    });
    const records = root.openDB<Buffer, Buffer>('records', { encoding: 'binary', keyEncoding: 'binary' });
    const key = Buffer.from(`usage\0${client}`);
    const bytes = Buffer.from(records.getBinary(key) as Buffer);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    await records.put(key, bytes);
    await root.close();
    // A process that has it not in its cache.
    await handler.usage.stop();
    const engine = await openLmdb(join(directory, 'store'));
    const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')) });
    try {
      expect(await readUsage(store, client)).to.be.instanceOf(DamagedRecordError);
      const other = createHandler({ ...services, store });
      other.usage.start();
      const here = callerOf(other, session(), '2.1');
      for (let made = 0; made < 3; made++) {
        await here.create();
        await wait(500);
      }
      await until('the new count', async () => (await keptUsage(store, client))?.value.objects === 4);
      await other.usage.stop();
    } finally {
      await store.close();
    }
  });

  it('goes on when its record was removed beneath it', async () => {
    const { store, handler } = server.fixture;
    handler.usage.start();
    await server.caller('2.1').create();
    await handler.usage.settled();
    await until('the first count', async () => (await recorded()) !== undefined);
    const kept = await store.get(usageKind, client);
    if (kept !== undefined) await store.commit([remove(kept)]);
    await wait(1100);
    await server.caller('2.1').create();
    await handler.usage.settled();
    await handler.usage.stop();
    expect((await recorded())?.objects).to.equal(2);
  });
});
