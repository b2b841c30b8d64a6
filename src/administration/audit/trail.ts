/** What operators ask the audit trail. */
import { readCheckpoints } from '#audit/chain/checkpoint';
import type { AuditRecord } from '#audit/entry';
import { show, type Filters } from '#audit/show';
import { auditKey } from '#audit/trail';
import { verify, type Verdict } from '#audit/verify';
import { openKeptStore, type InstallationOptions } from '#administration/installation';
import { auditDirectory, isStoreInData } from '#administration/places';
import { defineUseCase } from '#administration/use-case';
import type { Store } from '#store/store';

export interface TrailFilters extends Filters {
  /** The name or the identifier of a client. */
  readonly client?: string;
}

/** Records name clients by their identifiers. */
export const isClientId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** In the order in which they were written. */
export const showTrail = defineUseCase({
  name: 'audit show',
  effect: 'reads',
  async run({ client, ...filters }: TrailFilters, { config, clients }): Promise<AsyncIterable<AuditRecord>> {
    if (client === undefined) return show(auditDirectory(config), filters);
    const id = isClientId(client) ? client : (await clients.named(client)).id;
    return show(auditDirectory(config), { ...filters, client: id });
  },
});

export interface CheckedTrail {
  readonly verdict: Verdict;
  /** Why the store could not be opened: without it only mishaps are found, not attacks. */
  readonly withoutStore?: string;
}

/** Opens the store by itself, to read only. It leaves no record: the trail must not change while it is checked. */
export async function verifyTrail(options: InstallationOptions): Promise<CheckedTrail> {
  const { config } = options;
  const directory = auditDirectory(config);
  let store: Store;
  try {
    store = await openKeptStore(options);
  } catch (error) {
    return { verdict: await verify(directory, Date.now()), withoutStore: String((error as Error).message ?? error) };
  }
  try {
    const witness = { key: auditKey(store), isOwn: isStoreInData(config), checkpoints: () => readCheckpoints(store) };
    return { verdict: await verify(directory, Date.now(), witness) };
  } finally {
    await store.close();
  }
}
