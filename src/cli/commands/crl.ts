import { resolve } from 'node:path';

import { InvalidArgumentError, Option } from 'commander';

import { takeCrlNumber } from '#access/authority-record';
import type { ClientRecord } from '#access/client-record';
import { createCrl, writeCrl, type Revocation } from '#certs/crl';
import { defineCommand } from '#cli/command';
import { replaceFile } from '#cli/files';
import { withWorkplace } from '#cli/workplace';

interface Given {
  readonly out: string;
  readonly format: 'pem' | 'der';
  readonly days: number;
}

const dayMs = 24 * 3600 * 1000;

export const crl = defineCommand<Given>({
  usage: 'crl',
  summary: 'write the list of revoked certificates (CRL)',
  description: 'It lists what this authority signed, was revoked and has not expired. Put it where --crl-url points.',
  examples: ['crl --out /var/www/kmipd.crl --format der', 'crl --out kmipd.crl.pem --days 30'],
  options: [
    new Option('--out <file>', 'the file to write, or to replace').makeOptionMandatory(),
    new Option('--format <format>', 'how it is encoded; the web wants der').choices(['pem', 'der']).default('pem'),
    new Option('--days <n>', 'when the next list will be there at the latest').argParser(daysOf).default(7),
  ],
  async run(invocation, { out, format, days }) {
    await withWorkplace(invocation, 'crl', async ({ authority, store, now }, { clients, alongside }) => {
      const number = await takeCrlNumber(store, () => alongside({}));
      const revocations: Revocation[] = [];
      for await (const client of clients.list()) revocations.push(...revocationsOf(client, now()));
      const thisUpdate = new Date(now());
      const nextUpdate = new Date(now() + days * dayMs);
      const list = createCrl(authority, revocations, { number: BigInt(number), thisUpdate, nextUpdate });
      replaceFile(resolve(out), format === 'der' ? list : writeCrl(list));
      invocation.output.line(out);
      invocation.output.note(`list ${number} names ${revocations.length} certificates`);
    });
  },
});

function daysOf(text: string): number {
  if (/^[0-9]{1,3}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('it must be an integer from 1 to 999.');
}

function revocationsOf({ certificates }: ClientRecord, now: number): Revocation[] {
  return certificates.flatMap(({ serial, revoked, issuedHere, notAfter }) =>
    issuedHere && revoked !== undefined && notAfter >= now
      ? [{ serialNumber: serial, revokedAt: new Date(revoked) }]
      : [],
  );
}
