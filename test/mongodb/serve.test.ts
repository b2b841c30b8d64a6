import { expect } from 'chai';

import { makePlace, type Place } from '#test/cli/kmipd';

import { startMongodb, type MongodbServer } from './server.ts';

describe('kmipd serve on MongoDB', function () {
  this.timeout(300_000);
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
});
