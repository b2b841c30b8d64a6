import type { BoundCertificate, ClientRecord } from '#access/client-record';
import { defineCommand, jsonOption } from '#cli/command';
import { dateText } from '#cli/output';
import { limitsOf, usageOf } from './client-show.ts';
import { withWorkplace } from '#cli/workplace';

export const clientList = defineCommand<{ readonly json?: true }>({
  usage: 'list',
  summary: 'list the clients and their certificates',
  examples: ['client list', 'client list --json'],
  scopes: ['quota'],
  options: [jsonOption()],
  async run(invocation, { json }) {
    await withWorkplace(invocation, 'client list', async ({ config, store, now }, { clients }) => {
      const found: ClientRecord[] = [];
      const damaged: string[] = [];
      for await (const client of clients.list(({ id }) => void damaged.push(id))) found.push(client);
      found.sort((a, b) => (a.name < b.name ? -1 : 1));
      if (json) {
        const all: object[] = [];
        for (const client of found)
          all.push({ ...described(client), ...limitsOf(client, await usageOf(store, client), config) });
        for (const id of damaged) all.push({ id, damaged: true });
        invocation.output.json(all);
      } else {
        invocation.output.table(
          ['NAME', 'STATE', 'CERTIFICATE', 'VALID UNTIL', 'USER NAMES'],
          [...found.flatMap((client) => rowsOf(client, now())), ...damaged.map((id) => [id, 'damaged', 'unreadable'])],
        );
      }
      if (damaged.length === 0) return;
      const clientRecords = `${damaged.length} client records are damaged, and their clients are refused`;
      invocation.output.note(`${clientRecords}: kmipd store check`);
    });
  },
});

function rowsOf(client: ClientRecord, now: number): string[][] {
  const usernames = client.credentials.map(({ username }) => username).join(', ');
  const state = client.revoked === undefined ? 'active' : 'revoked';
  if (client.certificates.length === 0) return [[client.name, state, 'none', '', usernames]];
  return client.certificates.map((certificate, place) => [
    place === 0 ? client.name : '',
    place === 0 ? state : '',
    `${certificate.fingerprint.slice(0, 16)} ${stateOf(certificate, now)}`,
    dateText(certificate.notAfter),
    place === 0 ? usernames : '',
  ]);
}

function stateOf({ revoked, notBefore, notAfter }: BoundCertificate, now: number): string {
  if (revoked !== undefined) return 'revoked';
  if (now < notBefore) return 'not yet valid';
  return now > notAfter ? 'expired' : 'valid';
}

/** Everything but the hashes of passwords. */
function described({ id, name, created, revoked, certificates, credentials, passwordRequired }: ClientRecord) {
  return {
    id,
    name,
    created: dateText(created),
    ...(revoked === undefined ? {} : { revoked: dateText(revoked) }),
    certificates: certificates.map((certificate) => ({
      ...certificate,
      notBefore: dateText(certificate.notBefore),
      notAfter: dateText(certificate.notAfter),
      ...(certificate.revoked === undefined ? {} : { revoked: dateText(certificate.revoked) }),
    })),
    usernames: credentials.map(({ username }) => username),
    passwordRequired: passwordRequired === true,
  };
}
