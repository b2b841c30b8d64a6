/** The tables of the documents, made from what the code reads: between `<!-- name -->` and `<!-- end -->`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '#cli/program';
import { settingNames, settings, variableOf } from '#config';
import { attributeRows, type AttributeRow } from '#objects/attributes/attributes';
import { operations } from '#operations/registry/served';
import { versionText, type Range } from '#protocol/versions';
import { messages, type Message } from './messages.ts';

type Rows = readonly (readonly string[])[];

function table(heading: readonly string[], rows: Rows): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

const versions = ({ since, until }: Range): string =>
  until === undefined ? `${versionText(since)} on` : `${versionText(since)} to ${versionText(until)}`;

/** As in the specification: `GetAttributeList` is 'Get Attribute List', `MACVerify` 'MAC Verify', `ReKey` 'Re-key'. */
const words = (name: string): string =>
  name
    .replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ')
    .replace(/^Re ([A-Z])/, (_, letter: string) => `Re-${letter.toLowerCase()}`);

const setters: { readonly [S in AttributeRow['setBy']]: string } = {
  client: 'client',
  server: 'server',
  either: 'client or server',
  creation: 'client, at creation',
};

/** What is inserted differs; the text in angle brackets would be markup. */
const asCell = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('\n', ' ');

const messageRows = (isWanted: (message: Message) => boolean, cells: (message: Message) => readonly string[]): Rows =>
  messages.filter(isWanted).map((message) => [...cells(message).map(asCell), `\`${message.path}\``]);

const isLogged = ({ kind }: Message): boolean => kind.startsWith('log, ');
/** Results of requests have a Result Reason, every other error the name of its class. */
const isResult = (message: Message): boolean => !isLogged(message) && !message.kind.endsWith('Error');

function commandRows(command: Command, path: string): Rows {
  if (command.commands.length > 0)
    return command.commands.flatMap((each) => commandRows(each, `${path} ${each.name()}`));
  const names = command.registeredArguments.map((each) => (each.required ? `<${each.name()}>` : `[${each.name()}]`));
  return [[`\`${[path, ...names].join(' ')}\``, command.summary()]];
}

export const tables: Readonly<Record<string, () => string>> = {
  commands: () =>
    table(
      ['command', 'what it does'],
      commandRows(createProgram(), 'kmipd').filter(([name]) => !name?.includes(' help')),
    ),
  settings: () =>
    table(
      ['setting', 'variable', 'default', 'what it is'],
      settingNames.map((name) => {
        const { default: byDefault, help } = settings[name];
        return [`\`${name}\``, `\`${variableOf(name)}\``, byDefault === undefined ? '' : String(byDefault), help];
      }),
    ),
  operations: () =>
    table(
      ['operation', 'versions'],
      operations.map((operation) => [words(operation.name), versions(operation)]),
    ),
  attributes: () =>
    table(
      ['attribute', 'versions', 'values', 'set by', 'changed by the client', 'deleted by the client'],
      [...attributeRows.values()].map((row) => [
        row.name,
        versions(row),
        row.multiple ? 'several' : 'one',
        setters[row.setBy],
        row.modifiable === 'never' ? 'no' : row.modifiable === 'toFalse' ? 'to False' : 'yes',
        row.deletable ? 'yes' : 'no',
      ]),
    ),
  results: () =>
    table(
      ['Result Reason', 'message', 'source'],
      messageRows(isResult, ({ kind, text }) => [kind === '{}' ? 'that of the operation' : kind, text]),
    ),
  errors: () =>
    table(
      ['error', 'message', 'hint', 'source'],
      messageRows(
        (message) => !isResult(message) && !isLogged(message),
        ({ kind, text, hint }) => [kind, text, hint],
      ),
    ),
  logs: () =>
    table(
      ['level', 'message', 'source'],
      messageRows(isLogged, ({ kind, text }) => [kind.replace('log, ', ''), text]),
    ),
};

/** All documents, by path. */
export const documents: readonly string[] = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();

const blocks = /(<!-- (?!end)([a-z]+) -->\n)[^]*?(<!-- end -->)/g;

/** The names of the tables in the document. */
export const tablesIn = (document: string): string[] => [...document.matchAll(blocks)].map(([, , name = '']) => name);

/** The document with all its tables as they should be. Throws when it has a table that is not known. */
export const withTables = (document: string): string =>
  document.replace(blocks, (_, before: string, name: string, after: string) => {
    const make = tables[name];
    if (make === undefined) throw new Error(`the document has a table of ${name}, which is not known`);
    return `${before}\n${make()}\n\n${after}`;
  });
