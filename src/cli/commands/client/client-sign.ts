import { readRequest } from '#certs/request';
import { maximumRequestBytes } from '#certs/request-content';
import { boundCertificate, notGranted, signClientRequest } from '#cli/client-files';
import { defineCommand, outOption } from '#cli/command';
import { readInput, writeFilesFor } from '#cli/files';
import { assertNotOwn } from '#cli/own-identity';
import { withWorkplace } from '#cli/workplace';

export const clientSign = defineCommand<{ readonly name: string; readonly request: string; readonly out: string }>({
  usage: 'sign <name> <request>',
  summary: 'sign the certificate request (PKCS#10) of a client',
  description:
    'Writes NAME.crt, ca.crt and certify-ca.crt. The certificate is for the key of the request, under NAME alone: ' +
    'other names that the request asks for are not granted, and printed. A client that is there already gets one ' +
    'more certificate, which is how it renews: those it has stay valid, and its keys stay its own.',
  examples: ['client sign my-array request.pem --out ./my-array'],
  scopes: ['issue'],
  options: [outOption()],
  async run(invocation, { name, request, out }) {
    const asked = readRequest(readInput(request, maximumRequestBytes));
    await withWorkplace(
      invocation,
      'client sign',
      async (workplace, { clients }) => {
        await assertNotOwn(workplace, name, asked.publicKey);
        const left = notGranted(name, asked);
        const { certificate, files } = await signClientRequest(name, asked, workplace);
        const bound = boundCertificate(certificate, workplace.authority);
        const paths = await writeFilesFor(out, files, () => clients.bindOrAdd(name, bound));
        for (const path of paths) invocation.output.line(path);
        if (left.length > 0) invocation.output.note(`the request also asked for ${left.join(', ')}: not granted`);
      },
      { make: true },
    );
  },
});
