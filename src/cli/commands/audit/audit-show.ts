import { InvalidArgumentError, Option } from 'commander';

import { isClientId, showTrail } from '#administration/audit/trail';
import { auditDirectory } from '#administration/places';
import type { AuditRecord } from '#audit/entry';
import { show, type Filters } from '#audit/show';
import { defineCommand, jsonOption } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

interface Given extends Filters {
  readonly json?: true;
}

export const auditShow = defineCommand<Given>({
  usage: 'show',
  summary: 'print the audit records of this data directory',
  description: 'In the order in which they were written. It needs no store and no root key, except to look up a name.',
  examples: [
    'audit show --client my-array --since 2026-01-31',
    'audit show --object 0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d',
    'audit show --operation Destroy --result OperationFailed --json',
  ],
  options: [
    new Option('--client <name>', "the client's name or identifier"),
    new Option('--object <id>', "the object's identifier"),
    new Option('--operation <name>', "an operation, as 'Get', or a command, as 'client add'"),
    new Option('--result <status>', 'a status or a reason'),
    new Option('--since <time>', 'not before this time, as 2026-01-31 or 2026-01-31T12:00:00Z').argParser(timeOf),
    new Option('--until <time>', 'not after this time').argParser(timeOf),
    jsonOption(),
  ],
  async run(invocation, { json, ...given }) {
    const filters = Object.fromEntries(
      filterNames.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
    );
    const print = async (records: AsyncIterable<AuditRecord>): Promise<void> => {
      for await (const record of records) invocation.output.line(json ? JSON.stringify(record) : textOf(record));
    };
    const directory = auditDirectory(invocation.config);
    // Only a name has to be looked up in the store.
    if (given.client === undefined || isClientId(given.client)) await print(show(directory, filters));
    else await runUseCase(invocation, showTrail, filters, print);
  },
});

const filterNames = ['client', 'object', 'operation', 'result', 'since', 'until'] as const;

function textOf({ time, kind, operation, status, reason, ...rest }: AuditRecord): string {
  const details = [
    rest.client === undefined ? '' : `client=${rest.client}`,
    rest.certificate === undefined ? '' : `certificate=${rest.certificate}`,
    rest.subject === undefined ? '' : `subject=${JSON.stringify(rest.subject)}`,
    rest.connection === undefined ? '' : `connection=${rest.connection}`,
    rest.peer === undefined ? '' : `peer=${rest.peer}`,
    rest.items === undefined ? '' : `for ${rest.items} items of the request`,
    rest.count === undefined ? '' : `and ${rest.count} more ${kind === 'connection' ? 'connections' : 'failures'}`,
    ...(rest.objects ?? []).map((object) => `object=${object}`),
    rest.omitted === undefined ? '' : `and ${rest.omitted} more objects`,
  ];
  return [time, kind, operation, status, reason, ...details]
    .filter((word) => word !== undefined && word !== '')
    .join(' ');
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('it must be a date, or a date and a time.');
  return time;
}
