import { verifyTrail } from '#administration/audit/trail';
import type { Verdict } from '#audit/verify';
import { defineCommand, type Invocation } from '#cli/command';
import { OperatorError } from '#operator-error';

export const auditVerify = defineCommand({
  usage: 'verify',
  summary: 'check that no audit record of this data directory was changed or removed',
  description:
    'Names the first record that was changed, removed or inserted, and then ends with status 1. It needs the store ' +
    'and the root key, which hold the key of the records and how far each chain goes. Without them it checks what ' +
    'it can, says what it could not check, and ends with status 1. A server may run meanwhile.',
  examples: ['audit verify', 'audit verify --data /mnt/copy/kmipd-data --root-key-file /mnt/usb/root.key'],
  async run(invocation) {
    const { verdict, withoutStore: reason } = await verifyTrail(invocation);
    if (reason === undefined) report(invocation, verdict);
    else withoutStore(verdict, reason);
  },
});

function report({ output }: Invocation, verdict: Verdict): void {
  throwIfBroken(verdict);
  const { records, chains, open, old } = verdict;
  output.line(`${records} records in ${chains} chains are right`);
  for (const chain of open) output.note(`the chain ${chain} has no end yet`);
  if (old > 0) output.note(`${old} of the chains are from a version that made no MACs: only their ends are protected`);
}

function throwIfBroken({ broken, records }: Verdict): void {
  if (broken === undefined) return;
  const place = broken.line === 0 ? broken.file : `${broken.file}, line ${broken.line}`;
  throw new OperatorError(
    `the audit trail is broken: ${place}: ${broken.why}`,
    `${records} records before it are right; copy the directory and the store first, then find out who can write there`,
  );
}

function withoutStore(verdict: Verdict, reason: string): never {
  throwIfBroken(verdict);
  const { records, chains } = verdict;
  throw new OperatorError(
    `the audit trail could not be checked whole, since the store could not be opened: ${reason}`,
    `${records} records in ${chains} chains are there and in order, but only the store and its root key can tell whether ` +
      'records were changed, inserted or cut off: name them with --data or --store, and --root-key-file or --passphrase-file',
  );
}
