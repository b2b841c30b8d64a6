/** The administration of clients. Every change is one commit, and is seen by running servers within their next poll. */
import { randomUUID } from 'node:crypto';

import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import { create, replaceDamaged, update, type Kept, type Store, type StoreChange } from '#store/store';
import { OperatorError } from '#operator-error';

import {
  claimIdOf,
  claimKind,
  clientKind,
  generationId,
  generationKind,
  type BoundCertificate,
  type Claim,
  type ClientRecord,
  type Credential,
  type UniqueField,
} from './client-record.ts';
import type { QuotaName } from './quota.ts';

/** What a client may have from the first on. */
export type Holdings = Partial<Pick<ClientRecord, 'certificates' | 'credentials' | 'passwordRequired'>>;

export interface Clients {
  /** The name is free as long as no client has it, a revoked one included. */
  add(name: string, holdings?: Holdings): Promise<ClientRecord>;
  /** Throws OperatorError when `add` would: to be asked before work that takes long. */
  assertAvailable(name: string): Promise<void>;
  /** The certificate becomes one more of the client's. */
  bind(name: string, certificate: BoundCertificate): Promise<ClientRecord>;
  /** The same; a client that is not there is added. */
  bindOrAdd(name: string, certificate: BoundCertificate): Promise<ClientRecord>;
  addCredential(name: string, credential: Credential): Promise<ClientRecord>;
  /**
   * The client and its certificates are refused from now on; its objects stay. Again is harmless. A damaged record
   * gives way to one that says so (`lost`).
   */
  revoke(name: string): Promise<ClientRecord>;
  /** One certificate only; the client goes on with its others. */
  revokeCertificate(name: string, fingerprint: string): Promise<ClientRecord>;
  /** What holds for this client alone. */
  limit(name: string, limits: ClientLimits): Promise<ClientRecord>;
  byName(name: string): Promise<ClientRecord | undefined>;
  /** Throws OperatorError when there is none. */
  named(name: string): Promise<ClientRecord>;
  byId(id: string): Promise<ClientRecord | undefined>;
  byFingerprint(fingerprint: string): Promise<ClientRecord | undefined>;
  /** In the order of their identifiers; damaged records are passed over, and reported to `damaged`. */
  list(damaged?: (error: DamagedRecordError) => void): AsyncIterable<ClientRecord>;
}

/** Only what is named is changed; null: the setting's number. */
export interface ClientLimits {
  readonly quota: { readonly [N in QuotaName]?: number | null };
  readonly rotations?: 'on' | 'off';
}

export interface ClientsOptions {
  readonly store: Store;
  readonly now: () => number;
  /** What has to be committed together with a change of this client, such as its audit record. */
  readonly alongside?: (client: ClientRecord) => readonly StoreChange[];
}

const maximumAttempts = 20;
/** Past this age a claim whose client does not exist was left by a crash; before it, its commit may be under way. */
const claimGrace = 60_000;

