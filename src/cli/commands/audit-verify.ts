import { verify } from '#audit/verify';
import { defineCommand } from '#cli/command';
import { CommandError } from '#cli/output';

import { auditDirectory } from './audit-show.ts';

export const auditVerify = defineCommand({
  usage: 'verify',
  summary: 'check that no audit record of this data directory was changed or removed',
  description:
    'Names the first broken record, and then ends with status 1. It needs no store and no root key. What it ' +
    'cannot notice is the loss of the newest records of a chain that still runs or was killed.',
  examples: ['audit verify', 'audit verify --data /mnt/copy/kmipd-data'],
  async run(invocation) {
    const { broken, records, chains, open } = await verify(auditDirectory(invocation), Date.now());
    if (broken !== undefined) {
      const place = broken.line === 0 ? broken.file : `${broken.file}, line ${broken.line}`;
      throw new CommandError(
        `the audit trail is broken: ${place}: ${broken.why}`,
        `${records} records before it are right`,
      );
    }
    invocation.output.line(`${records} records in ${chains} chains are right`);
    for (const chain of open) invocation.output.note(`the chain ${chain} has no end yet`);
  },
});
