/**
 * Opening a chain. Its number is one more than the highest there is, taken by linking the finished first file to its
 * name: of two processes that want the same number one gets it, and no file is ever seen without its opening record.
 *
 * The opening record names the predecessor (the chain with the number before) with its last hash at that moment, and
 * every chain that ended without a closing record because its process was killed, with the place where it ended. To
 * find those without reading every file there ever was, it also names the chains that still run: the next one looks
 * only at these and at its predecessor.
 */
import { closeSync, fdatasyncSync, fsyncSync, linkSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { chainName, chainNumber, entryId, fileName, hashLine, linkRecord, noHash } from './chain.ts';
import { listChains, readEnd, readOpening } from './chain-files.ts';
import type { ChainEnd } from './chain-files.ts';
import { formatEvent } from './entry.ts';
import type { Ended, Head } from './entry.ts';
import { isRunning, thisProcess } from './process-identity.ts';

export interface ChainOptions {
  /** Where the chains are: `DATA/audit`. Made with mode 0700 when it is missing. */
  readonly directory: string;
  /** A file that has reached this many bytes is followed by another one of the same chain. */
  readonly fileSize: number;
  /** Milliseconds since 1970. */
  now(): number;
  random(length: number): Uint8Array;
}

export interface OpenedChain {
  readonly head: Head;
  /** The chains of other processes that ran at the opening. */
  readonly running: readonly string[];
  readonly file: number;
  readonly size: number;
}

interface Survey {
  readonly predecessor?: Head;
  readonly ended: readonly Ended[];
  readonly running: readonly string[];
}

/** `abandoned`: the chain of this same process that this one replaces. Everything is on disk at the return. */
export function openChain(options: ChainOptions, abandoned?: Head): OpenedChain {
  const { directory } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const last = Math.max(0, ...[...listChains(directory).keys()].slice(-1), numberOf(abandoned));
    const opened = tryOpen(options, last + 1, survey(options, last, abandoned));
    if (opened !== undefined) return opened;
  }
}

function numberOf(head: Head | undefined): number {
  return head === undefined ? 0 : chainNumber(head.chain);
}

/** Undefined when another process took the number first. */
function tryOpen(options: ChainOptions, number: number, found: Survey): OpenedChain | undefined {
  const { directory } = options;
  const chain = chainName(number, options.random(8));
  const details = { ...found, process: thisProcess() };
  const record = formatEvent(new Date(options.now()).toISOString(), entryId(chain, 0), 'open', details);
  const line = linkRecord(record, chain, 1, found.predecessor?.hash ?? noHash);
  const draft = join(directory, `${chain}.draft`);
  const file = openSync(draft, 'ax', 0o600);
  try {
    if (writeSync(file, line) !== line.length) throw new Error('the opening record could not be written whole');
    fdatasyncSync(file);
    linkSync(draft, join(directory, fileName(number, 1)));
  } catch (error) {
    closeSync(file);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    unlinkSync(draft);
  }
  syncDirectory(directory);
  return { head: { chain, seq: 1, hash: hashLine(line) }, running: found.running, file, size: line.length };
}

function survey(options: ChainOptions, last: number, abandoned: Head | undefined): Survey {
  const { directory } = options;
  const opening = readOpening(directory, last);
  const candidates = opening === undefined ? [] : [...(opening.running ?? []), opening.chain];
  const { ended, running } = findEnded(
    options,
    candidates.filter((chain) => chain !== abandoned?.chain),
  );
  const predecessor = settledEndOf(directory, last) ?? (numberOf(abandoned) === last ? abandoned : undefined);
  return {
    ...(predecessor === undefined ? {} : { predecessor: headOf(predecessor) }),
    ended:
      abandoned === undefined ? ended : [...ended, endedAt(settledEndOf(directory, numberOf(abandoned)) ?? abandoned)],
    running,
  };
}

/** Which of these chains ended without a closing record, and which still run. Those that were closed are neither. */
export function findEnded(
  options: Pick<ChainOptions, 'directory' | 'now'>,
  chains: readonly string[],
): { readonly ended: readonly Ended[]; readonly running: readonly string[] } {
  const { directory } = options;
  const ended: Ended[] = [];
  const running: string[] = [];
  for (const chain of chains) {
    const number = chainNumber(chain);
    if (isRunningChain(directory, number, options.now())) running.push(chain);
    else {
      // Only now is the end final.
      const end = settledEndOf(directory, number);
      if (end !== undefined && end.kind !== 'close') ended.push(endedAt(end));
    }
  }
  return { ended, running };
}

/** Whether a process may still write to this chain. */
export function isRunningChain(directory: string, number: number, now: number): boolean {
  const writer = readOpening(directory, number)?.process;
  const end = endOf(directory, number);
  if (writer === undefined || end === undefined || end.kind === 'close') return false;
  return isRunning(writer, now - end.touched);
}

function headOf({ chain, seq, hash }: Head): Head {
  return { chain, seq, hash };
}

function endedAt(end: Head & { readonly torn?: number }): Ended {
  return { ...headOf(end), torn: end.torn ?? 0 };
}

function endOf(directory: string, number: number): ChainEnd | undefined {
  const parts = listChains(directory).get(number);
  return parts === undefined ? undefined : readEnd(directory, number, parts);
}

/** The end that may be named in another chain: on disk, or a power failure would make it look cut off. */
function settledEndOf(directory: string, number: number): ChainEnd | undefined {
  const end = endOf(directory, number);
  for (const part of listChains(directory).get(number)?.slice(-2) ?? []) {
    const file = openSync(join(directory, fileName(number, part)), 'r+');
    try {
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  return end;
}

function syncDirectory(directory: string): void {
  const file = openSync(directory, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
