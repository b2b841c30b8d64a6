/** The README's tables, made from what the code reads: between `<!-- name -->` and `<!-- end -->`. */
import { createProgram } from '#cli/program';
import { commandsTable, markdownTable, settingsTable } from '#cli/documentation';
import { attributeRows, type AttributeRow } from '#objects/attributes';
import { operations } from '#operations/index';
import { versionText, type Range } from '#protocol/versions';

const versions = ({ since, until }: Range): string =>
  until === undefined ? `${versionText(since)} on` : `${versionText(since)} to ${versionText(until)}`;

/** Words apart: `GetAttributeList` is 'Get Attribute List'. */
const words = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');

const setters: { readonly [S in AttributeRow['setBy']]: string } = {
  client: 'client',
  server: 'server',
  either: 'client or server',
  creation: 'client, at creation',
};

export const tables: Readonly<Record<string, () => string>> = {
  commands: () => commandsTable(createProgram()),
  settings: settingsTable,
  operations: () =>
    markdownTable(
      ['operation', 'versions'],
      operations.map((operation) => [words(operation.name), versions(operation)]),
    ),
  attributes: () =>
    markdownTable(
      ['attribute', 'versions', 'values', 'set by', 'changed by the client', 'deleted by the client'],
      [...attributeRows.values()].map((row) => [
        row.name,
        versions(row),
        row.multiple ? 'several' : 'one',
        setters[row.setBy],
        row.modifiable === 'never' ? 'no' : 'yes',
        row.deletable ? 'yes' : 'no',
      ]),
    ),
};

const block = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end -->)`);

/** The document with all its tables as they should be. Throws when one is missing. */
export function withTables(document: string): string {
  let text = document;
  for (const [name, make] of Object.entries(tables)) {
    if (!block(name).test(text)) throw new Error(`the document has no place for the table of ${name}`);
    text = text.replace(block(name), (_, before: string, after: string) => `${before}\n${make()}\n\n${after}`);
  }
  return text;
}
