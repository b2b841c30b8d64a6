/**
 * A file that only takes room: on a full disk it is removed, so that a last few records can be written. Its bytes are
 * random, since a file system may keep what repeats in less room.
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

/** When the disk has no room for it there is no file. Rejects with other errors of the disk. */
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

/** Whether there was room to release. */
export function releaseRoom(directory: string): boolean {
  try {
    unlinkSync(roomIn(directory));
    return true;
  } catch {
    return false;
  }
}
