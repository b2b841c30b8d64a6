import { Option } from 'commander';

import { makeCredential } from '#access/credentials';
import { addClient } from '#administration/clients/enrol';
import type { KeyChoice } from '#administration/clients/client-files';
import { defineCommand, filesIn, outOption } from '#cli/command';
import { keyOptions } from '#cli/key-options';
import { readPassword } from '#cli/password-file';
import { runUseCase } from '#cli/run-use-case';
import { OperatorError } from '#operator-error';

interface Given extends KeyChoice {
  readonly name: string;
  readonly out: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly requirePassword?: true;
}

export const clientAdd = defineCommand<Given>({
  usage: 'add <name>',
  summary: 'add a client and make its certificate and key',
  description:
    'Writes NAME.crt, NAME.key, ca.crt, certify-ca.crt, NAME.p12, NAME.p12.password and README.txt, and never over ' +
    'a file. A user name and password that the client gives in its requests beside its certificate are checked. ' +
    'With --require-password it must give them in every request but Query and Discover Versions.',
  examples: [
    'client add my-array --out ./my-array',
    'client add old-array --out ./old-array --key-type RSA-2048 --p12-format legacy',
    'client add vcenter --out ./vcenter --username vcenter --password-file ./password',
    'client add bank --out ./bank --username bank --password-file ./password --require-password',
  ],
  scopes: ['issue'],
  options: [
    outOption(),
    ...keyOptions(),
    new Option('--username <name>', 'a user name that the client may give in its requests'),
    new Option('--password-file <path>', 'the file with the password to it'),
    new Option('--require-password', 'refuse requests without this user name and password'),
  ],
  async run(invocation, { name, out, username, passwordFile, requirePassword, ...choice }) {
    const password = readPassword(username, passwordFile);
    if (requirePassword && password === undefined) {
      throw new OperatorError(
        '--require-password needs a user name and password',
        'add --username and --password-file',
      );
    }
    const credential = password && (await makeCredential(password.username, password.password));
    const request = {
      ...{ name, ...choice, requirePassword: requirePassword === true },
      ...(credential === undefined ? {} : { credential }),
      deliver: filesIn(out),
    };
    await runUseCase(invocation, addClient, request, (paths) => {
      for (const path of paths) invocation.output.line(path);
      invocation.output.note(`the client ${name} may connect; to try it: kmipd client test ${name} --dir ${out}`);
    });
  },
});
