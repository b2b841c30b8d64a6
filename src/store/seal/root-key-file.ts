/**
 * A root key in a file: 32 bytes as 64 hexadecimal digits, as base64 (white space around it is ignored), or raw. What
 * is made by kmipd is hexadecimal, with mode 0600.
 *
 * A change of the root key in place is prepared in FILE.CHECK, named after the new key's check value, committed to the
 * store, and then renamed to FILE. After a crash in between, the store's lock says which of the two is its key, and the
 * rename is made up for. No two changes share a prepared file, so none can take away the other's.
 */
import { randomBytes as nodeRandomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskError } from '#store/engines/disk-error';
import { syncDirectory } from '#store/sync-directory';
import { OperatorError } from '#operator-error';
import { fits } from './root-key.ts';
import type { RandomBytes, RootKeySource } from './root-key.ts';
import { checkValue, keyLength } from './root-record.ts';

export interface RootKeyFileOptions {
  readonly randomBytes?: RandomBytes;
  readonly log?: { warn(message: string): unknown };
}

const longestFile = 1024;

export function rootKeyFile(path: string, options: RootKeyFileOptions = {}): RootKeySource {
  const { randomBytes = nodeRandomBytes, log } = options;
  const preparedFor = (check: string) => `${path}.${check.slice(0, 16)}`;

  return {
    async open(lock) {
      if (lock.derivation !== undefined) {
        throw new OperatorError('the root key of this store comes from a passphrase', 'name it with --passphrase-file');
      }
      const prepared = preparedFor(lock.check);
      let found = false;
      // The first name again at the end: another process may have renamed the prepared file meanwhile.
      for (const candidate of [path, prepared, path]) {
        const key = await readKey(candidate, log);
        found ||= key !== undefined;
        if (key === undefined || !fits(lock, key)) continue;
        if (candidate === prepared) await moveIntoPlace(prepared, path);
        return key;
      }
      throw new OperatorError(
        found ? `the root key in ${path} is not the one of this store` : `the root key file ${path} is missing`,
        'bring back the root key file that this store was made with, or name it with --root-key-file; ' +
          'nothing in the store can be read without it',
      );
    },

    async make(inUse) {
      const present = await readKey(path, log);
      if (present !== undefined && !(inUse && fits(inUse, present))) return { key: present };
      const key = Buffer.from(randomBytes(keyLength));
      if (present === undefined) return { key: await writeKey(path, key, randomBytes) };
      const prepared = preparedFor(checkValue(key));
      await writeKey(prepared, key, randomBytes);
      return { key, settle: () => moveIntoPlace(prepared, path) };
    },
  };
}

/** Undefined when the file does not exist. */
async function readKey(path: string, log: RootKeyFileOptions['log']): Promise<Buffer | undefined> {
  let content: Buffer;
  try {
    const { size, mode } = await stat(path);
    if (size > longestFile) throw malformed(path);
    if ((mode & 0o077) !== 0) log?.warn(`others may read the root key file ${path}: chmod 600 it`);
    content = await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw diskError(error, 'the root key file cannot be read', path);
  }
  const key = parseKey(content);
  if (key === undefined) throw malformed(path);
  return key;
}

function parseKey(content: Buffer): Buffer | undefined {
  if (content.length === keyLength) return content;
  const text = content.toString('latin1').trim();
  content.fill(0);
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[0-9a-z+/]{43}=?$/i.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}

function malformed(path: string): OperatorError {
  return new OperatorError(
    `the root key file ${path} holds no key`,
    'it holds 32 bytes: 64 hexadecimal digits, base64, or raw',
  );
}

/** Writes the whole file or nothing; durable when it resolves. Returns the key of another process that was first. */
async function writeKey(path: string, key: Buffer, randomBytes: RandomBytes): Promise<Buffer> {
  const directory = dirname(path);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  let file: FileHandle;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    file = await open(draft, 'wx', 0o600);
  } catch (error) {
    throw diskError(error, 'the root key file cannot be written', path);
  }
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    await file.sync();
    await link(draft, path);
    await syncDirectory(directory);
    return key;
  } catch (error) {
    const other = hasCode(error, 'EEXIST') ? await readKey(path, undefined) : undefined;
    if (other === undefined) throw diskError(error, 'the root key file cannot be written', path);
    return other;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

/** Several processes may do this at once. */
async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  await syncDirectory(dirname(to));
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
