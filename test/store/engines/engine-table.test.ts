import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openEngine } from '#store/engines/engine-table';

describe('openEngine', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kmipd-engine-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('opens LMDB in the default directory when no URL is given', async () => {
    const engine = await openEngine(undefined, directory);
    await engine.close();
    expect(existsSync(join(directory, 'lmdb', 'data.mdb'))).to.equal(true);
  });

  it('opens LMDB at the path of an lmdb URL, making the directory', async () => {
    const path = join(directory, 'a', 'store.mdb');
    const engine = await openEngine(`lmdb:${path}`, directory);
    await engine.close();
    expect(existsSync(join(path, 'data.mdb'))).to.equal(true);
  });

  for (const url of ['redis://user:s3cret@host', 'lmdb:', '', 'mongodb:host', '/path']) {
    it(`refuses '${url}' without repeating it`, async () => {
      const reason: unknown = await openEngine(url, directory).catch((error: unknown) => error);
      expect(reason).to.be.instanceOf(Error);
      expect((reason as Error).message).to.equal(
        'the URL of the store is lmdb:PATH, mongodb://... or mongodb+srv://...',
      );
    });
  }
});
