import { showObject } from '#administration/objects/objects';
import { defineCommand } from '#cli/command';
import { attributeLines } from '#cli/object-text';
import { runUseCase } from '#cli/run-use-case';

export const objectShow = defineCommand<{ readonly id: string }>({
  usage: 'show <id>',
  summary: 'print the attributes of an object and who owns it',
  description: 'Never its key material.',
  examples: ['object show 0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d'],
  async run(invocation, { id }) {
    await runUseCase(invocation, showObject, id, ({ object, client = '' }) => {
      invocation.output.line(`Client ${client} (${object.owner})`);
      for (const line of attributeLines(object)) invocation.output.line(line);
    });
  },
});
