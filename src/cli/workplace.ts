/**
 * What a command works on: the store with its keys, the audit trail, the clients, the certificate authority. It is
 * opened in the same way whether a server runs on the same store or not.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { keepAuthority, readAuthority } from '#access/authority-record';
import { clientKind } from '#access/client-record';
import { openClients, type Clients } from '#access/clients';
import { openTrail, type AuditTrail } from '#audit/trail';
import { authorityPem, createAuthority, openAuthority, type Authority } from '#certs/authority';
import { yearsAfter } from '#certs/certificate';
import type { Config } from '#config';
import type { Log } from '#log';
import { openEngine } from '#store/engines/open-engine';
import { openStore } from '#store/open-store';
import { narrowFile } from '#store/private-files';
import { passphraseFile } from '#store/seal/passphrase';
import type { RootKeySource } from '#store/seal/root-key';
import { rootKeyFile } from '#store/seal/root-key-file';
import { readRootRecord } from '#store/seal/root-record';
import { DamagedRecordError, type Engine } from '#store/engines/engine';
import type { Store } from '#store/store';
import { OperatorError } from '#operator-error';

import { audited, type Alongside } from './audited.ts';
import { recordEarlierCertificates } from './earlier-certificates.ts';
import { makeDataDirectory } from './files.ts';
import type { Invocation } from './command.ts';

export interface Workplace {
  readonly config: Config;
  readonly log: Log;
  readonly engine: Engine;
  readonly store: Store;
  readonly trail: AuditTrail;
  /** Throws DamagedRecordError when its record cannot be read, or is missing although clients were made. */
  readonly authority: Authority;
  /** Signs what clients have certified. Made when it is first asked for: stores from before it have none. */
  certifyAuthority(): Promise<Authority>;
  /** What opening made because it was not there: 'a root key in ...'. */
  readonly made: readonly string[];
  now(): number;
  close(): Promise<void>;
}

export interface Change {
  readonly clients: Clients;
  readonly alongside: Alongside;
}

/** Beside `ca.crt`, in the data directory and in what a client gets. */
export const certifyAuthorityFile = 'certify-ca.crt';

/** Where things are in the data directory. */
export const placesIn = (data: string) => ({
  audit: join(data, 'audit'),
  rootKey: join(data, 'root.key'),
  serverCertificate: join(data, 'server.pem'),
  authorityCertificate: join(data, 'ca.crt'),
  certifyAuthorityCertificate: join(data, certifyAuthorityFile),
});

