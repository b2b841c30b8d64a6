/**
 * What operators and servers work on: the store with its keys, the audit trail, the certificate authorities. It is
 * opened in the same way whether or not a server runs on the same store.
 */
import { randomBytes } from 'node:crypto';

import { clientKind } from '#access/client-record';
import { openTrail, type AuditTrail } from '#audit/trail';
import type { Config } from '#config';
import type { Log } from '#log';
import type { Schedule } from '#scheduler';
import { beginSchema, checkSchema, openSchema } from '#repository/schema';
import type { DamagedRecordError, Engine } from '#store/engines/engine';
import { describeStore, openEngine } from '#store/engines/engine-table';
import { openStore } from '#store/open-store';
import { narrowFile } from '#store/private-files';
import type { RootKeySource } from '#store/seal/root-key';
import { readRootRecord } from '#store/seal/root-record';
import type { Store } from '#store/store';

import { openAuthorities, type Authorities } from './authorities.ts';
import { makeDataDirectory } from './files.ts';
import { assertStoreIsThere, noStore, placesIn, rootKeyPath, rootKeySource, storeUrl } from './places.ts';

export interface Installation extends Authorities {
  readonly config: Config;
  readonly log: Log;
  readonly engine: Engine;
  readonly rootKey: RootKeySource;
  readonly store: Store;
  readonly trail: AuditTrail;
  /** What the opening has made because it was missing: 'a root key in ...'. */
  readonly made: readonly string[];
  now(): number;
  close(): Promise<void>;
}

export interface InstallationOptions {
  readonly config: Config;
  readonly log: Log;
  /** Runs the repeated work; store and trail have schedulers of their own when absent. */
  readonly schedule?: Schedule;
  /** A server has an audit chain of its own; commands share one. */
  readonly isServer?: boolean;
}

/** @param make whether a missing store is made. A command that only reads makes none. */
export async function openInstallation(options: InstallationOptions, make: boolean): Promise<Installation> {
  const { config, log, schedule, isServer = false } = options;
  const scheduled = schedule === undefined ? {} : { schedule };
  const places = placesIn(config.data);
  if (make) makeDataDirectory(config.data);
  else assertStoreIsThere(config);

  const made: string[] = [];
  const storeLog = log.child({ component: 'store' });
  const engine = await openEngine(config.store, config.data, storeLog);
  for (const file of [places.rootKey, places.serverCertificate]) narrowFile(file, storeLog);
  try {
    const isNew = (await readRootRecord(engine)) === undefined;
    if (isNew) {
      if (!make) throw noStore(config);
      made.push(describeStore(storeUrl(config)));
      if (config.passphraseFile === undefined) made.push(`a root key: ${rootKeyPath(config)}`);
    }
    const rootKey = rootKeySource(config, log);
    const store = await openStore({ engine, rootKey, log: storeLog, ...scheduled });
    await (isNew ? beginSchema(store) : openSchema(store, { log: storeLog, mend: make }));
    const trail = await openTrail({
      directory: places.audit,
      fileSize: config.auditFileSize,
      sync: config.auditSync,
      shared: !isServer,
      now: Date.now,
      random: randomBytes,
      log: log.child({ component: 'audit' }),
      ...{ store, ...scheduled },
    });
    store.onDamage((damaged) => recordDamage(trail, damaged));
    const authorities = await openAuthorities({ store, trail, config, log }, made);
    return Object.assign(authorities, {
      ...{ config, log, engine, rootKey, store, trail, made },
      now: Date.now,
      async close() {
        await trail.close();
        await store.close();
      },
    });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The log has it already; when the trail is broken, that too. */
function recordDamage(trail: AuditTrail, { kind, id, name }: DamagedRecordError): void {
  trail
    .append({
      kind: 'administration',
      operation: `set aside a damaged ${kind} record`,
      ...(kind === clientKind.name ? { client: id } : { objects: [id] }),
      status: 'OperationFailed',
      reason: name,
    })
    .catch(() => undefined);
}

/** The store alone, to read. Nothing is made, and the audit trail gets no record. */
export async function openKeptStore({ config, log }: InstallationOptions): Promise<Store> {
  assertStoreIsThere(config);
  const engine = await openEngine(config.store, config.data);
  try {
    if ((await readRootRecord(engine)) === undefined) throw noStore(config);
    const rootKey = rootKeySource(config, log);
    const store = await openStore({ engine, rootKey, log: log.child({ component: 'store' }) });
    await checkSchema(store);
    return store;
  } catch (error) {
    await engine.close();
    throw error;
  }
}
