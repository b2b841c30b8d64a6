/** The names of clients, for lists that say whose each record is. */
import { DamagedRecordError } from '#store/engines/engine';
import type { Clients } from '#access/clients';

/** The maximum of remembered names. */
const remembered = 10_000;

/** Returns the function that gives a client's name, or its identifier when its record cannot be read. */
export function clientNames(clients: Pick<Clients, 'byId'>): (id: string) => Promise<string> {
  const names = new Map<string, string>();
  return async (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const name = (await clients.byId(id).catch(unlessDamaged))?.name ?? id;
    if (names.size >= remembered) names.clear();
    names.set(id, name);
    return name;
  };
}

function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof DamagedRecordError)) throw error;
}