export function openClients({ store, now, alongside = () => [] }: ClientsOptions): Clients {
  const claimId = (field: UniqueField, value: string) => claimIdOf(store, field, value);

  /** Throws DamagedRecordError when the client's record is damaged. */
  async function find(field: UniqueField, value: string): Promise<Kept<ClientRecord> | undefined> {
    const existing = await undamaged(store.get(claimKind, claimId(field, value)));
    const kept = existing && (await store.get(clientKind, existing.value.client));
    return kept && holds(kept.value, field, value) ? kept : await search(field, value);
  }

  /** Without its claim: one that is lost or damaged must hide nobody, who could not be revoked then. */
  async function search(
    field: UniqueField,
    value: string,
    damaged?: (error: DamagedRecordError) => void,
  ): Promise<Kept<ClientRecord> | undefined> {
    const all = store.find(clientKind, { terms: [] }, damaged);
    for await (const kept of all) if (holds(kept.value, field, value)) return kept;
    return undefined;
  }

  async function findNamed(name: string): Promise<Kept<ClientRecord>> {
    let kept: Kept<ClientRecord> | undefined;
    try {
      kept = await find('name', name);
    } catch (error) {
      if (error instanceof DamagedRecordError && error.kind === clientKind.name)
        throw new DamagedClientError(name, error);
      throw error;
    }
    if (kept !== undefined) return kept;
    throw new OperatorError(`no client is named ${JSON.stringify(name)}`, 'kmipd client list shows their names');
  }

  /** Takes the value for the client, or refuses because another one has it. */
  async function claim(field: UniqueField, value: string, client: string): Promise<StoreChange> {
    const id = claimId(field, value);
    const fresh = { client, made: now() };
    let before: Kept<Claim> | undefined;
    try {
      before = await store.get(claimKind, id);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      let someAreDamaged = false;
      const holder = await search(field, value, () => (someAreDamaged = true));
      if (holder === undefined && !someAreDamaged) return replaceDamaged(claimKind, error, fresh);
      throw takenError(field, value, holder?.value ?? 'damaged', client);
    }
    if (before === undefined) return create(claimKind, id, fresh);
    const holder = await undamaged(store.get(clientKind, before.value.client), 'damaged' as const);
    if (holder === 'damaged') throw takenError(field, value, holder, client);
    const held = holder !== undefined && holds(holder.value, field, value);
    if (!held && now() - before.value.made > claimGrace) return update(before, fresh);
    throw takenError(field, value, holder?.value, client);
  }

  /** The claims first and the generation last, so that every prefix of the commit is a legal state. */
  async function commit(change: StoreChange, client: ClientRecord, claims: readonly StoreChange[]): Promise<void> {
    await store.commit([...claims, change, ...alongside(client), await bump()]);
  }

  async function bump(): Promise<StoreChange> {
    try {
      const generation = await store.get(generationKind, generationId);
      return generation ? update(generation, {}) : create(generationKind, generationId, {});
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      return replaceDamaged(generationKind, error, {});
    }
  }

  /** Takes the place of a record that nobody can read; its certificates are not known any more. */
  async function revokeLost({ client: name, damaged }: DamagedClientError): Promise<ClientRecord> {
    const at = now();
    const client = {
      ...{ id: damaged.id, name, created: at, revoked: at },
      lost: true,
      certificates: [],
      credentials: [],
    } as const;
    await commit(replaceDamaged(clientKind, damaged, client), client, []);
    return client;
  }

  async function retried<T>(attempt: () => Promise<T>): Promise<T> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ConflictError) || attempts === maximumAttempts) throw error;
      }
    }
  }

  function changed(
    name: string,
    edit: (client: ClientRecord) => ClientRecord,
    claimed?: readonly [UniqueField, string],
  ): Promise<ClientRecord> {
    return retried(async () => {
      const before = await findNamed(name);
      const claims = claimed === undefined ? [] : [await claim(...claimed, before.id)];
      const client = edit(before.value);
      await commit(update(before, client), client, claims);
      return client;
    });
  }

  async function add(name: string, holdings: Holdings): Promise<ClientRecord> {
    const { certificates = [], credentials = [], passwordRequired } = holdings;
    assertName(name);
    return retried(async () => {
      const client = {
        ...{ id: randomUUID(), name, created: now(), certificates, credentials },
        ...(passwordRequired === undefined ? {} : { passwordRequired }),
      };
      const claims = [await claim('name', name, client.id)];
      for (const { fingerprint } of certificates) claims.push(await claim('fingerprint', fingerprint, client.id));
      for (const { username } of credentials) claims.push(await claim('username', username, client.id));
      await commit(create(clientKind, client.id, client), client, claims);
      return client;
    });
  }

  function bind(name: string, certificate: BoundCertificate): Promise<ClientRecord> {
    return changed(
      name,
      (client) => {
        assertLive(client);
        return { ...client, certificates: [...client.certificates, certificate] };
      },
      ['fingerprint', certificate.fingerprint],
    );
  }

  return {
    add: (name, holdings = {}) => add(name, holdings),

    async assertAvailable(name) {
      assertName(name);
      await claim('name', name, '');
    },

    bind,

    async bindOrAdd(name, certificate) {
      const isThere = (await find('name', name)) !== undefined;
      return isThere ? bind(name, certificate) : add(name, { certificates: [certificate] });
    },

    addCredential(name, credential) {
      return changed(
        name,
        (client) => {
          assertLive(client);
          return { ...client, credentials: [...client.credentials, credential] };
        },
        ['username', credential.username],
      );
    },

    async revoke(name) {
      try {
        return await changed(name, (client) => revokedClient(client, now()));
      } catch (error) {
        if (!(error instanceof DamagedClientError)) throw error;
        return await revokeLost(error);
      }
    },

    revokeCertificate(name, fingerprint) {
      return changed(name, (client) => {
        if (!holds(client, 'fingerprint', fingerprint)) {
          throw new OperatorError(
            `the client ${JSON.stringify(name)} has no certificate with the fingerprint ${fingerprint}`,
            'kmipd client list --json shows the fingerprints',
          );
        }
        return withRevoked(client, now(), (certificate) => certificate.fingerprint === fingerprint);
      });
    },

    limit: (name, limits) => changed(name, (client) => limited(client, limits)),

    byName: async (name) => (await find('name', name))?.value,
    named: async (name) => (await findNamed(name)).value,
    byId: async (id) => (await store.get(clientKind, id))?.value,
    byFingerprint: async (fingerprint) => (await find('fingerprint', fingerprint))?.value,

    async *list(damaged) {
      for await (const { value } of store.find(clientKind, { terms: [] }, damaged)) yield value;
    },
  };
}

