import { quotaNames, type QuotaName } from '#access/quota';
import { showClient, type LimitsView } from '#administration/clients/look-up';
import { defineCommand, jsonOption } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

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
    'kmipd serve are unknown to it. What is used is what servers had counted a second ago.',
  examples: ['client show my-array', 'client show my-array --json'],
  scopes: ['quota'],
  options: [jsonOption()],
  async run(invocation, { name, json }) {
    const { output } = invocation;
    await runUseCase(invocation, showClient, name, ({ id, limits }) => {
      if (json) return output.json({ id, name, ...limits });
      output.table(
        ['QUOTA', 'LIMIT', 'FROM', 'USED'],
        quotaNames.map((each) => [
          words[each],
          boundText(limits.quota[each]),
          limits.ownQuota[each] === undefined ? 'settings' : 'client',
          usedText(each, limits.used),
        ]),
      );
      output.line(`rotations: ${limits.rotations}`);
    });
  },
});

function usedText(name: QuotaName, used: LimitsView['used']): string {
  if (name !== 'objects' && name !== 'bytes') return '';
  return used === null ? 'not counted yet' : String(used[name]);
}

const boundText = (value: number): string => (value === 0 ? 'none' : String(value));
