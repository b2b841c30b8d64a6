/**
 * Files that hold keys or what leads to them are their owner's alone, whatever made them, and whatever the umask is.
 */
import { chmodSync, closeSync, openSync, statSync } from 'node:fs';

const ownersOnly = 0o600;

/**
 * Makes an empty file, unless there is one. One that is there is not opened: closing it again would end the locks that
 * this process has on it (POSIX fcntl).
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', ownersOnly));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Takes from others what an older version, or a copy, let them do. Only the owner may: when that is not us, the log
 * says so.
 */
export function narrowFile(path: string, log?: { warn(message: string): unknown }): void {
  const mode = modeOf(path);
  if (mode === undefined || (mode & ~ownersOnly) === 0) return;
  const was = `${path} had mode ${mode.toString(8).padStart(4, '0')}`;
  try {
    chmodSync(path, mode & ownersOnly);
    log?.warn(`${was}, and is now its owner's alone`);
  } catch (error) {
    log?.warn(`${was}, and cannot be made its owner's alone: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return undefined;
  }
}
