/**
 * Where the fields lie in LMDB's two files, of which `lmdb-newest.ts` reads and writes some. The layout is that of one
 * version of the lmdb package: it is checked at the opening, since a write into another layout would damage the store.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#operator-error';

export const magic = 0xbeefc0de;
const metaVersion = 2;
/** In a page of data.mdb: the header of 24 bytes, then the meta with magic, version, page size and transaction. */
export const meta = { magic: 24, version: 28, pageSize: 48, transaction: 152, length: 160 } as const;
/** In lock.mdb: magic, format, the newest transaction. */
export const lock = { magic: 0, transaction: 8, length: 16 } as const;

const little = endianness() === 'LE';
export const readUint32 = (bytes: Buffer, at: number): number =>
  little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
export const readUint64 = (bytes: Buffer, at: number): number =>
  Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
export const writeUint64 = (bytes: Buffer, value: number, at: number): number =>
  little ? bytes.writeBigUInt64LE(BigInt(value), at) : bytes.writeBigUInt64BE(BigInt(value), at);

export function mismatch(file: string, expected: string, found: string): OperatorError {
  return new OperatorError(
    `${file}: expected ${expected}, found ${found}`,
    'if the store was copied to this machine, copy it again whole, from one of the same byte order; ' +
      'if kmipd was installed or updated, install its own lmdb package again (npm ci)',
  );
}

/** The bytes of a page's head. @throws OperatorError when they are not what LMDB writes. */
export function checkMeta(file: string, head: Buffer, page: 0 | 1): void {
  const place = `LMDB's page ${page}`;
  if (head.length < meta.length) throw mismatch(file, `${meta.length} bytes of ${place}`, `${head.length} bytes`);
  const [foundMagic, layout] = [readUint32(head, meta.magic), readUint32(head, meta.version)];
  if (foundMagic !== magic) throw mismatch(file, `${place} with the mark ${hex(magic)}`, hex(foundMagic));
  if (layout !== metaVersion) throw mismatch(file, `${place} in version ${metaVersion}`, `version ${layout}`);
  const pageSize = readUint32(head, meta.pageSize);
  if (!pageSizes.has(pageSize)) throw mismatch(file, 'a page size from 256 to 65536 bytes', `${pageSize}`);
}

const pageSizes: ReadonlySet<number> = new Set(Array.from({ length: 9 }, (_, power) => 256 << power));

const hex = (number: number): string => number.toString(16).padStart(8, '0');

/**
 * Checks the files before LMDB opens them. LMDB fills an empty file itself.
 * @throws OperatorError
 */
export function checkDataFile(path: string): void {
  const file = join(path, 'data.mdb');
  if (statSync(file).size === 0) return;
  const data = openSync(file, 'r');
  try {
    const first = headOf(data, 0);
    checkMeta(file, first, 0);
    checkMeta(file, headOf(data, readUint32(first, meta.pageSize)), 1);
  } finally {
    closeSync(data);
  }
}

export function headOf(data: number, position: number): Buffer {
  const head = Buffer.alloc(meta.length);
  return head.subarray(0, readSync(data, head, 0, meta.length, position));
}
