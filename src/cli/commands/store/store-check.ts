import { Option } from 'commander';

import { checkWholeStore } from '#administration/store/keep';
import { defineCommand, jsonOption } from '#cli/command';
import { mapped } from '#cli/output';
import { runUseCase } from '#cli/run-use-case';
import { OperatorError } from '#operator-error';
import type { Finding } from '#store/check-store';

interface Given {
  readonly json?: true;
  readonly repair?: true;
}

/** What can be done, by the kind of the record. */
const adviceByKind: Readonly<Record<string, string>> = {
  object: 'restore it from a backup; its owner is answered that it is damaged',
  client: 'restore it from a backup, or kmipd client revoke and add the client under another name; it is refused',
  'client-claim': 'nothing now: it is made again when its value is given to a client',
  meta: 'nothing now: it is made again by the next change of a client',
  ca: 'restore it from a backup: nothing can be signed without it',
  'creation-rules': 'restore it from a backup; its client can make no objects until then',
  audit: 'look for what happened at that time: the record of one change may be missing in the trail',
  usage: 'nothing now: the server counts again',
  'server-names': 'start every server again: each adds its names',
  lease: 'nothing now: it is made again by the server that runs the job',
  kind: 'nothing now: it says only that there are records of the kind',
  'data-key': 'nothing now: another data key is put into use by the next change',
};

export const storeCheck = defineCommand<Given>({
  usage: 'check',
  summary: 'read every record, and name what is damaged or missing',
  description:
    'Opens each record with its key material and compares its index entries with its value. Servers may run ' +
    'meanwhile, and work on with everything else. Ends with status 1 when something is damaged.',
  examples: ['store check', 'store check --json', 'store check --repair'],
  options: [
    jsonOption(),
    new Option('--repair', 'write the index entries of records that can be read; nothing else can be mended'),
  ],
  async run(invocation, { json, repair = false }) {
    const { output } = invocation;
    await runUseCase(invocation, checkWholeStore, { repair }, async ({ findings, records }) => {
      let damaged = 0;
      const found = mapped(findings, (finding) => {
        if (!finding.repaired) damaged++;
        return described(finding);
      });
      if (json) await output.jsonItems(found);
      else {
        const rows = mapped(found, ({ kind, id, what, advice }) => [kind, id, what, advice]);
        await output.rows(['KIND', 'ID', 'WHAT IS WRONG', 'WHAT CAN BE DONE'], rows);
      }
      if (damaged > 0) {
        throw new OperatorError(
          `${damaged} records or index entries are damaged or missing, of ${records()} records that were read`,
          'everything else works; see what can be done with each',
        );
      }
      output.note(`${records()} records are whole`);
    });
  },
});

function described({ kind, id, what, isIndex, repaired }: Finding) {
  const done = repaired ? 'nothing more: it was repaired' : 'kmipd store check --repair';
  return { kind, id, what, advice: isIndex ? done : (adviceByKind[kind] ?? 'restore it from a backup') };
}
