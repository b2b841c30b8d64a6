import { Option } from 'commander';

import { listCertificates, type ListedCertificate } from '#administration/certificates/certificates';
import { crlReasonOf } from '#administration/certificates/issued';
import { defineCommand, jsonOption } from '#cli/command';
import { dateText, mapped } from '#cli/output';
import { runUseCase } from '#cli/run-use-case';

interface Given {
  readonly client?: string;
  readonly revoked?: true;
  readonly json?: true;
}

export const certificateList = defineCommand<Given>({
  usage: 'list',
  summary: 'list the certificates that clients had made',
  description:
    'What Certify and Re-certify made, whether its object is still there or not. AUTHORITY is certify-ca, or ca ' +
    'for what an older kmipd signed: clients trust that one for the server. Certificates that clients connect with ' +
    'are in kmipd client list.',
  examples: ['certificate list', 'certificate list --client my-array --revoked', 'certificate list --json'],
  options: [
    new Option('--client <name>', 'only those of this client'),
    new Option('--revoked', 'only those that are revoked'),
    jsonOption(),
  ],
  async run(invocation, { client, revoked, json }) {
    const { output } = invocation;
    const filters = { isRevoked: revoked === true, ...(client === undefined ? {} : { client }) };
    await runUseCase(invocation, listCertificates, filters, (certificates) =>
      json ? output.jsonItems(mapped(certificates, described)) : output.rows(headings, mapped(certificates, rowOf)),
    );
  },
});

const headings = ['SERIAL', 'CLIENT', 'OBJECT', 'AUTHORITY', 'STATE', 'VALID UNTIL', 'SUBJECT'];

function rowOf({ issued, client, state }: ListedCertificate): string[] {
  const { serial, object, authority, notAfter, subject } = issued;
  return [serial, client, object, authority, state, dateText(notAfter), subject];
}

function described({ issued: { notBefore, notAfter, revoked, ...issued }, client }: ListedCertificate) {
  return {
    ...issued,
    client,
    notBefore: dateText(notBefore),
    notAfter: dateText(notAfter),
    ...(revoked === undefined
      ? {}
      : { revoked: { at: dateText(revoked.at), reason: crlReasonOf(revoked.reason), by: revoked.by } }),
  };
}
