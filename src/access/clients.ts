/** The administration of clients. Every change is one commit. Running servers see it at their next poll. */
import { randomUUID } from 'node:crypto';

import { OperatorError } from '#operator-error';
import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import { create, replaceDamaged, update, type Store, type StoreChange } from '#store/store';

import { DamagedClientError, holds, openClaims } from './client-claims.ts';
import { assertLive, assertName, limited, revokedClient, withRevoked, type ClientLimits } from './client-edits.ts';
import {
  clientKind,
  generationId,
  generationKind,
  type BoundCertificate,
  type ClientRecord,
  type Credential,
  type UniqueField,
} from './client-record.ts';

/** What a new client may have. */
export type Holdings = Partial<Pick<ClientRecord, 'certificates' | 'credentials' | 'passwordRequired'>>;

export interface Clients {
  /** The name must not belong to a client, not even to a revoked one. */
  add(name: string, holdings?: Holdings): Promise<ClientRecord>;
  /** Throws OperatorError when `add` would: to be called before work that takes long. */
  assertAvailable(name: string): Promise<void>;
  /** Adds the certificate to the client. */
  bind(name: string, certificate: BoundCertificate): Promise<ClientRecord>;
  /** Adds the certificate to the client; adds the client when it does not exist. */
  bindOrAdd(name: string, certificate: BoundCertificate): Promise<ClientRecord>;
  addCredential(name: string, credential: Credential): Promise<ClientRecord>;
  /**
   * The client and its certificates are refused from now on; its objects stay. A second call does nothing. A damaged
   * record is replaced by one that says so (`lost`).
   */
  revoke(name: string): Promise<ClientRecord>;
  /** Revokes one certificate; the client keeps its others. */
  revokeCertificate(name: string, fingerprint: string): Promise<ClientRecord>;
  /** Changes the numbers that hold for this client alone. */
  limit(name: string, limits: ClientLimits): Promise<ClientRecord>;
  byName(name: string): Promise<ClientRecord | undefined>;
  /** Throws OperatorError when no client has the name. */
  named(name: string): Promise<ClientRecord>;
  byId(id: string): Promise<ClientRecord | undefined>;
  byFingerprint(fingerprint: string): Promise<ClientRecord | undefined>;
  /** In the order of their identifiers; damaged records are left out, and reported to `damaged`. */
  list(damaged?: (error: DamagedRecordError) => void): AsyncIterable<ClientRecord>;
}

export interface ClientsOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Changes that must be committed together with a change of this client, such as its audit record. */
  readonly alongside?: (client: ClientRecord) => readonly StoreChange[];
}

const maximumAttempts = 20;

export function openClients({ store, now, alongside = () => [] }: ClientsOptions): Clients {
  const { find, findNamed, claim } = openClaims({ store, now });

  /** Claims come first and the generation last, so that every prefix of the commit is a legal state. */
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

  /** Replaces a record that cannot be read; its certificates are unknown from then on. */
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
