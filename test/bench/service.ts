/** The parts of a server over the store in a directory, as every process of the benchmark opens them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openTrail } from '#audit/trail';
import type { Services } from '#server/services';
import type { Engine } from '#store/engines/engine';
import { openLmdb } from '#store/engines/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import { createWorkers } from '#workers/tasks';
import { everyClient } from '#test/fixtures/every-client';

export const limits = {
  maximumMessageSize: 1024 * 1024,
  maximumBatchCount: 100,
  rotations: 'on',
  rotateMinimumInterval: 3_600_000,
} as const;

const log = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };

export async function openService(
  directory: string,
  around: (engine: Engine) => Engine = (engine) => engine,
): Promise<Services> {
  const engine = around(await openLmdb(join(directory, 'store')));
  const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')), log });
  const audit = await openTrail({
    store,
    directory: join(directory, 'audit'),
    fileSize: 64 * 1024 * 1024,
    now: Date.now,
    random: randomBytes,
    log,
    sync: 'second',
  });
  return {
    store,
    audit,
    now: Date.now,
    random: randomBytes,
    log,
    workers: createWorkers(),
    // A benchmark may last longer than the burst of a client.
    clients: everyClient({ requestsBurst: 1_000_000_000 }).facts,
    credentials: { checkCredential: async () => 'wrong', demandsCredential: () => false },
    facts: { vendorIdentification: 'bench', productVersion: '0', interop: false },
    limits,
  };
}
