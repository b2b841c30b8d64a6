/**
 * A file that only occupies disk space: it is removed when the disk is full, so that a few last records can be written.
 * Its bytes are random, because a file system may compress repeated bytes.
 */
import { randomFillSync } from 'node:crypto';
import { statSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isOutOfRoom } from './disk-error.ts';

const chunkBytes = 1024 * 1024;

const roomIn = (directory: string): string => join(directory, 'reserve');

export function isRoomKept(directory: string): boolean {
  return statSync(roomIn(directory), { throwIfNoEntry: false }) !== undefined;
}

/** Makes no file when the disk has no space for it. Rejects with other errors of the disk. */
export async function keepRoom(directory: string, bytes: number): Promise<void> {
  const file = await open(roomIn(directory), 'w', 0o600);
  try {
    const chunk = Buffer.alloc(Math.min(chunkBytes, bytes));
    for (let left = bytes; left > 0;) {
      randomFillSync(chunk);
      left -= (await file.write(chunk, 0, Math.min(chunk.length, left))).bytesWritten;
    }
    await file.sync();
  } catch (error) {
    releaseRoom(directory);
    if (!isOutOfRoom(error)) throw error;
  } finally {
    await file.close();
  }
}

/** Whether there was a file to remove. */
export function releaseRoom(directory: string): boolean {
  try {
    unlinkSync(roomIn(directory));
    return true;
  } catch {
    return false;
  }
}
