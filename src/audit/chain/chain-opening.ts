/**
 * Opening a chain. Its number is one more than the highest there is, taken by linking the finished first file to its
 * name: of two processes that want the same number one gets it, and no file is ever seen without its opening record.
 *
 * The opening record names the predecessor (the chain with the number before) with its last hash at that moment, and
 * every chain that ended without a closing record because its process was killed, with the place where it ended. To
 * find those without reading every file there ever was, it also names the chains that may go on: the next one looks
 * only at these and at its predecessor.
 */
import { closeSync, fdatasyncSync, linkSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import { chainName, chainNumber, closeRecords, entryId, fileName, noMac } from './chain.ts';
import { listChains, readEnd, readLastReopening, readOpening } from './chain-files.ts';
import type { ChainEnd } from './chain-files.ts';
import { formatEvent } from '#audit/entry';
import type { AuditRecord, Ended, Head, Pinned } from '#audit/entry';
import { syncDirectoryNow } from '#store/sync-directory';
import { isRunning, longestSilence, thisProcess } from './process-identity.ts';

export interface ChainOptions {
  /** Where the chains are: `DATA/audit`. Made with mode 0700 when it is missing. */
  readonly directory: string;
  /** A file that has reached this many bytes is followed by another one of the same chain. */
  readonly fileSize: number;
  /** What the MACs are made with. */
  readonly key: KeyObject;
  /** Milliseconds since 1970. */
  now(): number;
  random(length: number): Uint8Array;
  /** Whether other processes may continue a chain that this process has left in order. */
  readonly shared?: boolean;
}

/** What the store knows of the directory: files can be taken away. */
export interface KnownTrail {
  /** The identity of the directory; the files have it too. */
  readonly trail: string | undefined;
  /** The highest number that a chain has had. */
  readonly highest: number;
  /** What the opening record is to say of chains that ended. */
  readonly ended: readonly Pinned[];
  /** A chain to continue, instead of a new one. */
  readonly takenUp?: OpenedChain | undefined;
}

export interface OpenedChain {
  readonly chain: string;
  /** Of the opening record. */
  readonly mac: string;
  readonly line: string;
  readonly trail: string;
  /** The first chain with MACs. */
  readonly since: number;
  /** The chains of other processes that may have continued at the opening. */
  readonly running: readonly string[];
  readonly file: number;
  readonly size: number;
  /** Where it stands: the number of its last record, of its last file, and of the identifiers that it has given. */
  readonly seq: number;
  readonly part: number;
  readonly entries: number;
}

/** So many pins stand in one record. */
export const pinsAtOnce = 200;

interface Survey {
  readonly predecessor?: Head;
  readonly ended: readonly Ended[];
  readonly running: readonly string[];
}

/** `abandoned`: the chain of this same process that this one replaces. Everything is on disk at the return. */
export function openChain(options: ChainOptions, known: KnownTrail, abandoned?: Head): OpenedChain {
  const { directory } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (;;) {
    const last = Math.max(0, ...[...listChains(directory).keys()].slice(-1), numberOf(abandoned));
    const number = Math.max(last, known.highest) + 1;
    const opened = tryOpen(options, number, survey(options, last, abandoned), known);
    if (opened !== undefined) return opened;
  }
}

function numberOf(head: Head | undefined): number {
  return head === undefined ? 0 : chainNumber(head.chain);
}

/** Undefined when another process took the number first. */
function tryOpen(options: ChainOptions, number: number, found: Survey, known: KnownTrail): OpenedChain | undefined {
  const { directory } = options;
  const chain = chainName(number, options.random(8));
  const newest = newestWithMacs(directory, number);
  const trail = newest?.trail ?? known.trail ?? Buffer.from(options.random(8)).toString('hex');
  const since = newest?.since ?? number;
  const pins = known.ended.slice(0, pinsAtOnce);
  const shared = options.shared === true ? { shared: true } : {};
  const details = {
    ...{ chain, trail, since, ...found, ...(pins.length > 0 ? { pins } : {}), ...shared },
    process: thisProcess(),
  };
  const record = formatEvent(new Date(options.now()).toISOString(), entryId(chain, 0), 'open', details);
  const { last: line, mac } = closeRecords([record], 0, noMac, options.key);
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
  syncDirectoryNow(directory);
  const start = { seq: 1, part: 1, entries: 0 };
  return { chain, mac, line, trail, since, running: found.running, file, size: line.length, ...start };
}

/** The opening record of the newest chain below `number` that has MACs. */
export function newestWithMacs(directory: string, number: number): AuditRecord | undefined {
  const numbers = [...listChains(directory).keys()].reverse();
  for (const candidate of numbers) {
    const opening = candidate < number ? readOpening(directory, candidate) : undefined;
    if (opening?.trail !== undefined) return opening;
  }
  return undefined;
}

/** The ends of all chains from before there were MACs, which nothing but a chain with MACs can hold. */
export function endsBefore(directory: string, since: number): Head[] {
  const ends = [...listChains(directory)].map(([number, parts]) =>
    number < since ? readEnd(directory, number, parts) : undefined,
  );
  return ends.flatMap((end) => (end === undefined ? [] : [headOf(end)]));
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

/** Which of these chains ended without a closing record, and which may go on. Those that were closed are neither. */
export function findEnded(
  options: Pick<ChainOptions, 'directory' | 'now'>,
  chains: readonly string[],
): { readonly ended: readonly Ended[]; readonly running: readonly string[] } {
  const { directory } = options;
  const ended: Ended[] = [];
  const running: string[] = [];
  for (const chain of chains) {
    const end = finalEnd(directory, chainNumber(chain), options.now());
    if (end === 'may go on') running.push(chain);
    else if (end !== undefined && end.kind !== 'close') ended.push(endedAt(end));
  }
  return { ended, running };
}

function finalEnd(directory: string, number: number, now: number): ChainEnd | 'may go on' | undefined {
  for (;;) {
    const begun = lastBeginning(directory, number)?.seq;
    if (isRunningChain(directory, number, now)) return 'may go on';
    // Only now is the end final, unless another process has taken the chain up since the line before last.
    const end = settledEndOf(directory, number);
    if (end?.kind === 'rested' && !isTornRest(end, now)) return 'may go on';
    if (lastBeginning(directory, number)?.seq === begun) return end;
  }
}

/** Whether a process died as it began to go on with the chain: bytes behind the end are no record of who writes. */
function isTornRest({ torn = 0, touched }: ChainEnd, now: number): boolean {
  return torn > 0 && now - touched >= longestSilence;
}

/** Whether a process may be writing to this chain. */
export function isRunningChain(directory: string, number: number, now: number): boolean {
  const writer = lastBeginning(directory, number)?.process;
  const end = endOf(directory, number);
  if (writer === undefined || end === undefined || end.kind === 'close' || end.kind === 'rested') return false;
  return isRunning(writer, now - end.touched);
}

/** The record in which the process that wrote last says that it writes. */
function lastBeginning(directory: string, number: number): AuditRecord | undefined {
  const opening = readOpening(directory, number);
  if (opening?.shared !== true) return opening;
  return readLastReopening(directory, number, listChains(directory).get(number) ?? []) ?? opening;
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
