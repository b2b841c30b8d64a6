import { Option } from 'commander';

import { giveObject } from '#administration/objects/objects';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

export const objectGive = defineCommand<{ readonly id: string; readonly to: string }>({
  usage: 'give <id>',
  summary: 'make another client the owner of an object',
  description: 'The client that had it loses every right to it, with the next request.',
  examples: ['object give 0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d --to new-array'],
  options: [new Option('--to <name>', 'the client that gets it').makeOptionMandatory()],
  async run(invocation, { id, to }) {
    await runUseCase(invocation, giveObject, { id, to }, () => invocation.output.note(`${id} belongs to ${to}`));
  },
});
