import { maximumCertificateBytes, readCertificate } from '#certs/inspect';
import { boundCertificate } from '#cli/client-files';
import { assertBindable } from '#cli/bindable';
import { defineCommand } from '#cli/command';
import { readInput } from '#cli/files';
import { withWorkplace } from '#cli/workplace';

export const clientBind = defineCommand<{ readonly name: string; readonly certificate: string }>({
  usage: 'bind <name> <certificate>',
  summary: 'let a client use a certificate of its own, such as a self-signed one',
  description:
    'Only this very certificate is bound, and it does not matter who signed it. A client that is not there yet is ' +
    'added. Its key must be RSA with 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519. Refused are expired ' +
    'certificates, those of authorities unless self-signed, and those with a key of this server.',
  examples: ['client bind vcenter vcenter.pem'],
  async run(invocation, { name, certificate }) {
    const own = readCertificate(readInput(certificate, maximumCertificateBytes));
    await withWorkplace(
      invocation,
      'client bind',
      async (workplace, { clients }) => {
        const warnings = await assertBindable(workplace, own);
        const bound = boundCertificate(own, workplace.authority);
        await clients.bindOrAdd(name, bound);
        for (const warning of warnings) invocation.output.note(`warning: ${warning}`);
        invocation.output.line(bound.fingerprint);
      },
      { make: true },
    );
  },
});
