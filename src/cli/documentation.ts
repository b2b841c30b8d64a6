/** What the README says of settings and commands, made from what is true of them. */
import type { Command } from 'commander';

import { settingNames, settings, variableOf } from '#config';

/** A Markdown table: flag, variable, default, meaning. */
export function settingsTable(): string {
  const rows = settingNames.map((name) => {
    const { type, help, default: byDefault } = settings[name];
    const value = type.placeholder === undefined ? '' : ` <${type.placeholder}>`;
    const known = byDefault === undefined ? '' : `\`${String(byDefault)}\``;
    return [`\`--${name}${value.replaceAll('|', '\\|')}\``, `\`${variableOf(name)}\``, known, help];
  });
  return markdownTable(['Flag', 'Variable', 'Default', 'Meaning'], rows);
}

/** A Markdown table: command, what it does. */
export function commandsTable(program: Command): string {
  const rows = leaves(program).map(({ command, path }) => {
    const words = command.registeredArguments.map((argument) => `<${argument.name()}>`);
    return [`\`${['kmipd', ...path, ...words].join(' ')}\``, command.summary()];
  });
  return markdownTable(['Command', 'What it does'], rows);
}

export interface Leaf {
  readonly command: Command;
  /** Its name after those of its groups. */
  readonly path: readonly string[];
}

/** Every command that does something, in the order of the help. */
export function leaves(parent: Command, above: readonly string[] = []): Leaf[] {
  return parent.commands.flatMap((command) => {
    const path = [...above, command.name()];
    return command.commands.length > 0 ? leaves(command, path) : [{ command, path }];
  });
}

function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
