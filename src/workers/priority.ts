/**
 * A thread steps back behind the others of its process, and behind other processes, so that heavy work takes what they
 * leave.
 */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setPriority } from 'node:os';

/**
 * Of the calling thread alone. Only Linux has priorities of threads (setpriority(2), "C library/kernel differences");
 * elsewhere, and where it is not permitted, everything stays as it is.
 */
export function stepBack(niceness: number): void {
  if (process.platform !== 'linux') return;
  try {
    // PID/task/TID.
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {
    // It then shares the processor evenly, which is slower for others, and no more.
  }
}
