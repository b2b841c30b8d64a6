import { Option } from 'commander';

import { revokeClient } from '#administration/clients/manage';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

export const clientRevoke = defineCommand<{ readonly name: string; readonly certificate?: string }>({
  usage: 'revoke <name>',
  summary: 'refuse a client from now on, and cut its sessions',
  description:
    'Running servers do so within two seconds. The objects of the client stay; kmipd object give hands them to ' +
    'another one. For clients of other servers, publish a new list of revocations: kmipd crl.',
  examples: ['client revoke my-array', 'client revoke my-array --certificate 5f0c...e1'],
  options: [new Option('--certificate <fingerprint>', 'only this certificate (SHA-256, hexadecimal)')],
  async run(invocation, { name, certificate }) {
    const fingerprint = certificate?.replaceAll(':', '').toLowerCase();
    const request = { name, ...(fingerprint === undefined ? {} : { fingerprint }) };
    await runUseCase(invocation, revokeClient, request, ({ isLost }) => {
      if (isLost) {
        invocation.output.note(
          'the record of the client was damaged: its certificates are not known any more, and no list of revocations has them',
        );
      }
      invocation.output.note(`revoked ${certificate === undefined ? `the client ${name}` : 'the certificate'}`);
    });
  },
});
