import { signClient } from '#administration/clients/enrol';
import { readInput } from '#administration/files';
import { readRequest } from '#certs/request';
import { maximumRequestBytes } from '#certs/request-content';
import { defineCommand, filesIn, outOption } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

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
    const signed = {
      ...{ name, request: readRequest(readInput(request, maximumRequestBytes)) },
      deliver: filesIn(out),
    };
    await runUseCase(invocation, signClient, signed, ({ delivered, notGranted }) => {
      for (const path of delivered) invocation.output.line(path);
      if (notGranted.length > 0) {
        invocation.output.note(`the request also asked for ${notGranted.join(', ')}: not granted`);
      }
    });
  },
});
