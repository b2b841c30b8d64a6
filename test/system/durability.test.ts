/**
 * An acknowledged change is on disk. A killed process leaves the page cache behind, so that says nothing of the disk:
 * instead each sync of the server is delayed, and no answer may come sooner.
 */
import { expect } from 'chai';
import type { Client } from '#client/client';
import { create } from '#operations/create/create';
import { get } from '#operations/fetch/get';
import { makePlace, type Place } from '#test/cli/kmipd';
import { aesKey } from '#test/client/aes-key';
import { canTrace, tracing, whyNot } from '#test/store/tracing';
import { startServerProcess, type ServerProcess } from '#test/fixtures/server-process';
import { bestOf, elapsed } from '#test/fixtures/timing';

const delay = 300;

describe('a server on a slow disk', () => {
  let place: Place;
  let server: ServerProcess | undefined;
  beforeEach(() => (place = makePlace()));
  afterEach(async () => {
    await server?.end('SIGKILL');
    await place.remove();
  });

  const createKey = (client: Client) => client.call(create, aesKey());

  async function timed<T>(action: Promise<T>): Promise<{ value: T; milliseconds: number }> {
    const started = performance.now();
    return { value: await action, milliseconds: performance.now() - started };
  }

  it(`acknowledges no Create before ${delay} ms when each sync takes them, and does not wait to answer a Get`, async function () {
    if (!canTrace()) {
      (this.test as Mocha.Test).title += ` (${whyNot})`;
      return this.skip();
    }
    await place.kmipd('client', 'add', 'array', '--out', place.path('array'));
    const wrapper = tracing('fsync,fdatasync,msync', `delay_enter=${delay * 1000}`);
    server = await startServerProcess(place, 'array', { wrapper });
    const clients = await Promise.all([server.connect(), server.connect(), server.connect()]);
    for (const client of clients) {
      const { value, milliseconds } = await timed(createKey(client));
      expect(milliseconds).to.be.at.least(delay);
      // The first Get ends the key's being Fresh, which is a change.
      await client.call(get, { uniqueIdentifier: value.uniqueIdentifier });
      const fetching = () => elapsed(() => client.call(get, { uniqueIdentifier: value.uniqueIdentifier }));
      expect(await bestOf(delay, fetching)).to.be.below(delay);
    }
    const together = await Promise.all(
      clients.flatMap((client) => [timed(createKey(client)), timed(createKey(client))]),
    );
    for (const { milliseconds } of together) expect(milliseconds).to.be.at.least(delay);
  });
});