/** `make`: a store that is not there is made, which commands that only look at one must not do. */
export async function openWorkplace({ config, log }: Invocation, make: boolean): Promise<Workplace> {
  const places = placesIn(config.data);
  if (make) makeDataDirectory(config.data);
  else if (!existsSync(lmdbPath(config) ?? config.data)) throw noStore(config);

  const made: string[] = [];
  const storeLog = log.child({ component: 'store' });
  const engine = await openEngine(config.store, config.data, storeLog);
  for (const file of [places.rootKey, places.serverCertificate]) narrowFile(file, storeLog);
  try {
    if ((await readRootRecord(engine)) === undefined) {
      if (!make) throw noStore(config);
      const path = lmdbPath(config);
      made.push(path === undefined ? 'a MongoDB store' : `an LMDB store in ${path}`);
      if (config.passphraseFile === undefined) made.push(`a root key: ${rootKeyPath(config)}`);
    }
    const store = await openStore({
      engine,
      rootKey: rootKeySource(config, log),
      log: storeLog,
    });
    const trail = await openTrail({
      directory: places.audit,
      fileSize: config.auditFileSize,
      sync: config.auditSync,
      now: Date.now,
      random: randomBytes,
      log: log.child({ component: 'audit' }),
      store,
    });
    store.onDamage((damaged) => recordDamage(trail, damaged));
    const authority = await openOrMakeAuthority(store, trail, config, made).catch(unlessDamaged);
    let certifying: Promise<Authority> | undefined;
    return {
      ...{ config, log, engine, store, trail, made },
      get authority() {
        return whole(authority);
      },
      certifyAuthority() {
        certifying ??= openOrMakeCertifyAuthority(() => whole(authority), { store, trail, config, log });
        return certifying;
      },
      now: Date.now,
      async close() {
        await trail.close();
        await store.close();
      },
    };
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

/** The store alone, to read. Nothing is made, and nothing is written down in the audit trail. */
export async function openKeptStore({ config, log }: Invocation): Promise<Store> {
  if (!existsSync(lmdbPath(config) ?? config.data)) throw noStore(config);
  const engine = await openEngine(config.store, config.data);
  try {
    if ((await readRootRecord(engine)) === undefined) throw noStore(config);
    return await openStore({ engine, rootKey: rootKeySource(config, log), log: log.child({ component: 'store' }) });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Whether the store lies in the data directory, and so belongs to it alone. */
export const isStoreInData = (config: Config): boolean => config.store === undefined;

/** Opens the workplace for one command, which is recorded in the audit trail, and closes it. */
export async function withWorkplace<T>(
  invocation: Invocation,
  command: string,
  run: (workplace: Workplace, change: Change) => Promise<T>,
  { make = false } = {},
): Promise<T> {
  const workplace = await openWorkplace(invocation, make);
  for (const what of workplace.made) invocation.output.note(`made ${what}`);
  try {
    return await audited(workplace.trail, command, (alongside) => {
      const clients = openClients({
        store: workplace.store,
        now: workplace.now,
        alongside: ({ id }) => alongside({ client: id }),
      });
      return run(workplace, { clients, alongside });
    });
  } finally {
    await workplace.close();
  }
}

/** The directories that grow while a server runs. */
export function diskPlaces(config: Config): string[] {
  const lmdb = lmdbPath(config);
  return [placesIn(config.data).audit, ...(lmdb === undefined ? [] : [lmdb])];
}

/** Opening LMDB makes its directory. */
function lmdbPath({ store, data }: Config): string | undefined {
  return store === undefined ? join(data, 'lmdb') : /^lmdb:(.+)$/s.exec(store)?.[1];
}

export const rootKeyPath = (config: Config): string => config.rootKeyFile ?? placesIn(config.data).rootKey;

export function rootKeySource(config: Config, log: Log): RootKeySource {
  if (config.passphraseFile !== undefined) return passphraseFile(config.passphraseFile);
  return rootKeyFile(rootKeyPath(config), { log });
}

/** What does not sign goes on without an authority: who asks for it hears why it is not there. */
function unlessDamaged(error: unknown): DamagedRecordError {
  if (error instanceof DamagedRecordError) return error;
  throw error;
}

function whole(authority: Authority | DamagedRecordError): Authority {
  if (authority instanceof DamagedRecordError) throw authority;
  return authority;
}

/** Those of the two that can be used; the trouble with the others is in the log. */
export async function usableAuthorities(workplace: Workplace): Promise<{ ca?: Authority; certify?: Authority }> {
  const [ca, certify] = await Promise.all([
    Promise.resolve()
      .then(() => workplace.authority)
      .catch(unlessDamaged),
    workplace.certifyAuthority().catch(unlessDamaged),
  ]);
  return {
    ...(ca instanceof DamagedRecordError ? {} : { ca }),
    ...(certify instanceof DamagedRecordError ? {} : { certify }),
  };
}

/** With another authority in its place every client would be a stranger. */
async function assertNoClients(store: Store): Promise<void> {
  for await (const _ of store.find(clientKind, { terms: [] })) {
    if ((await readAuthority(store)) !== undefined) return;
    throw new DamagedRecordError({ kind: 'ca', id: 'ca' }, 'it is missing, and there are clients that trust it');
  }
}

async function openOrMakeAuthority(
  store: Store,
  trail: AuditTrail,
  config: Config,
  made: string[],
): Promise<Authority> {
  const kept = await readAuthority(store);
  if (kept !== undefined) return openAuthority(kept);
  await assertNoClients(store);
  const { name, authority } = await newAuthority('CA', config);
  const isKept = await audited(trail, 'ca create', (alongside) =>
    keepAuthority(store, authorityPem(authority), alongside({})),
  );
  if (!isKept) return openOrMakeAuthority(store, trail, config, made);
  made.push(`a certificate authority: ${name}`);
  return authority;
}

/** A name of its own, since trust stores tell authorities apart by their names. */
async function newAuthority(kind: string, { caYears }: Config): Promise<{ name: string; authority: Authority }> {
  const now = new Date();
  const name = `kmipd ${kind} ${randomBytes(4).toString('hex')}`;
  return { name, authority: await createAuthority(name, { now, notAfter: yearsAfter(now, caYears) }) };
}

/**
 * Self-signed, apart from the other: who trusts that one for the server must trust nothing that clients have made. When
 * the store is from before it, what the other one certified for clients is put on record first, so that it can be
 * listed and revoked.
 */
async function openOrMakeCertifyAuthority(
  signedBefore: () => Authority,
  workplace: Pick<Workplace, 'store' | 'trail' | 'config' | 'log'>,
): Promise<Authority> {
  const { store, trail, config, log } = workplace;
  const kept = await readAuthority(store, 'certify-ca');
  if (kept !== undefined) return openAuthority(kept);
  const earlier = await recordEarlierCertificates(store, signedBefore());
  if (earlier > 0) {
    log.warn(`the CA that clients trust for the server has signed ${earlier} certificates that clients asked for`, {
      hint: 'kmipd certificate list shows them; revoke those that name a server: kmipd certificate revoke',
    });
  }
  const { authority } = await newAuthority('Certify CA', config);
  const isKept = await audited(trail, 'ca create', (alongside) =>
    keepAuthority(store, authorityPem(authority), alongside({}), 'certify-ca'),
  );
  return isKept ? authority : openOrMakeCertifyAuthority(signedBefore, workplace);
}

function noStore(config: Config): OperatorError {
  return config.store === undefined
    ? new OperatorError(
        `there is no store in ${config.data}`,
        'name the data directory with --data; kmipd serve makes one',
      )
    : new OperatorError('the store is empty', 'name another with --store; kmipd serve prepares this one');
}
