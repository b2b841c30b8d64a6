/** A data directory with a store and trails, removed after each test. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdb } from '#store/engines/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import type { Store } from '#store/store';
import { auditKey, openTrail } from '#audit/trail';
import type { AuditTrail, TrailOptions } from '#audit/trail';
import { parseFileName, parseRecord } from '#audit/chain/chain';
import { readOpening } from '#audit/chain/chain-files';
import { readCheckpoints } from '#audit/chain/checkpoint';
import type { AuditEntry, AuditRecord } from '#audit/entry';
import { pendingKind } from '#audit/pending';
import { verify } from '#audit/verify';
import type { Verdict, Witness } from '#audit/verify';

export const get: AuditEntry = {
  kind: 'operation',
  client: 'client-1',
  certificate: 'ab'.repeat(32),
  connection: 7,
  version: '2.1',
  operation: 'Get',
  objects: ['object-1'],
  status: 'Success',
};

/** Sealed, on LMDB; several processes may have it. */
export async function openSealedStore(data: string): Promise<Store> {
  const engine = await openLmdb(join(data, 'store'));
  return openStore({ engine, rootKey: rootKeyFile(join(data, 'root.key')) });
}

export interface Fixture {
  readonly data: string;
  readonly directory: string;
  readonly store: Store;
  readonly log: string[];
  open(changed?: Partial<TrailOptions>): Promise<AuditTrail>;
  leftovers(): Promise<string[]>;
  /** The files of the trail, in order. */
  files(): string[];
  read(file: string): string;
  records(): AuditRecord[];
  readonly witness: Witness;
  /** What `verify` says with the store. */
  check(): Promise<Verdict>;
  end(): Promise<void>;
}

export async function dataDirectory(): Promise<Fixture> {
  const data = mkdtempSync(join(tmpdir(), 'kmipd-audit-'));
  const directory = join(data, 'audit');
  const store = await openSealedStore(data);
  const log: string[] = [];
  const note = (message: string): number => log.push(message);
  const trails: AuditTrail[] = [];
  const witness = { key: auditKey(store), isOwn: true, checkpoints: () => readCheckpoints(store) };
  const files = (): string[] => readdirSync(directory).sort();
  const read = (file: string): string => readFileSync(join(directory, file), 'latin1');

  return {
    data,
    directory,
    store,
    log,
    async open(changed = {}) {
      const trail = await openTrail({
        directory,
        store,
        fileSize: 64 * 1024 * 1024,
        sync: 'second',
        now: Date.now,
        random: randomBytes,
        log: { info: note, warn: note },
        ...changed,
      });
      trails.push(trail);
      return trail;
    },
    async leftovers() {
      const ids: string[] = [];
      for await (const { id } of store.find(pendingKind, { terms: [] })) ids.push(id);
      return ids;
    },
    files,
    read,
    records: () =>
      files().flatMap((file) => {
        const chain = readOpening(directory, parseFileName(file)?.number ?? 0)?.chain;
        return read(file)
          .split('\n')
          .flatMap((line) => parseRecord(line, chain) ?? []);
      }),
    witness,
    check: () => verify(directory, Date.now(), witness),
    async end() {
      for (const trail of trails) await trail.close();
      await store.close();
      rmSync(data, { recursive: true });
    },
  };
}
