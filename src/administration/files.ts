/**
 * Files that commands write: they never replace another file, they are written whole or not at all, and only their
 * owner can read secrets.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { DiskError, diskError } from '#store/engines/disk-error';
import { syncDirectoryNow } from '#store/sync-directory';
import { OperatorError } from '#operator-error';

export interface NewFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** A file with the same content may exist already: `ca.crt` is the same for all clients. */
  readonly shared?: true;
}

/** Only its owner may read it. The secrets in it have their own modes. */
export function makeDataDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(path, error);
  }
}

interface WrittenFiles {
  readonly paths: readonly string[];
  /** Removes the written files. */
  undo(): void;
}

/** Writes all files or, when one exists or cannot be written, none. Files have mode 0600. */
function writeNewFiles(directory: string, files: readonly NewFile[]): WrittenFiles {
  const stray = files.find(({ name }) => basename(name) !== name);
  if (stray !== undefined) throw new OperatorError(`${JSON.stringify(stray.name)} is not a valid file name`);
  makeDataDirectory(directory);
  const wanted = files.map((file) => ({ ...file, path: join(directory, file.name) }));
  const missing = wanted.filter(({ path, content, shared }) => {
    if (!existsSync(path)) return true;
    if (shared && readFileSync(path).equals(Buffer.from(content as Uint8Array))) return false;
    throw new OperatorError(`${path} exists already`, 'name another directory with --out, or move the file away');
  });
  const written: string[] = [];
  const undo = () => written.forEach((path) => rmSync(path));
  try {
    for (const { path, content } of missing) {
      writeSynced(path, content, () => written.push(path));
    }
    syncDirectoryNow(directory);
  } catch (error) {
    undo();
    throw unwritable(directory, error);
  }
  return { paths: wanted.map(({ path }) => path), undo };
}

/**
 * Writes files into the directory, then runs `purpose`. When that fails, the files are removed again. Returns their
 * paths.
 */
export async function writeFilesFor(
  directory: string,
  files: readonly NewFile[],
  purpose: () => Promise<unknown>,
): Promise<readonly string[]> {
  const { paths, undo } = writeNewFiles(directory, files);
  try {
    await purpose();
  } catch (error) {
    undo();
    throw error;
  }
  return paths;
}

/** Replaces a file in one step, which is durable at the return. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeSynced(draft, content);
    renameSync(draft, path);
    syncDirectoryNow(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw unwritable(dirname(path), error);
  }
}

/** In bytes, for certificates with their chain and their key. */
export const maximumPemFile = 256 * 1024;

/**
 * Reads a file that an operator named.
 * @param maximum in bytes.
 */
export function readInput(path: string, maximum: number): Buffer {
  try {
    const { size } = statSync(path);
    if (size > maximum) throw new OperatorError(`${path} has ${size} bytes, at most ${maximum} are read`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw unusable(error, path, 'read');
  }
}

function writeSynced(path: string, content: string | Uint8Array, onOpen: () => void = () => {}): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    onOpen();
    const bytes = Buffer.from(content as Uint8Array);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unwritable(directory: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return unusable(error, directory, 'written to');
}

function unusable(error: unknown, path: string, how: string): OperatorError {
  const known = diskError(error, '', path);
  if (known instanceof DiskError) return new OperatorError(`${path} cannot be ${how}: ${known.says}`, known.hint);
  return new OperatorError(`${path} cannot be ${how}: ${reasonOf(error)}`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    {
      ENOENT: 'not found',
      EBUSY: 'something is mounted there',
      EISDIR: 'it is a directory',
    }[code ?? ''] ?? message
  );
}
