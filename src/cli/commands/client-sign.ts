import { readRequest } from '#certs/request';
import { maximumRequestBytes } from '#certs/request-content';
import { boundCertificate, signClientRequest } from '#cli/client-files';
import { defineCommand, outOption } from '#cli/command';
import { readInput, writeFilesFor } from '#cli/files';
import { withWorkplace } from '#cli/workplace';

export const clientSign = defineCommand<{ readonly name: string; readonly request: string; readonly out: string }>({
  usage: 'sign <name> <request>',
  summary: 'sign the certificate request (PKCS#10) of a client',
  description:
    'Writes NAME.crt and ca.crt. A client that is there already gets one more certificate, which is how it ' +
    'renews: those it has stay valid, and its keys stay its own.',
  examples: ['client sign my-array request.pem --out ./my-array'],
  scopes: ['issue'],
  options: [outOption()],
  async run(invocation, { name, request, out }) {
    const asked = readRequest(readInput(request, maximumRequestBytes));
    await withWorkplace(
      invocation,
      'client sign',
      async ({ authority, config }, { clients }) => {
        const { certificate, files } = signClientRequest(name, asked, authority, config);
        const bound = boundCertificate(certificate, authority);
        const paths = await writeFilesFor(out, files, () => clients.bindOrAdd(name, bound));
        for (const path of paths) invocation.output.line(path);
      },
      { make: true },
    );
  },
});
