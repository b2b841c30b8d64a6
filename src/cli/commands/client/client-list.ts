import type { BoundCertificate } from '#access/client-record';
import { listClients, type ClientView, type DamagedClient } from '#administration/clients/look-up';
import { defineCommand, jsonOption } from '#cli/command';
import { dateText, flatMapped, mapped } from '#cli/output';
import { runUseCase } from '#cli/run-use-case';

export const clientList = defineCommand<{ readonly json?: true }>({
  usage: 'list',
  summary: 'list the clients and their certificates',
  examples: ['client list', 'client list --json'],
  scopes: ['quota'],
  options: [jsonOption()],
  async run(invocation, { json }) {
    const { output } = invocation;
    await runUseCase(invocation, listClients, undefined, async (clients) => {
      let damaged = 0;
      const counted = mapped(clients, (client) => {
        if ('damaged' in client) damaged++;
        return client;
      });
      if (json) await output.jsonItems(mapped(counted, described));
      else {
        const rows = flatMapped(counted, (client) => rowsOf(client, Date.now()));
        await output.rows(['NAME', 'STATE', 'CERTIFICATE', 'VALID UNTIL', 'USER NAMES'], rows);
      }
      if (damaged === 0) return;
      output.note(`${damaged} client records are damaged, and their clients are refused: kmipd store check`);
    });
  },
});

function rowsOf(client: ClientView | DamagedClient, now: number): string[][] {
  if ('damaged' in client) return [[client.id, 'damaged', 'unreadable']];
  const usernames = client.usernames.join(', ');
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

function described(client: ClientView | DamagedClient) {
  if ('damaged' in client) return client;
  const { id, name, created, revoked, certificates, usernames, passwordRequired, limits } = client;
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
    usernames,
    passwordRequired,
    ...limits,
  };
}
