/** The client records as operators see them: never with the hashes of passwords. */
import type { BoundCertificate, ClientRecord } from '#access/client-record';
import { quotaNames, quotaOf, type Quota, type QuotaName } from '#access/quota';
import type { Config } from '#config';
import { defineUseCase, type Ports } from '#administration/use-case';
import { DamagedRecordError } from '#store/engines/engine';
import { keptUsage } from '#repository/usage-record';

export interface ClientView {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly revoked?: number;
  readonly certificates: readonly BoundCertificate[];
  readonly usernames: readonly string[];
  readonly passwordRequired: boolean;
  readonly limits: LimitsView;
}

/**
 * The numbers in force, those of them that the client has itself, and its usage; null when no server has counted it
 * yet.
 */
export interface LimitsView {
  readonly quota: Quota;
  readonly ownQuota: Partial<Quota>;
  readonly used: { readonly objects: number; readonly removed: number; readonly bytes: number } | null;
  readonly rotations: 'on' | 'off';
}

/** A client whose record cannot be read: it is refused. */
export interface DamagedClient {
  readonly id: string;
  readonly damaged: true;
}

/** In the order of their names; damaged ones come last. Only the names are held in memory. */
export const listClients = defineUseCase({
  name: 'client list',
  effect: 'reads',
  async *run(_: void, ports): AsyncGenerator<ClientView | DamagedClient> {
    const names: { readonly id: string; readonly name: string }[] = [];
    const damaged = new Set<string>();
    for await (const { id, name } of ports.clients.list((error) => void damaged.add(error.id)))
      names.push({ id, name });
    names.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { id } of names) {
      const client = await read(ports, id);
      if (client === 'damaged') damaged.add(id);
      else if (client !== undefined) yield viewOf(client, await limitsOf(client, ports));
    }
    for (const id of damaged) yield { id, damaged: true };
  },
});

export const showClient = defineUseCase({
  name: 'client show',
  effect: 'reads',
  async run(name: string, ports): Promise<ClientView> {
    const client = await ports.clients.named(name);
    return viewOf(client, await limitsOf(client, ports));
  },
});

async function read({ clients }: Ports, id: string): Promise<ClientRecord | 'damaged' | undefined> {
  try {
    return await clients.byId(id);
  } catch (error) {
    if (error instanceof DamagedRecordError) return 'damaged';
    throw error;
  }
}

function viewOf(client: ClientRecord, limits: LimitsView): ClientView {
  const { id, name, created, revoked, certificates, credentials, passwordRequired } = client;
  return {
    ...{ id, name, created, certificates, limits },
    ...(revoked === undefined ? {} : { revoked }),
    usernames: credentials.map(({ username }) => username),
    passwordRequired: passwordRequired === true,
  };
}

async function limitsOf(client: ClientRecord, { store, config }: Pick<Ports, 'store' | 'config'>): Promise<LimitsView> {
  const used = (await keptUsage(store, client.id))?.value;
  return {
    quota: quotasOf(client, config),
    ownQuota: client.quota ?? {},
    used:
      used === undefined ? null : { objects: used.objects + used.removed, removed: used.removed, bytes: used.bytes },
    rotations: client.rotations ?? 'on',
  };
}

const quotasOf = ({ quota }: ClientRecord, config: Config): Quota =>
  Object.fromEntries(quotaNames.map((name) => [name, quotaOf(quota, name, config)])) as Record<QuotaName, number>;
