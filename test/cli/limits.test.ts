/** Quotas as an operator sets and sees them, beside one server and two. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Client } from '#client/client';
import { create, destroy } from '#operations/registry/index';
import { aesKey } from '#test/client/aes-key';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';
import { makePlace, type Place } from './kmipd.ts';
import { until } from '#test/fixtures/timing';

describe('the quotas of a client, beside running servers', () => {
  let place: Place;
  const servers: ServerProcess[] = [];
  beforeEach(async () => {
    place = makePlace();
    const first = await place.serve();
    for (const name of ['array', 'other']) await place.kmipd('client', 'add', name, '--out', place.path(name));
    await first.end();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.end();
    await place.remove();
  });

  async function serve(...args: string[]): Promise<ServerProcess> {
    const server = await startServerProcess(place, 'array', { args });
    servers.push(server);
    return server;
  }

  interface Shown {
    readonly quota: { readonly objects: number };
    readonly ownQuota: { readonly objects?: number };
    readonly used: { readonly objects: number; readonly bytes: number } | null;
    readonly rotations: string;
  }
  const shown = async (name: string): Promise<Shown> =>
    JSON.parse((await place.kmipd('client', 'show', name, '--json')).stdout) as Shown;
  /** What servers count, they write down a little later. */
  const uses = (name: string, objects: number): Promise<unknown> =>
    until(`${name} uses ${objects} objects`, async () => (await shown(name)).used?.objects === objects);
  const objectsOf = async (name: string): Promise<readonly { readonly id: string }[]> =>
    JSON.parse((await place.kmipd('object', 'list', '--client', name, '--json')).stdout) as [];

  /** Makes keys until that is refused: why, and how many there were. */
  async function fill(client: Client, most: number, pause = 0): Promise<{ made: number; refusal?: string }> {
    for (let made = 0; made < most; made++) {
      try {
        await client.call(create, aesKey());
      } catch (error) {
        return { made, refusal: (error as Error).message };
      }
      if (pause > 0) await wait(pause);
    }
    return { made: most };
  }

  it('are set by a command, hold within two seconds, and are shown with what is used', async () => {
    const client = await (await serve()).connect();
    let used = (await fill(client, 4)).made;
    expect(used).to.equal(4);
    // Up to three times, since the machine may be busy: where it holds too late, the client has made more than one.
    for (let made = 0, tries = 0; made !== 1; tries++) {
      expect(tries, 'tries in which it held too late').to.be.below(3);
      const set = await place.kmipd('client', 'limit', 'array', '--objects', `${used + 1}`, '--bytes', '1GiB');
      expect(set).to.include({ status: 0 });
      await wait(2000);
      const filled = await fill(client, 10);
      ({ made } = filled);
      expect(made).to.be.above(0);
      used += made;
      if (made === 1) {
        const says = `the quota of objects is ${used}; the client uses ${used}, and 1 more are requested`;
        expect(filled.refusal).to.include(says);
      }
    }
    await uses('array', used);
    expect(await shown('array')).to.deep.include({ ownQuota: { objects: used, bytes: 1024 ** 3 }, rotations: 'on' });
    const table = (await place.kmipd('client', 'show', 'array')).stdout;
    expect(table).to.match(new RegExp(`^objects +${used} +client +${used}$`, 'm'));
    expect(table).to.match(/^requests per second +2000 +settings$/m);
    const [listed] = JSON.parse((await place.kmipd('client', 'list', '--json')).stdout) as Shown[];
    expect(listed?.used?.objects).to.equal(used);
    expect((await place.kmipd('audit', 'show')).stdout).to.match(/client limit/);

    await place.kmipd('client', 'limit', 'array', '--objects', 'default', '--bytes', 'default', '--rotations', 'off');
    await until('no quota of its own', async () => (await fill(client, 1)).made === 1);
    expect(await shown('array')).to.deep.include({ ownQuota: {}, rotations: 'off' });
    await client.close();
  });

  it('refuse numbers that make no sense, and say what would', async () => {
    const wrong = await place.kmipd('client', 'limit', 'array', '--objects', 'many');
    expect(wrong.status).to.equal(1);
    expect(wrong.stderr).to.include('objects must be an integer from 0 to 1000000000, or default');
    expect((await place.kmipd('client', 'limit', 'array')).stderr).to.include('no limit was given');
    expect((await place.kmipd('client', 'limit', 'nobody', '--objects', '1')).status).to.equal(1);
  });

  it('count an object that an operator gives away for the client that gets it', async () => {
    const server = await serve();
    const client = await server.connect();
    await fill(client, 2);
    await (await server.connect('other')).call(create, aesKey());
    await client.close();
    await uses('array', 2);
    await uses('other', 1);
    const before = [await shown('array'), await shown('other')];
    const [object] = await objectsOf('array');
    expect(await place.kmipd('object', 'give', object?.id ?? '', '--to', 'other')).to.include({ status: 0 });
    const after = [await shown('array'), await shown('other')];
    expect(before.map(({ used }) => used?.objects)).to.deep.equal([2, 1]);
    expect(after.map(({ used }) => used?.objects)).to.deep.equal([1, 2]);
    const bytes = (all: readonly Shown[]): number => all.reduce((sum, { used }) => sum + (used?.bytes ?? 0), 0);
    expect(bytes(after)).to.equal(bytes(before));
  });

  it('hold over two servers on one store, and over a restart and a crash', async () => {
    const quota = 200;
    const both = [await serve('--quota-objects', `${quota}`), await serve('--quota-objects', `${quota}`)];
    const clients = await Promise.all(both.map((server) => server.connect()));
    // One hundred a second in all: what two servers do not know of one another is what one makes in two seconds.
    const made = await Promise.all(clients.map((client) => fill(client, 1000, 20)));
    for (const { refusal } of made) expect(refusal).to.include('the quota of objects is 200');
    const there = (await objectsOf('array')).length;
    expect(there).to.equal(made.reduce((sum, each) => sum + each.made, 0));
    expect(there).to.be.within(quota, quota + 100);

    // What is known does not hang on a server: neither one that ends in order, nor one that is killed.
    await both[0]?.end();
    await both[1]?.end('SIGKILL');
    servers.length = 0;
    const next = await (await serve('--quota-objects', `${quota}`)).connect();
    expect((await fill(next, 10)).made).to.equal(0);
    const [key] = await objectsOf('array');
    await next.call(destroy, { uniqueIdentifier: key?.id ?? '' });
    expect((await shown('array')).used?.objects).to.be.at.least(quota);
    await next.close();
  });
});
