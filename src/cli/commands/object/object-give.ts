import { Option } from 'commander';

import { defineCommand } from '#cli/command';
import { withWorkplace } from '#cli/workplace';
import { ConflictError } from '#store/engines/engine';
import { objectKind } from '#repository/object-record';
import { update } from '#store/store';
import { usageMoved } from '#repository/usage-record';
import { OperatorError } from '#operator-error';

import { noObject } from './object-show.ts';

const maximumAttempts = 20;

export const objectGive = defineCommand<{ readonly id: string; readonly to: string }>({
  usage: 'give <id>',
  summary: 'make another client the owner of an object',
  description: 'The client that had it loses every right to it, with the next request.',
  examples: ['object give 0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d --to new-array'],
  options: [new Option('--to <name>', 'the client that gets it').makeOptionMandatory()],
  async run(invocation, { id, to }) {
    await withWorkplace(invocation, 'object give', async ({ store }, { clients, alongside }) => {
      const receiver = await clients.named(to);
      if (receiver.revoked !== undefined) throw new OperatorError(`the client ${JSON.stringify(to)} is revoked`);
      for (let attempts = 1; ; attempts++) {
        const kept = await store.get(objectKind, id);
        if (kept === undefined) throw noObject(id);
        const given = update(kept, { ...kept.value, owner: receiver.id });
        try {
          await store.commit([
            given,
            ...(await usageMoved(store, kept, receiver.id)),
            ...alongside({ client: receiver.id, objects: [id] }),
          ]);
          break;
        } catch (error) {
          if (!(error instanceof ConflictError) || attempts === maximumAttempts) throw error;
        }
      }
      invocation.output.note(`${id} belongs to ${to}`);
    });
  },
});
