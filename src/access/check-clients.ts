/** Finds records that are missing around the clients, which no single record shows. */
import type { Finding } from '#store/check-store';
import { DamagedRecordError } from '#store/engines/engine';
import type { Store } from '#store/store';

import { readAuthority } from './authority-record.ts';
import { claimIdOf, claimKind, clientKind, generationId, generationKind, type UniqueField } from './client-record.ts';

export async function* checkClients(store: Store): AsyncGenerator<Finding, void> {
  let clients = 0;
  for await (const { value } of store.find(clientKind, { terms: [] })) {
    clients++;
    const claims: [UniqueField, string][] = [
      ['name', value.name],
      ...value.certificates.map(({ fingerprint }): [UniqueField, string] => ['fingerprint', fingerprint]),
      ...value.credentials.map(({ username }): [UniqueField, string] => ['username', username]),
    ];
    for (const [field, claimed] of claims) {
      const id = claimIdOf(store, field, claimed);
      if (!(await isMissing(store.get(claimKind, id)))) continue;
      yield { kind: claimKind.name, id, what: `it is missing: the ${field} of the client ${value.id}` };
    }
  }
  if (clients === 0) return;
  if (await isMissing(store.get(generationKind, generationId))) {
    yield { kind: generationKind.name, id: generationId, what: 'it is missing' };
  }
  if (await isMissing(readAuthority(store))) yield { kind: 'ca', id: 'ca', what: 'it is missing' };
}

/** A damaged one was reported already. */
async function isMissing(reading: Promise<unknown>): Promise<boolean> {
  try {
    return (await reading) === undefined;
  } catch (error) {
    if (error instanceof DamagedRecordError) return false;
    throw error;
  }
}
