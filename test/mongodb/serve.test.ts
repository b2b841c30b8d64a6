import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { startOwnServer } from '#cli/own-server';
import { openTlsTransport } from '#client/tls-transport';
import { findCases } from '#conformance/cases';
import { runConformance } from '#conformance/run';
import { resultLine } from '#conformance/summary';
import { makePlace, type Place } from '#test/cli/kmipd';

import { startMongodb, type MongodbServer } from './server.ts';

describe('kmipd serve on MongoDB', () => {
  let mongodb: MongodbServer;
  let place: Place;

  before(async () => {
    mongodb = await startMongodb();
    place = makePlace();
  });
  after(async () => {
    await place.remove();
    await mongodb.stop();
  });

  it('keeps clients and keys there, and commands work on them while it runs', async () => {
    const store = ['--store', mongodb.url('kmipd-serve')];
    const server = await place.serve(...store);
    expect(server.stderr()).to.match(/^made a MongoDB store$/m);
    const added = await place.kmipd('client', 'add', 'array', '--out', place.path('array'), ...store);
    expect(added.status, added.stderr).to.equal(0);
    const address = ['--server', `127.0.0.1:${server.port}`];
    const tested = await place.kmipd('client', 'test', 'array', '--dir', place.path('array'), ...address);
    expect(tested.status, tested.stderr).to.equal(0);
    const listed = await place.kmipd('object', 'list', '--json', ...store);
    expect(JSON.parse(listed.stdout)).to.have.nested.property('[0].client', 'array');
    expect(await server.end()).to.equal(0);
  });

  for (const [root, only, database] of [
    [join('..', 'shared', 'kmip', 'cases'), 'SKLC-*', 'standard-cases'],
    [join('profiles', 'cases'), '*', 'own-cases'],
  ] as const) {
    it(`passes the cases ${only} under ${root}`, async function () {
      // The standard's cases are no part of the project.
      if (!existsSync(root)) return this.skip();
      const server = await startOwnServer({ store: mongodb.url(database) });
      try {
        const files = await findCases(root, only);
        const results = await runConformance({ files, open: () => openTlsTransport(server.peer), now: Date.now });
        expect(results).to.have.lengthOf(files.length).above(0);
        expect(results.filter(({ failure }) => failure !== undefined).map(resultLine)).to.deep.equal([]);
      } finally {
        await server.stop();
      }
    });
  }
});
