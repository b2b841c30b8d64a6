import { maximumCertificateBytes, readCertificate, validityAt, factsOf } from '#certs/inspect';
import { boundCertificate } from '#cli/client-files';
import { defineCommand } from '#cli/command';
import { readInput } from '#cli/files';
import { withWorkplace } from '#cli/workplace';

export const clientBind = defineCommand<{ readonly name: string; readonly certificate: string }>({
  usage: 'bind <name> <certificate>',
  summary: 'let a client use a certificate of its own, such as a self-signed one',
  description: 'Only this very certificate is bound, whoever signed it. A client that is not there yet is added.',
  examples: ['client bind vcenter vcenter.pem'],
  async run(invocation, { name, certificate }) {
    const own = readCertificate(readInput(certificate, maximumCertificateBytes));
    await withWorkplace(
      invocation,
      'client bind',
      async ({ authority, now }, { clients }) => {
        const bound = boundCertificate(own, authority);
        await clients.bindOrAdd(name, bound);
        const validity = validityAt(factsOf(own), new Date(now()));
        if (validity !== 'valid') invocation.output.note(`warning: the certificate is ${validity}`);
        invocation.output.line(bound.fingerprint);
      },
      { make: true },
    );
  },
});
