import { Option } from 'commander';

import { listObjects } from '#administration/objects/objects';
import type { ObjectSummary } from '#administration/objects/object-view';
import { defineCommand, jsonOption } from '#cli/command';
import { mapped } from '#cli/output';
import { runUseCase } from '#cli/run-use-case';
import { stateText, type State } from '#objects/life-cycle';
import { enumerationRows } from '#protocol/enumeration-rows';

interface Given {
  readonly client?: string;
  readonly state?: string;
  readonly json?: true;
}

const states = (Object.keys(enumerationRows.State) as State[]).map(stateText);

export const objectList = defineCommand<Given>({
  usage: 'list',
  summary: 'list the objects of clients',
  description: 'Identifiers and attributes only, never key material.',
  examples: ['object list', 'object list --client my-array --state Active', 'object list --json'],
  options: [
    new Option('--client <name>', 'only those of this client'),
    new Option('--state <state>', 'only those in this state').choices(states),
    jsonOption(),
  ],
  async run(invocation, { json, ...filters }) {
    const { output } = invocation;
    await runUseCase(invocation, listObjects, filters, (objects) =>
      json
        ? output.jsonItems(objects)
        : output.rows(['ID', 'CLIENT', 'TYPE', 'STATE', 'ALGORITHM', 'LENGTH', 'NAMES'], mapped(objects, rowOf)),
    );
  },
});

function rowOf({ id, client, type, state = '', algorithm = '', length, names }: ObjectSummary): string[] {
  return [id, client, type, state, algorithm, String(length ?? ''), names.join(', ')];
}
