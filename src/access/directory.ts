/**
 * Who may connect, as a running server sees it: the client records in memory, by the fingerprints of their
 * certificates. The store's generation record is polled, so that a change made by any process counts within a second.
 */
import type { Store } from '#store/store';
import type { Log } from '#log';

import { clientKind, generationId, generationKind, type BoundCertificate, type ClientRecord } from './client-record.ts';
import { createPasswordCheck, type Attempt } from './password-check.ts';

/** Who a session acts for. */
export interface ClientIdentity {
  readonly id: string;
  readonly name: string;
}

export type Refusal = 'unknown' | 'not yet valid' | 'expired' | 'certificate revoked' | 'client revoked';
export type Decision = { readonly client: ClientIdentity } | { readonly refused: Refusal };

export interface Directory {
  /** `now` in milliseconds since 1970. */
  decide(fingerprint: string, now: number): Decision;
  /** Whether this is a client's certificate that was revoked, or whose client was. */
  hasRevoked(fingerprint: string): boolean;
  /** Called whenever an earlier decision may have become another: decide again for every open session. */
  onChange(listener: () => void): void;
  /** Whether the user name and password are this client's; certificate and credential must name one record. */
  checkCredential(given: GivenCredential): Promise<Attempt>;
  /** Whether the client's certificate alone is not enough. */
  demandsCredential(clientId: string): boolean;
  /** The record of a client, revoked or not. */
  clientOf(id: string): ClientRecord | undefined;
  clientIds(): Iterable<string>;
  /** Reads the clients again when a change was committed. Throws what the store throws. */
  refresh(): Promise<void>;
  /** Stops polling. */
  close(): void;
}

/** What a session brings beside its certificate. */
export interface GivenCredential {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  /** The address of the peer. */
  readonly peer: string;
}

export interface DirectoryOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Log;
  /** Milliseconds between two looks at the generation. */
  readonly interval?: number;
}

interface Holder {
  readonly client: ClientRecord;
  readonly certificate: BoundCertificate;
}

/** Resolves when the clients were read once. */
export async function openDirectory({ store, now, log, interval = 1000 }: DirectoryOptions): Promise<Directory> {
  const listeners: (() => void)[] = [];
  const checkPassword = createPasswordCheck();
  let clients = new Map<string, ClientRecord>();
  let holders = new Map<string, Holder>();
  let generation = -1;
  let nextExpiry = Infinity;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  /** The generation is read before the clients: what is committed in between is read again at the next look. */
  async function read(): Promise<void> {
    const current = (await store.get(generationKind, generationId))?.revision ?? 0;
    const expired = now() > nextExpiry;
    if (current === generation && !expired) return;
    if (current !== generation) {
      clients = new Map();
      for await (const { value } of store.find(clientKind, { terms: [] })) clients.set(value.id, value);
      holders = holdersOf(clients.values());
      generation = current;
    }
    nextExpiry = expiryAfter(holders.values(), now());
    for (const listener of listeners) listener();
  }

  /** What was committed before the call counts: a look that is under way may have missed it. */
  function refresh(): Promise<void> {
    if (running === undefined) {
      running = read().finally(() => (running = undefined));
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return refresh();
      });
    return next;
  }

  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => log.error('the clients cannot be read', { error }));
  }, interval);
  timer.unref();

  return {
    decide(fingerprint, at) {
      const holder = holders.get(fingerprint);
      return holder === undefined ? { refused: 'unknown' } : decisionFor(holder, at);
    },
    hasRevoked(fingerprint) {
      const holder = holders.get(fingerprint);
      return holder?.client.revoked !== undefined || holder?.certificate.revoked !== undefined;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    checkCredential({ username, password, clientId, peer }) {
      const client = clients.get(clientId);
      const live = client?.revoked === undefined ? client : undefined;
      const credential = live?.credentials.find((each) => each.username === username);
      return checkPassword({ client: clientId, source: peer, username, password, credential });
    },
    demandsCredential: (clientId) => clients.get(clientId)?.passwordRequired === true,
    clientOf: (id) => clients.get(id),
    clientIds: () => clients.keys(),
    refresh,
    close: () => clearInterval(timer),
  };
}

function decisionFor({ client, certificate }: Holder, now: number): Decision {
  if (client.revoked !== undefined) return { refused: 'client revoked' };
  if (certificate.revoked !== undefined) return { refused: 'certificate revoked' };
  if (now < certificate.notBefore) return { refused: 'not yet valid' };
  if (now > certificate.notAfter) return { refused: 'expired' };
  return { client: { id: client.id, name: client.name } };
}

function holdersOf(clients: Iterable<ClientRecord>): Map<string, Holder> {
  const holders = new Map<string, Holder>();
  for (const client of clients) {
    for (const certificate of client.certificates) holders.set(certificate.fingerprint, { client, certificate });
  }
  return holders;
}

function expiryAfter(holders: Iterable<Holder>, now: number): number {
  let next = Infinity;
  for (const { certificate } of holders) {
    if (certificate.notAfter >= now && certificate.notAfter < next) next = certificate.notAfter;
  }
  return next;
}
