import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { openMongodb } from '#store/engines/mongodb';
import { engineContract } from '#test/store/engines/engine.contract';
import { startMongodb } from './server.ts';
import type { MongodbServer } from './server.ts';

describe('the MongoDB engine', () => {
  let server: MongodbServer;

  before(async () => {
    server = await startMongodb();
  });

  after(async () => {
    await server?.stop();
  });

  engineContract('mongodb', async () => {
    const url = server.url(`kmipd-test-${randomUUID()}`);
    return {
      open: () => openMongodb(url),
      async remove() {
        const client = new MongoClient(url);
        await client.db().dropDatabase();
        await client.close();
      },
    };
  });

  it('fails in time, and keeps the password to itself, when no server answers', async () => {
    const error = await openMongodb('mongodb://user:s3cret@127.0.0.1:9/kmipd').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Error);
    expect(String(error)).to.match(/cannot open the store in MongoDB/);
    expect(String((error as Error).stack)).not.to.include('s3cret');
    expect((error as Error).cause).to.equal(undefined);
  });

  it('does not repeat a connection string that it cannot read', async () => {
    const error = await openMongodb('mongodb://user:s3cret@@/kmipd?x').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String((error as Error).stack)).to.match(/not a valid MongoDB connection string/);
    expect(String((error as Error).stack)).not.to.include('s3cret');
  });
});
