import { defineCommand } from '#cli/command';
import { attributeLines, objectAt } from '#cli/object-text';
import { withWorkplace } from '#cli/workplace';
import { objectKind } from '#repository/object-record';
import { OperatorError } from '#operator-error';

export const objectShow = defineCommand<{ readonly id: string }>({
  usage: 'show <id>',
  summary: 'print the attributes of an object and who owns it',
  description: 'Never its key material.',
  examples: ['object show 0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d'],
  async run(invocation, { id }) {
    await withWorkplace(invocation, 'object show', async ({ store, now }, { clients }) => {
      const kept = await store.get(objectKind, id);
      if (kept === undefined) throw noObject(id);
      const owner = await clients.byId(kept.value.owner);
      invocation.output.line(`Client ${owner?.name ?? ''} (${kept.value.owner})`);
      for (const line of attributeLines(objectAt(kept.value, now()))) invocation.output.line(line);
    });
  },
});

export const noObject = (id: string): OperatorError =>
  new OperatorError(`there is no object ${JSON.stringify(id)}`, 'kmipd object list shows their identifiers');
