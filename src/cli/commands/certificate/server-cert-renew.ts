import { defineCommand } from '#cli/command';
import { renewServerCertificate } from '#cli/serving/server-certificate';
import { placesIn, withWorkplace } from '#cli/workplace';

export const serverCertRenew = defineCommand({
  usage: 'renew',
  summary: "issue a new certificate for this machine's server",
  description:
    'It holds the names of the one before and those given with --server-name. A running server shows it within ' +
    'two seconds; sessions go on.',
  examples: ['server-cert renew', 'server-cert renew --server-name kms.example.org --server-name 192.0.2.7'],
  scopes: ['server-certificate'],
  async run(invocation) {
    await withWorkplace(
      invocation,
      'server-cert renew',
      async ({ authority, config, now }) => {
        const names = await renewServerCertificate(config, authority, new Date(now()));
        invocation.output.line(placesIn(config.data).serverCertificate);
        invocation.output.note(`the certificate names ${names.join(', ')}`);
      },
      { make: true },
    );
  },
});
