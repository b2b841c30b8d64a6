import { readFileSync } from 'node:fs';

import { Command } from 'commander';

/** The whole program; the README's table of commands is checked against it. */
export function createProgram(): Command {
  const program = new Command('kmipd')
    .description('A KMIP key management server and its administration')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .exitOverride()
    .showHelpAfterError('hint: kmipd --help lists the commands and options');
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
