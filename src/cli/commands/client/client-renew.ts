import { boundCertificate, keyOptions, makeClientFiles, type KeyChoice } from '#cli/client-files';
import { defineCommand, outOption } from '#cli/command';
import { writeFilesFor } from '#cli/files';
import { assertNotOwn } from '#cli/own-identity';
import { withWorkplace } from '#cli/workplace';

interface Given extends KeyChoice {
  readonly name: string;
  readonly out: string;
}

export const clientRenew = defineCommand<Given>({
  usage: 'renew <name>',
  summary: 'make one more certificate and key for a client',
  description:
    'Writes the same files as client add. The certificates that the client has stay valid until they end or are ' +
    'revoked, and its objects stay its own, so that nothing stops while the product gets the new one.',
  examples: ['client renew my-array --out ./my-array-2'],
  scopes: ['issue'],
  options: [outOption(), ...keyOptions()],
  async run(invocation, { name, out, ...choice }) {
    await withWorkplace(invocation, 'client renew', async (workplace, { clients }) => {
      await clients.named(name);
      await assertNotOwn(workplace, name);
      const { certificate, files } = await makeClientFiles(name, workplace, choice);
      const bound = boundCertificate(certificate, workplace.authority);
      const paths = await writeFilesFor(out, files, () => clients.bind(name, bound));
      for (const path of paths) invocation.output.line(path);
    });
  },
});
