/**
 * The names under which the servers of this store are dialed, of this machine and of others: the `ca` is trusted for all of them, so that no
 * client gets a certificate under one.
 */
import { ConflictError } from '#store/engine';
import { jsonKind } from '#store/json-kind';
import { create, update, type Store } from '#store/store';

const namesKind = jsonKind<{ readonly names: readonly string[] }>('server-names');
const namesId = 'server-names';
/** Far more than servers have; beyond, the oldest go. */
const maximumNames = 1000;

export async function readServerNames(store: Store): Promise<readonly string[]> {
  return (await store.get(namesKind, namesId))?.value.names ?? [];
}

/** Adds what is not there yet. */
export async function addServerNames(store: Store, names: readonly string[]): Promise<void> {
  for (;;) {
    const kept = await store.get(namesKind, namesId);
    const before = kept?.value.names ?? [];
    const all = [...new Set([...before, ...names])].slice(-maximumNames);
    if (all.length === before.length) return;
    try {
      const value = { names: all };
      await store.commit([kept === undefined ? create(namesKind, namesId, value) : update(kept, value)]);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
