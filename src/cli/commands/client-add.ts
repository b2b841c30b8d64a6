import { Option } from 'commander';

import { makeCredential } from '#access/credentials';
import { keyKinds, type KeyKind } from '#certs/keys';
import { boundCertificate, makeClientFiles } from '#cli/client-files';
import { defineCommand, outOption } from '#cli/command';
import { writeNewFiles } from '#cli/files';
import { readPassword } from '#cli/password-file';
import { withWorkplace } from '#cli/workplace';
import type { Pkcs12Format } from '#certs/pkcs12';

interface Given {
  readonly name: string;
  readonly out: string;
  readonly keyType: KeyKind;
  readonly p12Format: Pkcs12Format;
  readonly username?: string;
  readonly passwordFile?: string;
}

export const clientAdd = defineCommand<Given>({
  usage: 'add <name>',
  summary: 'add a client and make its certificate and key',
  description:
    'Writes NAME.crt, NAME.key, ca.crt, NAME.p12, NAME.p12.password and README.txt, and never over a file. ' +
    'With a user name and password the client has to give these in its requests beside its certificate only ' +
    'if it gives any; they are then checked.',
  examples: [
    'client add my-array --out ./my-array',
    'client add old-array --out ./old-array --key-type RSA-2048 --p12-format legacy',
    'client add vcenter --out ./vcenter --username vcenter --password-file ./password',
  ],
  scopes: ['issue'],
  options: [
    outOption(),
    new Option('--key-type <type>', 'the kind of key').choices(keyKinds).default('P-256'),
    new Option('--p12-format <format>', 'legacy for products that cannot read AES')
      .choices(['modern', 'legacy'])
      .default('modern'),
    new Option('--username <name>', 'a user name that the client may give in its requests'),
    new Option('--password-file <path>', 'the file with the password to it'),
  ],
  async run(invocation, { name, out, keyType, p12Format, username, passwordFile }) {
    const password = readPassword(username, passwordFile);
    const credentials = password === undefined ? [] : [await makeCredential(password.username, password.password)];
    await withWorkplace(
      invocation,
      'client add',
      async ({ authority, config }, { clients }) => {
        await clients.assertAvailable(name);
        const { certificate, files } = await makeClientFiles(name, authority, config, {
          keyKind: keyType,
          format: p12Format,
        });
        const written = writeNewFiles(out, files);
        try {
          await clients.add(name, { certificates: [boundCertificate(certificate, authority)], credentials });
        } catch (error) {
          written.undo();
          throw error;
        }
        for (const path of written.paths) invocation.output.line(path);
        invocation.output.note(`the client ${name} may connect; to try it: kmipd client test ${name} --dir ${out}`);
      },
      { make: true },
    );
  },
});
