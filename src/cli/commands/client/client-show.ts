import type { ClientRecord } from '#access/client-record';
import { quotaNames, quotaOf, type QuotaName } from '#access/quota';
import { defineCommand, jsonOption } from '#cli/command';
import { withWorkplace } from '#cli/workplace';
import type { Config } from '#config';
import type { Store } from '#store/store';
import { keptUsage, type UsageRecord } from '#repository/usage-record';

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
          usedText(each, used),
        ]),
      );
      invocation.output.line(`rotations: ${client.rotations ?? 'on'}`);
    });
  },
});

function usedText(name: QuotaName, used: UsageRecord | undefined): string {
  if (name !== 'objects' && name !== 'bytes') return '';
  if (used === undefined) return 'not counted yet';
  return String(name === 'objects' ? used.objects + used.removed : used.bytes);
}

const boundText = (value: number): string => (value === 0 ? 'none' : String(value));

export const usageOf = async (store: Store, { id }: ClientRecord): Promise<UsageRecord | undefined> =>
  (await keptUsage(store, id))?.value;

/**
 * For JSON: the numbers that hold, which of them are the client's own, and what is used; null when nobody counted yet.
 */
export function limitsOf({ quota, rotations }: ClientRecord, used: UsageRecord | undefined, config: Config) {
  return {
    quota: Object.fromEntries(quotaNames.map((name) => [name, quotaOf(quota, name, config)])),
    ownQuota: quota ?? {},
    used:
      used === undefined ? null : { objects: used.objects + used.removed, removed: used.removed, bytes: used.bytes },
    rotations: rotations ?? 'on',
  };
}
