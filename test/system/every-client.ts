/** For servers without client records: every identifier is one of a client, with the quotas of the settings. */
import type { ClientRecord } from '#access/client-record';
import type { QuotaConfig } from '#access/quota';
import { loadConfig } from '#config';
import { clientFacts, type ClientFacts } from '#server/run/client-facts';

export interface EveryClient {
  readonly facts: ClientFacts;
  /** What is special about a client; `ids` gives these. */
  readonly records: Map<string, Partial<ClientRecord>>;
}

export const usualQuota: QuotaConfig = loadConfig({}, {});

export function everyClient(quota: Partial<QuotaConfig> = {}): EveryClient {
  const records = new Map<string, Partial<ClientRecord>>();
  const lookup = {
    clientOf: (id: string) => ({ id, name: id, created: 0, certificates: [], credentials: [], ...records.get(id) }),
    clientIds: () => records.keys(),
  };
  return { records, facts: clientFacts(lookup, { ...usualQuota, ...quota }) };
}
