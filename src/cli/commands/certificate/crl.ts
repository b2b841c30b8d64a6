import { basename, dirname, join, resolve } from 'node:path';

import { InvalidArgumentError, Option } from 'commander';

import { makeRevocationLists } from '#administration/certificates/certificates';
import { certifyCrlName } from '#administration/certificates/crl-url';
import { replaceFile } from '#administration/files';
import { writeCrl } from '#certs/revocation-list';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';
import { OperatorError } from '#operator-error';

interface Given {
  readonly out: string;
  readonly certifyOut?: string;
  readonly format: 'pem' | 'der';
  readonly days: number;
}

export const crl = defineCommand<Given>({
  usage: 'crl',
  summary: 'write the lists of revoked certificates (CRL)',
  description:
    'Two lists, since each authority signs its own: of the clients that were enrolled, and, beside it as ' +
    'certify-FILE, of what clients have certified (Certify, Re-certify). Each names what its authority signed, was ' +
    'revoked and has not expired. Put them where --crl-url and --certify-crl-url point.',
  examples: ['crl --out /var/www/kmipd.crl --format der', 'crl --out kmipd.crl.pem --days 30'],
  options: [
    new Option('--out <file>', 'the file to write, or to replace').makeOptionMandatory(),
    new Option('--certify-out <file>', 'the file of the second list; certify-FILE beside the first when absent'),
    new Option('--format <format>', 'how they are encoded; the web wants der').choices(['pem', 'der']).default('pem'),
    new Option('--days <n>', 'when the next lists will be there at the latest').argParser(daysOf).default(7),
  ],
  async run(invocation, { out, certifyOut = join(dirname(out), certifyCrlName(basename(out))), format, days }) {
    if (resolve(out) === resolve(certifyOut)) {
      throw new OperatorError('--out and --certify-out name one file', 'each authority has a list of its own');
    }
    await runUseCase(invocation, makeRevocationLists, { days }, (lists) => {
      for (const { authority, list, number, size } of lists) {
        const file = authority === 'ca' ? out : certifyOut;
        replaceFile(resolve(file), format === 'der' ? list : writeCrl(list));
        invocation.output.line(file);
        invocation.output.note(`list ${number} names ${size} certificates`);
      }
    });
  },
});

function daysOf(text: string): number {
  if (/^[0-9]{1,3}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('it must be an integer from 1 to 999.');
}
