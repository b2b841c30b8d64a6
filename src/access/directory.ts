/**
 * Who may connect, as a running server sees it: the client records in memory, by the fingerprints of their
 * certificates. The store's generation record is polled, so that a change made by any process counts within a second.
 *
 * It fails closed. A client whose record is damaged is refused, by the claims of its certificates, and no other is.
 * When nothing can be read any more, revocations may have been missed: after `timeout` everybody is refused until it
 * can.
 */
import { DamagedRecordError } from '#store/engines/engine';
import type { Store } from '#store/store';
import { defaultOf } from '#config';
import type { Log } from '#log';
import { createScheduler, type Schedule } from '#scheduler';

import {
  claimIdOf,
  claimKind,
  clientKind,
  generationId,
  generationKind,
  type BoundCertificate,
  type ClientRecord,
} from './client-record.ts';
import { createPasswordCheck, type Attempt } from './password-check.ts';

/** The client of a session. */
export interface ClientIdentity {
  readonly id: string;
  readonly name: string;
}

export type Refusal =
  | 'unknown'
  | 'not yet valid'
  | 'expired'
  | 'certificate revoked'
  | 'client revoked'
  | 'client record damaged'
  | 'clients unreadable';
export type Decision = { readonly client: ClientIdentity } | { readonly refused: Refusal };

export interface Directory {
  /** `now` in milliseconds since 1970. */
  decide(fingerprint: string, now: number): Decision;
  /** Whether this is a certificate of a client that was revoked, or may have been, alone or with its client. */
  hasRevoked(fingerprint: string): boolean;
  /** Called when earlier decisions may be outdated: decide again for every open session. */
  onChange(listener: () => void): void;
  /** Whether the user name and password are this client's; certificate and credential must belong to one record. */
  checkCredential(given: GivenCredential): Promise<Attempt>;
  /** Whether the client needs a user name and password beside its certificate. */
  demandsCredential(clientId: string): boolean;
  /** The record of a client, revoked or not. */
  clientOf(id: string): ClientRecord | undefined;
  clientIds(): Iterable<string>;
  /** Reads the clients again when a change was committed. Throws the error of the store. */
  refresh(): Promise<void>;
  /** Whether the known clients are at most a few seconds old. */
  readonly isCurrent: boolean;
  /** Stops polling. */
  close(): void;
}

/** What a session presents beside its certificate. */
export interface GivenCredential {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  /** The same object for every request of a connection. */
  readonly session: object;
}

export interface DirectoryOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Log;
  /** Milliseconds between two reads of the generation. */
  readonly interval?: number;
  /**
   * Milliseconds for which the clients may be unreadable before every client is refused; the number of the settings
   * when absent.
   */
  readonly timeout?: number;
  /** Milliseconds, from a clock that never goes back. */
  readonly elapsed?: () => number;
  /** Runs the polls; a scheduler of its own when absent. */
  readonly schedule?: Schedule;
}

/** Milliseconds since the last successful read. */
const currentFor = 5000;

interface Holder {
  readonly client: ClientRecord;
  readonly certificate: BoundCertificate;
}

