import type { ClientRecord } from '#access/client-record';
import { quotaNames, quotaOf, type QuotaName } from '#access/quota';
import { defineCommand, jsonOption } from '#cli/command';
import { dateText } from '#cli/output';
import { withWorkplace } from '#cli/workplace';
import type { Config } from '#config';
import type { Store } from '#store/store';
import { usageKind, type UsageRecord } from '#store/usage-record';

const words: { readonly [N in QuotaName]: string } = {
  objects: 'objects',
  bytes: 'bytes',
  requestsPerSecond: 'requests per second',
  requestsBurst: 'requests at once',
};

export const clientShow = defineCommand<{ readonly name: string; readonly json?: true }>({
  usage: 'show <name>',
  summary: "print a client's quotas, and what it uses of them",
  description:
    'Where the client has no number of its own, that of the settings is printed as this command reads them: flags of ' +
    'kmipd serve are not known here. What is used is what servers had counted a second ago.',
  examples: ['client show my-array', 'client show my-array --json'],
  scopes: ['quota'],
  options: [jsonOption()],
  async run(invocation, { name, json }) {
    await withWorkplace(invocation, 'client show', async ({ config, store }, { clients }) => {
      const client = await clients.named(name);
      const used = await usageOf(store, client);
      if (json) return invocation.output.json({ id: client.id, name, ...limitsOf(client, used, config) });
      invocation.output.table(
        ['QUOTA', 'LIMIT', 'FROM', 'USED'],
        quotaNames.map((each) => [
          words[each],
          boundText(quotaOf(client.quota, each, config)),
          client.quota?.[each] === undefined ? 'settings' : 'client',
          each === 'objects' || each === 'bytes' ? (used === undefined ? 'not counted yet' : String(used[each])) : '',
        ]),
      );
      invocation.output.line(`rotations: ${client.rotations ?? 'on'}`);
    });
  },
});

const boundText = (value: number): string => (value === 0 ? 'none' : String(value));

export const usageOf = async (store: Store, { id }: ClientRecord): Promise<UsageRecord | undefined> =>
  (await store.get(usageKind, id))?.value;

/** For JSON: the numbers that hold, which of them are the client's own, and what is used; null when nobody counted yet. */
export function limitsOf({ quota, rotations }: ClientRecord, used: UsageRecord | undefined, config: Config) {
  return {
    quota: Object.fromEntries(quotaNames.map((name) => [name, quotaOf(quota, name, config)])),
    ownQuota: quota ?? {},
    used: used === undefined ? null : { objects: used.objects, bytes: used.bytes, counted: dateText(used.counted) },
    rotations: rotations ?? 'on',
  };
}
