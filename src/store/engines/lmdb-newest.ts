/**
 * Which transaction is the newest. The two metas at the head of data.mdb say it; lock.mdb repeats it for all processes,
 * and transactions begin from there. A process that opens the environment sets the latter to what it read of the former
 * a moment before, under no lock (mdb_env_open2 of liblmdb): a commit that came in between is forgotten by every reader,
 * and the next one would overwrite it. A process that was killed within a commit leaves the same difference. So each
 * write transaction compares the two before it changes anything, and puts the newest back.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';

const magic = 0xbeefc0de;
/** In a page: the header of 24 bytes, then the meta with magic, version, page size and transaction among its fields. */
const meta = { magic: 24, version: 28, pageSize: 48, transaction: 152, length: 160 } as const;
const metaVersion = 2;
/** In lock.mdb: magic, format, the newest transaction. */
const lock = { magic: 0, transaction: 8, length: 16 } as const;

export interface Newest {
  /**
   * To be asked within a write transaction, by its number. False when it began from an older state than the newest: then
   * it is to end without a change, and the next one begins rightly.
   */
  isBase(writeTransaction: number): boolean;
  close(): void;
}

/** Of the open environment in the directory `path`. Throws when its files have another layout. */
export function watchNewest(path: string): Newest {
  const little = endianness() === 'LE';
  const head = Buffer.alloc(meta.length);
  const data = openSync(join(path, 'data.mdb'), 'r');
  let repair: number | undefined;

  const uint32 = (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const uint64 = (bytes: Buffer, at: number): number =>
    Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));

  function transactionAt(position: number): number {
    readSync(data, head, 0, meta.length, position);
    return uint64(head, meta.transaction);
  }

  transactionAt(0);
  const pageSize = uint32(head, meta.pageSize);
  if (uint32(head, meta.magic) !== magic || uint32(head, meta.version) !== metaVersion) {
    closeSync(data);
    throw new Error('the LMDB library keeps its files in a layout that this version of kmipd does not know');
  }

  function putBack(transaction: number): void {
    // Never closed: that would end the locks that LMDB itself has on the file in this process (POSIX fcntl).
    repair ??= openSync(join(path, 'lock.mdb'), 'r+');
    const bytes = Buffer.alloc(lock.length);
    readSync(repair, bytes, 0, lock.length, 0);
    if (uint32(bytes, lock.magic) !== magic) throw new Error('the lock file of the LMDB store is damaged');
    if (little) bytes.writeBigUInt64LE(BigInt(transaction), lock.transaction);
    else bytes.writeBigUInt64BE(BigInt(transaction), lock.transaction);
    writeSync(repair, bytes, lock.transaction, 8, lock.transaction);
  }

  return {
    isBase(writeTransaction) {
      const newest = Math.max(transactionAt(0), transactionAt(pageSize));
      if (newest < writeTransaction) return true;
      putBack(newest);
      return false;
    },
    close: () => closeSync(data),
  };
}
