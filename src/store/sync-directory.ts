/** Makes the names in a directory durable: a file that was made or renamed keeps its name after a power failure. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync().catch(unlessImpossible);
  } finally {
    await directory.close();
  }
}

/** The same, without giving a turn. */
export function syncDirectoryNow(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } catch (error) {
    unlessImpossible(error);
  } finally {
    closeSync(directory);
  }
}

/** Some network file systems cannot sync a directory. */
function unlessImpossible(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
}
