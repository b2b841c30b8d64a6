import { bindClient } from '#administration/clients/enrol';
import { readInput } from '#administration/files';
import { maximumCertificateBytes, readCertificate } from '#certs/inspect';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

export const clientBind = defineCommand<{ readonly name: string; readonly certificate: string }>({
  usage: 'bind <name> <certificate>',
  summary: 'let a client use a certificate of its own, such as a self-signed one',
  description:
    'Only this very certificate is bound, and it does not matter who signed it. A client that is not there yet is ' +
    'added. Its key must be RSA with 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519. Refused are expired ' +
    'certificates, those of authorities unless self-signed, and those with a key of this server.',
  examples: ['client bind vcenter vcenter.pem'],
  async run(invocation, { name, certificate }) {
    const request = { name, certificate: readCertificate(readInput(certificate, maximumCertificateBytes)) };
    await runUseCase(invocation, bindClient, request, ({ fingerprint, warnings }) => {
      for (const warning of warnings) invocation.output.note(`warning: ${warning}`);
      invocation.output.line(fingerprint);
    });
  },
});
