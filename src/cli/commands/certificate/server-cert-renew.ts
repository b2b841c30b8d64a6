import { renewOwnCertificate } from '#administration/certificates/certificates';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

export const serverCertRenew = defineCommand({
  usage: 'renew',
  summary: "issue a new certificate for this machine's server",
  description:
    'It holds the names of the one before and those given with --server-name. A running server shows it within ' +
    'two seconds; sessions go on.',
  examples: ['server-cert renew', 'server-cert renew --server-name kms.example.org --server-name 192.0.2.7'],
  scopes: ['server-certificate'],
  async run(invocation) {
    await runUseCase(invocation, renewOwnCertificate, undefined, ({ path, names }) => {
      invocation.output.line(path);
      invocation.output.note(`the certificate names ${names.join(', ')}`);
    });
  },
});