/** The record of a client that was asked for by its name cannot be read. */
class DamagedClientError extends OperatorError {
  readonly client: string;
  readonly damaged: DamagedRecordError;

  constructor(client: string, damaged: DamagedRecordError) {
    super(
      `the record of the client ${JSON.stringify(client)} (${damaged.id}) is damaged, and every server refuses the client`,
      'restore the store from a backup; or kmipd client revoke, and kmipd client add under another name',
    );
    this.client = client;
    this.damaged = damaged;
  }
}

/** What was read, or `instead` of a damaged record. */
async function undamaged<T, I = undefined>(reading: Promise<T>, instead?: I): Promise<T | I> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DamagedRecordError) return instead as I;
    throw error;
  }
}

function holds(client: ClientRecord, field: UniqueField, value: string): boolean {
  if (field === 'name') return client.name === value;
  if (field === 'username') return client.credentials.some(({ username }) => username === value);
  return client.certificates.some(({ fingerprint }) => fingerprint === value);
}

function revokedClient(client: ClientRecord, now: number): ClientRecord {
  return { ...withRevoked(client, now, () => true), revoked: client.revoked ?? now };
}

function withRevoked(client: ClientRecord, now: number, which: (certificate: BoundCertificate) => boolean) {
  const certificates = client.certificates.map((certificate) =>
    which(certificate) ? { ...certificate, revoked: certificate.revoked ?? now } : certificate,
  );
  return { ...client, certificates };
}

function limited(client: ClientRecord, { quota, rotations }: ClientLimits): ClientRecord {
  const { quota: _quota, rotations: before, ...rest } = client;
  const own = Object.entries({ ...client.quota, ...quota }).filter(([, value]) => value !== null);
  const isOff = (rotations ?? before) === 'off';
  return {
    ...rest,
    ...(own.length === 0 ? {} : { quota: Object.fromEntries(own) }),
    ...(isOff ? { rotations: 'off' as const } : {}),
  };
}

function assertLive(client: ClientRecord): void {
  if (client.revoked === undefined) return;
  throw new OperatorError(`the client ${JSON.stringify(client.name)} is revoked`, 'add a client under another name');
}

/** A name becomes the names of files and the common name of certificates. */
function assertName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new OperatorError(
    `the name ${JSON.stringify(name.slice(0, 80))} cannot be a client's`,
    'use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit',
  );
}

function takenError(
  field: UniqueField,
  value: string,
  holder: ClientRecord | 'damaged' | undefined,
  asking: string,
): OperatorError {
  const what = { name: 'name', fingerprint: 'certificate with the fingerprint', username: 'user name' }[field];
  const whose =
    holder === undefined
      ? 'is being given away right now'
      : holder === 'damaged'
        ? 'belongs to a client whose record is damaged'
        : holder.id === asking
          ? "is this client's already"
          : field === 'name'
            ? 'is taken'
            : `belongs to the client ${JSON.stringify(holder.name)}`;
  const hint =
    field === 'name' ? 'choose another; kmipd client renew, sign and bind give a client more certificates' : undefined;
  return new OperatorError(`the ${what} ${field === 'fingerprint' ? value : JSON.stringify(value)} ${whose}`, hint);
}
