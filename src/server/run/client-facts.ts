/** What the server asks about clients while it works, beside whether they may connect. */
import type { ClientRecord } from '#access/client-record';
import { quotaOf, type QuotaConfig, type QuotaName } from '#access/quota';

export interface ClientFacts {
  /** 0 sets no bound. */
  quotaOf(client: string, name: QuotaName): number;
  /** Whether the server is to rotate the client's objects: not when it is revoked or gone, or an operator said no. */
  hasRotations(client: string): boolean;
  ids(): Iterable<string>;
}

/** The client records as they are in memory. */
export interface ClientLookup {
  clientOf(id: string): ClientRecord | undefined;
  clientIds(): Iterable<string>;
}

export const clientFacts = (lookup: ClientLookup, everybody: QuotaConfig): ClientFacts => ({
  quotaOf: (client, name) => quotaOf(lookup.clientOf(client)?.quota, name, everybody),
  hasRotations(client) {
    const record = lookup.clientOf(client);
    return record !== undefined && record.revoked === undefined && record.rotations !== 'off';
  },
  ids: () => lookup.clientIds(),
});
