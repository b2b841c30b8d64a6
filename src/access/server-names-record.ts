/**
 * The names under which clients connect to the servers of this store, on this machine and on others. `ca` is trusted
 * for all of them, so no client gets a certificate with one of them.
 */
import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { create, replaceDamaged, update, type Kept, type Store, type StoreChange } from '#store/store';

interface ServerNames {
  readonly names: readonly string[];
}

export const namesKind = jsonKind<ServerNames>('server-names');
const namesId = 'server-names';
/** Far more than servers have; the oldest are dropped above it. */
const maximumNames = 1000;

export async function readServerNames(store: Store): Promise<readonly string[]> {
  return (await store.get(namesKind, namesId))?.value.names ?? [];
}

/**
 * Adds the missing names. A damaged record is replaced by one with these names: other servers add theirs when they
 * start.
 */
export async function addServerNames(store: Store, names: readonly string[]): Promise<void> {
  for (;;) {
    let kept: Kept<ServerNames> | undefined;
    let damaged: DamagedRecordError | undefined;
    try {
      kept = await store.get(namesKind, namesId);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      damaged = error;
    }
    const before = kept?.value.names ?? [];
    const all = [...new Set([...before, ...names])].slice(-maximumNames);
    if (all.length === before.length) return;
    try {
      const value = { names: all };
      await store.commit([changeTo(value, kept, damaged)]);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

function changeTo(value: ServerNames, kept: Kept<ServerNames> | undefined, damaged?: DamagedRecordError): StoreChange {
  if (damaged !== undefined) return replaceDamaged(namesKind, damaged, value);
  return kept === undefined ? create(namesKind, namesId, value) : update(kept, value);
}
