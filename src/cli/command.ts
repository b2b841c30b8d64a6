/** How every command is declared: its settings come from the table, its help ends with examples. */
import { Command, Option } from 'commander';

import type { Deliver } from '#administration/clients/enrol';
import { writeFilesFor } from '#administration/files';
import { createLog, type Log } from '#log';
import { loadConfig, propertyOf, settingNames, settings, variableOf, type Config, type Scope } from '#config';

import { createOutput, type Output } from './output.ts';

/** What every command runs with. */
export interface Invocation {
  readonly config: Config;
  readonly log: Log;
  readonly output: Output;
}

export interface CommandDefinition<Given> {
  /** The name and the arguments: 'add <name>'. */
  readonly usage: string;
  readonly summary: string;
  /** More for the help, beneath the summary. */
  readonly description?: string;
  /** Command lines without the leading `kmipd`. */
  readonly examples: readonly string[];
  /** Whose settings it takes besides those of the store. */
  readonly scopes?: readonly Scope[];
  readonly options?: readonly Option[];
  /** `given` holds the arguments and the command's own options by their names. */
  run(invocation: Invocation, given: Given): Promise<void>;
}

/** Makes a new command for each program: commander keeps what it parsed. */
export interface CommandMaker {
  (): Command;
  readonly examples: readonly string[];
}

export function defineCommand<Given>(definition: CommandDefinition<Given>): CommandMaker {
  return Object.assign(() => makeCommand(definition), { examples: definition.examples });
}

function makeCommand<Given>(definition: CommandDefinition<Given>): Command {
  const { usage, summary, description, examples, scopes = [], options = [], run } = definition;
  const [name = usage, ...words] = usage.split(' ');
  const command = new Command(name).summary(summary);
  command.description(description === undefined ? summary : `${summary}\n\n${description}`);
  for (const word of words) command.argument(word);
  for (const option of [...options, ...settingOptions(['store', ...scopes])]) command.addOption(option);
  showExamples(command, examples);
  return command.action(async () => {
    const values = command.opts<Record<string, unknown>>();
    const named = words.map((word, place) => [word.replace(/[<>[\]]/g, ''), command.args[place]]);
    await run(invocationWith(values), { ...values, ...Object.fromEntries(named) } as Given);
  });
}

/** A name for several commands. */
export function defineGroup(name: string, summary: string, commands: readonly CommandMaker[]): CommandMaker {
  const make = () => addCommands(new Command(name).summary(summary).description(summary), commands);
  return Object.assign(make, { examples: firstExamples(commands) });
}

/** Adds commands to a group or to the program, whose help then has an example of each. */
export function addCommands(parent: Command, commands: readonly CommandMaker[]): Command {
  for (const make of commands) parent.addCommand(make());
  return showExamples(parent, firstExamples(commands));
}

const firstExamples = (commands: readonly CommandMaker[]): string[] =>
  commands.flatMap(({ examples }) => examples.slice(0, 1));

const showExamples = (command: Command, examples: readonly string[]): Command =>
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ kmipd ${line}`).join('\n')}`);

/** Reads the settings from the command line, the environment and the file, and makes what every command needs. */
function invocationWith(values: Readonly<Record<string, unknown>>): Invocation {
  const config = loadConfig(Object.fromEntries(settingNames.map((name) => [name, values[propertyOf(name)]])));
  return {
    config,
    log: createLog({ level: config.logLevel, format: config.logFormat }),
    output: createOutput(process.stdout, process.stderr),
  };
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

/** Options that more than one command takes. */
export const outOption = (): Option =>
  new Option('--out <directory>', 'where the files are written').makeOptionMandatory();
/** How a use case delivers the files of a client: into the directory that --out names. */
export const filesIn =
  (directory: string): Deliver<readonly string[]> =>
  (files, purpose) =>
    writeFilesFor(directory, files, purpose);
export const jsonOption = (): Option => new Option('--json', 'print JSON');
