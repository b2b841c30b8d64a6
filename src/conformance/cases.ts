/**
 * The case files of a folder, in the order in which they depend on one another: folder by folder, `...-M-2` before
 * `...-M-10`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

export interface CaseFile {
  /** The file's name without `.xml`. */
  readonly name: string;
  /** The folder, relative to the one given. The cases of one folder run as one conversation with the server. */
  readonly folder: string;
  readonly path: string;
  /** What stands before `-M-` (mandatory) or `-O-` (optional). */
  readonly family: string;
}

const natural = new Intl.Collator('en', { numeric: true }).compare;

/** `*` stands for any characters, `?` for one. */
const globOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[^\w*?]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** @param only a glob over names, as in `SKLC-*`. */
export async function findCases(root: string, only?: string): Promise<CaseFile[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && file.name.endsWith('.xml'))
    .map((file) => caseAt(join(file.parentPath, file.name), root))
    .filter(({ name }) => only === undefined || globOf(only).test(name))
    .sort((one, other) => natural(one.folder, other.folder) || natural(one.name, other.name));
}

function caseAt(path: string, root: string): CaseFile {
  const name = basename(path, '.xml');
  return { name, folder: relative(root, dirname(path)), path, family: name.replace(/-[MO]-.*$/, '') };
}

export const readCase = (file: CaseFile): Promise<string> => readFile(file.path, 'utf8');
