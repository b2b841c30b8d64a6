/** A whole server in a temporary directory: real LMDB, real seal, real audit trail, a clock that the test moves. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTrail, type AuditTrail } from '#audit/trail';
import type { QuotaConfig } from '#access/quota';
import type { Credentials } from '#server/authentication';
import type { CertificateAuthority } from '#operations/context';
import { createHandler, type Handler } from '#server/handler';
import type { Services } from '#server/services';
import type { Session } from '#server/session';
import { openLmdb } from '#store/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/root-key-file';
import type { Store } from '#store/store';
import { createWorkers } from '#workers/tasks';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { everyClient, type EveryClient } from './every-client.ts';

/** Of all fixtures of a process: threads take a while to start, and end by themselves when they are idle. */
const workers = createWorkers({ idle: 5000 });

export interface Fixture {
  readonly directory: string;
  readonly store: Store;
  readonly audit: AuditTrail;
  readonly services: Services;
  readonly handler: Handler;
  /** What is special about clients. */
  readonly clients: EveryClient['records'];
  readonly clock: Clock;
  /** What the server logged, as JSON lines. */
  readonly logged: string[];
  /** A session of the client with this identifier. */
  session(clientId?: string): Session;
  /** One request through the handler. */
  exchange(request: Item, session?: Session): Promise<Item>;
  close(): Promise<void>;
}

/** Milliseconds since 1970; stands still until a test moves it. */
export interface Clock {
  now: number;
}

export async function openFixture(
  options: {
    readonly interop?: boolean;
    readonly credentials?: Credentials;
    readonly authority?: CertificateAuthority;
    readonly quota?: Partial<QuotaConfig>;
    readonly rotations?: 'on' | 'off';
  } = {},
): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-server-'));
  const clock: Clock = { now: Date.UTC(2026, 0, 1) };
  const logged: string[] = [];
  const write = (message: string, details?: object): void => void logged.push(JSON.stringify({ message, ...details }));
  const log = { debug: write, info: write, warn: write, error: write };
  const engine = await openLmdb(join(directory, 'store'));
  const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')), log });
  const audit = await openTrail({
    store,
    directory: join(directory, 'audit'),
    fileSize: 1024 * 1024,
    now: () => clock.now,
    random: randomBytes,
    log,
    sync: 'second',
  });
  const clients = everyClient(options.quota);
  const services: Services = {
    store,
    audit,
    clients: clients.facts,
    credentials: options.credentials ?? {
      checkCredential: () => Promise.resolve('wrong'),
      demandsCredential: () => false,
    },
    now: () => clock.now,
    random: randomBytes,
    log,
    workers,
    facts: { vendorIdentification: 'kmipd test', productVersion: '0.0.0', interop: options.interop ?? false },
    ...(options.authority === undefined ? {} : { authority: options.authority }),
    limits: {
      maximumMessageSize: 1024 * 1024,
      maximumBatchCount: 100,
      rotations: options.rotations ?? 'on',
      rotateMinimumInterval: 3_600_000,
    },
  };
  const handler = createHandler(services);
  let connections = 0;
  const session = (clientId = 'client-1'): Session => ({
    connection: ++connections,
    clientId,
    fingerprint: '00'.repeat(32),
  });
  const usual = session();
  return {
    directory,
    store,
    audit,
    services,
    handler,
    clients: clients.records,
    clock,
    logged,
    session,
    exchange: async (request, as = usual) => decode(await handler.handle(encode(request), as)),
    async close() {
      await audit.close();
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
