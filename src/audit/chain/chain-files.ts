/** Reading the directory of chains: which there are, how each begins and ends, and every line of it. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileName, hashLine, isSettled, maximumLine, parseFileName, parseRecord } from './chain.ts';
import type { AuditRecord, Ended, RecordKind } from '#audit/entry';

export interface ChainEnd extends Ended {
  /** The kind of the last record: 'close' when the writer ended in order. */
  readonly kind: RecordKind;
  /** When the last file was touched, in milliseconds since 1970. */
  readonly touched: number;
  /** The last record's line. */
  readonly line: string;
}

export interface Line {
  readonly bytes: Buffer;
  /** False when no newline follows, or none within the bound: nothing is yielded after such a line. */
  readonly whole: boolean;
  readonly offset: number;
}

const newline = 0x0a;

/** The numbers of the chains in ascending order, each with the ascending numbers of its files. */
export function listChains(directory: string): Map<number, number[]> {
  const files = readdirSync(directory).flatMap((name) => parseFileName(name) ?? []);
  files.sort((a, b) => a.number - b.number || a.part - b.part);
  const chains = new Map<number, number[]>();
  for (const { number, part } of files) {
    const parts = chains.get(number);
    if (parts === undefined) chains.set(number, [part]);
    else parts.push(part);
  }
  return chains;
}

/** The opening record of a chain; undefined when it is not there or is none. */
export function readOpening(directory: string, number: number): AuditRecord | undefined {
  let file: number;
  try {
    file = openSync(join(directory, fileName(number, 1)), 'r');
  } catch {
    return undefined;
  }
  try {
    const start = readAt(file, 0, maximumLine);
    const record = parseRecord(start.toString('latin1', 0, start.indexOf(newline) + 1));
    return record?.kind === 'open' ? record : undefined;
  } finally {
    closeSync(file);
  }
}

/** The last record of a chain that was written whole; undefined when it has none. `parts` ascend. */
export function readEnd(directory: string, number: number, parts: readonly number[]): ChainEnd | undefined {
  const chain = readOpening(directory, number)?.chain ?? '';
  let behind = 0;
  // The last file holds no record yet when its writer died while going on to it.
  for (const part of parts.slice(-2).reverse()) {
    const path = join(directory, fileName(number, part));
    const { size, mtimeMs } = statSync(path);
    const end = readFileEnd(path, chain);
    if (end !== undefined) return { ...end, torn: end.torn + behind, touched: mtimeMs };
    behind += size;
  }
  return undefined;
}

function readFileEnd(path: string, chain: string): Omit<ChainEnd, 'touched'> | undefined {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    // Usually one round. What a power failure left may be long: then the window doubles up to the whole file.
    for (let length = Math.min(size, maximumLine); length > 0; length = Math.min(size, length * 2)) {
      const end = lastRecord(readAt(file, size - length, length), length === size, chain);
      if (end !== undefined) return end;
      if (length === size) return undefined;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

function lastRecord(bytes: Buffer, fromStart: boolean, chainName: string): Omit<ChainEnd, 'touched'> | undefined {
  for (let end = bytes.lastIndexOf(newline); end >= 0; end = end === 0 ? -1 : bytes.lastIndexOf(newline, end - 1)) {
    const start = end === 0 ? 0 : bytes.lastIndexOf(newline, end - 1) + 1;
    if (start === 0 && !fromStart) return undefined;
    const line = bytes.subarray(start, end + 1);
    const text = line.toString('latin1');
    const record = isSettled(text) ? parseRecord(text, chainName) : undefined;
    if (record !== undefined) {
      const { chain, seq, kind } = record;
      return { chain, seq, kind, hash: hashLine(line), torn: bytes.length - end - 1, line: text };
    }
  }
  return undefined;
}

/**
 * The last record that says who writes a shared chain. It stands near the end: a process that takes the chain up says
 * so first, and writes little.
 */
export function readLastReopening(
  directory: string,
  number: number,
  parts: readonly number[],
): AuditRecord | undefined {
  for (const part of [...parts].reverse()) {
    const file = openSync(join(directory, fileName(number, part)), 'r');
    try {
      const { size } = fstatSync(file);
      for (let length = Math.min(size, maximumLine); length > 0; length = Math.min(size, length * 2)) {
        const text = readAt(file, size - length, length).toString('latin1');
        const found = text.split('\n').findLast((line) => reopening.test(line));
        const record = found === undefined ? undefined : parseRecord(found);
        if (record !== undefined) return record;
        if (length === size) break;
      }
    } finally {
      closeSync(file);
    }
  }
  return undefined;
}

const reopening = /^\{"time":"[^"]*","entry":"[^"]*","kind":"reopened"/;

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(file, bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** Every line of one file, with its newline. Memory is bounded by the longest line allowed. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  const file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let offset = 0;
    for await (const chunk of file.createReadStream({ highWaterMark: 256 * 1024, autoClose: false })) {
      const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
        yield { bytes: bytes.subarray(start, end + 1), whole: true, offset: offset + start };
        start = end + 1;
      }
      rest = bytes.subarray(start);
      offset += start;
      if (rest.length > maximumLine) break;
    }
    if (rest.length > 0) yield { bytes: rest, whole: false, offset };
  } finally {
    await file.close();
  }
}
