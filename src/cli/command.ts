/** How every command is declared: its settings come from the table, its help ends with examples. */
import { Command, Option } from 'commander';

import { createLog, type Log } from '#log';
import {
  loadConfig,
  propertyOf,
  settingNames,
  settings,
  variableOf,
  type Config,
  type Flags,
  type Scope,
} from '#config';

import { createOutput, type Output } from './output.ts';

export interface Invocation {
  readonly config: Config;
  readonly log: Log;
  readonly output: Output;
}

export interface CommandText {
  readonly summary: string;
  /** More for the help, beneath the summary. */
  readonly description?: string;
  /** Command lines without the leading `kmipd`. */
  readonly examples: readonly string[];
  /** Whose settings it takes besides those of the store. */
  readonly scopes?: readonly Scope[];
}

/** `usage` is the name with its arguments: 'add <name>'. */
export function defineCommand(usage: string, { summary, description, examples, scopes = [] }: CommandText): Command {
  const command = new Command();
  const [name = usage, ...rest] = usage.split(' ');
  command
    .name(name)
    .summary(summary)
    .description(description === undefined ? summary : `${summary}\n\n${description}`);
  for (const argument of rest) command.argument(argument);
  for (const option of settingOptions(['store', ...scopes])) command.addOption(option);
  return command.addHelpText('after', () => `\nExamples:\n${examples.map((line) => `  $ kmipd ${line}`).join('\n')}`);
}

/** A name for several commands. */
export function defineGroup(name: string, summary: string, commands: readonly Command[]): Command {
  const group = new Command(name).summary(summary).description(summary);
  for (const command of commands) group.addCommand(command);
  return group;
}

/** Reads the settings of the command line, the environment and the file, and makes what every command needs. */
export function invocationOf(command: Command): Invocation {
  const config = loadConfig(flagsOf(command));
  return {
    config,
    log: createLog({ level: config.logLevel, format: config.logFormat }),
    output: createOutput(process.stdout, process.stderr),
  };
}

function flagsOf(command: Command): Flags {
  const options = command.opts<Record<string, unknown>>();
  return Object.fromEntries(settingNames.map((name) => [name, options[propertyOf(name)]]));
}

function settingOptions(scopes: readonly Scope[]): Option[] {
  const taken = settingNames.filter((name) => settings[name].scopes.some((scope) => scopes.includes(scope)));
  return taken.map((name) => {
    const { type, help, default: byDefault } = settings[name];
    const value = type.placeholder === undefined ? '' : ` <${type.placeholder}>`;
    const known = byDefault === undefined || byDefault === false ? '' : `, default ${String(byDefault)}`;
    const option = new Option(`--${name}${value}`, `${help} (${variableOf(name)}${known})`).helpGroup('Settings:');
    return type.repeatable ? option.argParser((text, before: unknown) => [...listOf(before), text]) : option;
  });
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
