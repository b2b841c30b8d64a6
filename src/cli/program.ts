import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { defineGroup } from './command.ts';
import { clientAdd } from './commands/client-add.ts';
import { clientBind } from './commands/client-bind.ts';
import { clientList } from './commands/client-list.ts';
import { clientRevoke } from './commands/client-revoke.ts';
import { clientSign } from './commands/client-sign.ts';
import { crl } from './commands/crl.ts';
import { serverCertRenew } from './commands/server-cert-renew.ts';

/** The whole program; the README's table of commands is checked against it. */
export function createProgram(): Command {
  const program = new Command('kmipd')
    .description('A KMIP key management server and its administration')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .exitOverride()
    .showHelpAfterError('hint: kmipd --help lists the commands and options');
  const commands = [
    defineGroup('client', 'clients and their certificates', [
      clientAdd,
      clientSign,
      clientBind,
      clientRevoke,
      clientList,
    ]),
    defineGroup('server-cert', "this server's own certificate", [serverCertRenew]),
    crl,
  ];
  for (const make of commands) program.addCommand(make());
  return inherit(program);
}

/** Commands that were built apart do not take their parent's manners over by themselves. */
function inherit(parent: Command): Command {
  for (const command of parent.commands) inherit(command.copyInheritedSettings(parent));
  return parent;
}

function version(): string {
  const manifest = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
