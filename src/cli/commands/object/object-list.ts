import { Option } from 'commander';

import type { Clients } from '#access/clients';
import { defineCommand, jsonOption } from '#cli/command';
import { objectAt, summaryOf, type ObjectSummary } from '#cli/object-text';
import { withWorkplace } from '#cli/workplace';
import { stateText, type State } from '#objects/life-cycle';
import { enumerationRows } from '#protocol/enumeration-rows';
import { ownerTerm } from '#repository/index-terms';
import { objectKind } from '#repository/object-record';

interface Given {
  readonly client?: string;
  readonly state?: string;
  readonly json?: true;
}

const states = (Object.keys(enumerationRows.State) as State[]).map(stateText);

export const objectList = defineCommand<Given>({
  usage: 'list',
  summary: 'list the objects that clients keep here',
  description: 'Identifiers and attributes only, never key material.',
  examples: ['object list', 'object list --client my-array --state Active', 'object list --json'],
  options: [
    new Option('--client <name>', 'only those of this client'),
    new Option('--state <state>', 'only those in this state').choices(states),
    jsonOption(),
  ],
  async run(invocation, { client, state, json }) {
    await withWorkplace(invocation, 'object list', async ({ store, now }, { clients }) => {
      const terms = client === undefined ? [] : [ownerTerm(store.term, (await clients.named(client)).id)];
      const names = await clientNames(clients);
      async function* found(): AsyncGenerator<ObjectSummary> {
        for await (const { value } of store.find(objectKind, { terms })) {
          const summary = summaryOf(objectAt(value, now()), names);
          const isAsked =
            (client === undefined || summary.client === client) && (state === undefined || summary.state === state);
          if (isAsked) yield summary;
        }
      }
      async function* rows(): AsyncGenerator<string[]> {
        for await (const summary of found()) yield rowOf(summary);
      }
      if (json) await invocation.output.jsonItems(found());
      else await invocation.output.rows(['ID', 'CLIENT', 'TYPE', 'STATE', 'ALGORITHM', 'LENGTH', 'NAMES'], rows());
    });
  },
});

export async function clientNames(clients: Clients): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for await (const { id, name } of clients.list()) names.set(id, name);
  return names;
}

function rowOf({ id, client, type, state = '', algorithm = '', length, names }: ObjectSummary): string[] {
  return [id, client, type, state, algorithm, String(length ?? ''), names.join(', ')];
}
