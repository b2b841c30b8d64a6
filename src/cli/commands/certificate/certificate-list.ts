import { Option } from 'commander';

import { clientNames } from '#cli/commands/object/object-list';
import { crlReasonOf } from '#cli/certified';
import { defineCommand, jsonOption } from '#cli/command';
import { dateText } from '#cli/output';
import { withWorkplace } from '#cli/workplace';
import { issuedKind, type IssuedCertificate } from '#repository/issued-record';

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
    await withWorkplace(invocation, 'certificate list', async (workplace, { clients }) => {
      const { store, now } = workplace;
      await workplace.certifyAuthority();
      const owner = client === undefined ? undefined : (await clients.named(client)).id;
      const names = await clientNames(clients);
      const found: IssuedCertificate[] = [];
      for await (const { value } of store.find(issuedKind, { terms: [] })) {
        const isAsked =
          (owner === undefined || value.client === owner) && (revoked !== true || value.revoked !== undefined);
        if (isAsked) found.push(value);
      }
      const nameOf = ({ client: id }: IssuedCertificate): string => names.get(id) ?? id;
      if (json) invocation.output.json(found.map((issued) => described(issued, nameOf(issued))));
      else {
        invocation.output.table(
          ['SERIAL', 'CLIENT', 'OBJECT', 'AUTHORITY', 'STATE', 'VALID UNTIL', 'SUBJECT'],
          found.map((issued) => [
            ...[issued.serial, nameOf(issued), issued.object, issued.authority],
            ...[stateOf(issued, now()), dateText(issued.notAfter), issued.subject],
          ]),
        );
      }
    });
  },
});

function stateOf({ revoked, notAfter }: IssuedCertificate, now: number): string {
  if (revoked !== undefined) return 'revoked';
  return now > notAfter ? 'expired' : 'valid';
}

function described({ notBefore, notAfter, revoked, ...issued }: IssuedCertificate, client: string) {
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