/** Resolves when the clients were read once. */
export async function openDirectory(options: DirectoryOptions): Promise<Directory> {
  const { store, now, log, interval = 1000, timeout = defaultOf('directory-timeout') } = options;
  const { elapsed = () => performance.now(), schedule = createScheduler({ log }).schedule } = options;
  const listeners: (() => void)[] = [];
  const checkPassword = createPasswordCheck();
  let clients = new Map<string, ClientRecord>();
  let holders = new Map<string, Holder>();
  /** By the identifier of the claim: certificates that no readable record has. */
  let lost = new Map<string, Refusal>();
  let generation: number | undefined = -1;
  let readAt = -Infinity;
  let isClosed = false;
  let trouble = '';
  let nextExpiry = Infinity;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  /**
   * The generation is read before the clients: a change that is committed between the two is read again at the next
   * poll.
   */
  async function read(): Promise<void> {
    const begun = elapsed();
    const current = await readGeneration();
    const expired = now() > nextExpiry;
    const isChanged = current === undefined || current !== generation;
    if (isChanged) {
      await readClients();
      generation = current;
    }
    readAt = begun;
    if (isClosed) log.warn('the clients can be read again: they are let in');
    const mayDiffer = isChanged || expired || isClosed;
    isClosed = false;
    trouble = '';
    if (!mayDiffer) return;
    nextExpiry = expiryAfter(holders.values(), now());
    for (const listener of listeners) listener();
  }

  /** 0 when the record does not exist yet, undefined when it is damaged: then every poll reads the clients. */
  async function readGeneration(): Promise<number | undefined> {
    try {
      return (await store.get(generationKind, generationId))?.revision ?? 0;
    } catch (error) {
      if (error instanceof DamagedRecordError) return undefined;
      throw error;
    }
  }

  async function readClients(): Promise<void> {
    const found = new Map<string, ClientRecord>();
    const refusals = new Map<string, Refusal>();
    const note = ({ id }: DamagedRecordError) => void refusals.set(id, 'client record damaged');
    for await (const { value } of store.find(clientKind, { terms: [] }, note)) {
      found.set(value.id, value);
      if (value.lost) refusals.set(value.id, 'client revoked');
    }
    const claims = new Map<string, Refusal>();
    if (refusals.size > 0) {
      for await (const { id, value } of store.find(claimKind, { terms: [] })) {
        const refusal = refusals.get(value.client);
        if (refusal !== undefined) claims.set(id, refusal);
      }
    }
    clients = found;
    holders = holdersOf(found.values());
    lost = claims;
  }

  const refusalOfLost = (fingerprint: string): Refusal | undefined =>
    lost.size === 0 ? undefined : lost.get(claimIdOf(store, 'fingerprint', fingerprint));

  /** A read may also hang: only the time of the last successful one counts. */
  const isTooOld = (): boolean => elapsed() - readAt > timeout;

  function closeWhenTooOld(): void {
    if (isClosed || !isTooOld()) return;
    isClosed = true;
    log.error('the clients could not be read for too long: no client is let in, and open sessions are cut', {
      seconds: Math.round((elapsed() - readAt) / 1000),
      hint: 'make the store readable again: clients are let in then without a restart',
    });
    for (const listener of listeners) listener();
  }

  function report(error: unknown): void {
    if (String(error) === trouble) return;
    trouble = String(error);
    log.error('the clients cannot be read', {
      error,
      hint: 'look at the disk or the database of the store; after --directory-timeout no client is let in',
    });
  }

  /** The result must include every change before the call; a read in progress may have missed one. */
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
  const stop = schedule({
    ...{ name: 'read the clients', interval },
    // It is not awaited: while a read hangs, the clients may become too old.
    run() {
      closeWhenTooOld();
      refresh().catch(report);
    },
  });

  return {
    decide(fingerprint, at) {
      if (isTooOld()) return { refused: 'clients unreadable' };
      const holder = holders.get(fingerprint);
      if (holder !== undefined) return decisionFor(holder, at);
      return { refused: refusalOfLost(fingerprint) ?? 'unknown' };
    },
    hasRevoked(fingerprint) {
      const holder = holders.get(fingerprint);
      if (holder === undefined) return refusalOfLost(fingerprint) !== undefined;
      return holder.client.revoked !== undefined || holder.certificate.revoked !== undefined;
    },
    onChange(listener) {
      listeners.push(listener);
    },
    checkCredential({ username, password, clientId, session }) {
      const client = clients.get(clientId);
      const live = client?.revoked === undefined ? client : undefined;
      const credential = live?.credentials.find((each) => each.username === username);
      return checkPassword({ client: clientId, session, username, password, credential });
    },
    demandsCredential: (clientId) => clients.get(clientId)?.passwordRequired === true,
    clientOf: (id) => clients.get(id),
    clientIds: () => clients.keys(),
    refresh,
    get isCurrent() {
      return elapsed() - readAt <= currentFor;
    },
    close: () => void stop(),
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
