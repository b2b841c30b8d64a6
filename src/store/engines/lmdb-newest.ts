/**
 * Which transaction is the newest. The two metas at the head of data.mdb say it; lock.mdb repeats it for all
 * processes, and transactions begin from there. A process that opens the environment sets the latter to what it read
 * of the former a moment before, under no lock (mdb_env_open2 of liblmdb): a commit that came in between is forgotten
 * by every reader, and the next one would overwrite it. A process that was killed within a commit leaves the same
 * difference. So each write transaction compares the two before it changes anything, and puts the newest back.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { checkMeta, headOf, lock, magic, meta, mismatch, readUint32, readUint64, writeUint64 } from './lmdb-files.ts';

export interface Newest {
  /**
   * To be called within a write transaction, with its number. False when it began from a state older than the newest:
   * it must end without a change, and the next one begins from the newest.
   */
  isBase(writeTransaction: number): boolean;
  /**
   * Checks at the opening whether the files and the library agree.
   * @throws OperatorError
   */
  check(writeTransaction: number): void;
  close(): void;
}

/**
 * For the open environment in the directory `path`.
 * @throws OperatorError when its files have another layout.
 */
export function watchNewest(path: string): Newest {
  const dataFile = join(path, 'data.mdb');
  const lockFile = join(path, 'lock.mdb');
  const data = openSync(dataFile, 'r');
  /** Never closed: that would end the locks that LMDB itself has on the file in this process (POSIX fcntl). */
  let lockHandle: number | undefined;

  const head = Buffer.alloc(meta.length);
  function transactionAt(position: number): number {
    readSync(data, head, 0, meta.length, position);
    return readUint64(head, meta.transaction);
  }

  function readLock(): Buffer {
    lockHandle ??= openSync(lockFile, 'r+');
    const bytes = Buffer.alloc(lock.length);
    readSync(lockHandle, bytes, 0, lock.length, 0);
    const found = readUint32(bytes, lock.magic);
    if (found !== magic) throw mismatch(lockFile, `LMDB's mark ${magic.toString(16)}`, found.toString(16));
    return bytes;
  }

  function checkedPageSize(): number {
    try {
      const first = headOf(data, 0);
      checkMeta(dataFile, first, 0);
      const size = readUint32(first, meta.pageSize);
      checkMeta(dataFile, headOf(data, size), 1);
      return size;
    } catch (error) {
      closeSync(data);
      throw error;
    }
  }
  const pageSize = checkedPageSize();
  const newestTransaction = (): number => Math.max(transactionAt(0), transactionAt(pageSize));

  function putBack(transaction: number): void {
    const bytes = readLock();
    const recorded = readUint64(bytes, lock.transaction);
    if (recorded > transaction) throw mismatch(lockFile, `a transaction up to ${transaction}`, `${recorded}`);
    writeUint64(bytes, transaction, lock.transaction);
    writeSync(lockHandle as number, bytes, lock.transaction, 8, lock.transaction);
  }

  return {
    isBase(writeTransaction) {
      const newest = newestTransaction();
      if (newest < writeTransaction) return true;
      putBack(newest);
      return false;
    },
    check(writeTransaction) {
      const newest = newestTransaction();
      if (newest >= writeTransaction - 1) return;
      throw mismatch(dataFile, `transaction ${writeTransaction - 1}`, `transaction ${newest}`);
    },
    close: () => closeSync(data),
  };
}
