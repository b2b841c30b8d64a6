import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdb } from '#store/engines/lmdb';
import { engineContract } from './engine.contract.ts';

engineContract('lmdb', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-lmdb-'));
  return {
    open: () => openLmdb(join(directory, 'store.d')),
    remove: () => rm(directory, { recursive: true }),
  };
});
