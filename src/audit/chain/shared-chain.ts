/**
 * Going on with a chain that another process has left in order. Commands share one, since each of them writes little. A
 * shared chain is not closed at the end of a process: it rests. Its last record says so, and so does its checkpoint in
 * the store. One process takes the mark away there, by compare-and-set, and writes first that it goes on. When that
 * process is killed, the chain has ended like any other, and a new one is begun.
 */
import { constants, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditRecord } from '#audit/entry';
import type { Store } from '#store/store';
import { chainNumber, fileName, macAt, parseRecord } from './chain.ts';
import { listChains, readEnd, readOpening, type ChainEnd } from './chain-files.ts';
import { findEnded, type ChainOptions, type OpenedChain } from './chain-opening.ts';
import { takeResting, type Checkpoint } from './checkpoint.ts';

/** Undefined when no chain of these can be continued. */
export async function takeUpChain(
  options: ChainOptions,
  store: Store,
  resting: readonly Checkpoint[],
): Promise<OpenedChain | undefined> {
  for (const checkpoint of resting) {
    const isTaken = isAsKept(options.directory, checkpoint) && (await takeResting(store, checkpoint));
    // Nobody else writes to it from now on.
    const opened = isTaken ? opening(options, checkpoint) : undefined;
    if (opened !== undefined) return opened;
  }
  return undefined;
}

/** Whether the file ends with the last record that the store knows: a chain that was cut off is not continued. */
export function isAsKept(directory: string, checkpoint: Checkpoint): boolean {
  return restingEnd(directory, checkpoint) !== undefined;
}

function restingEnd(directory: string, { chain, seq, hash }: Checkpoint): ChainEnd | undefined {
  const number = chainNumber(chain);
  const parts = listChains(directory).get(number);
  const end = parts === undefined ? undefined : readEnd(directory, number, parts);
  const isRight = end?.kind === 'rested' && end.torn === 0 && end.chain === chain && end.seq === seq;
  return isRight && end.hash === hash ? end : undefined;
}

function opening(options: ChainOptions, checkpoint: Checkpoint): OpenedChain | undefined {
  const { directory } = options;
  const number = chainNumber(checkpoint.chain);
  const first = readOpening(directory, number);
  const end = restingEnd(directory, checkpoint);
  const mac = end === undefined ? undefined : macAt(end.line)?.mac;
  const entries = end === undefined ? Number.NaN : entriesOf(parseRecord(end.line, end.chain));
  if (end === undefined || mac === undefined || first?.since === undefined || Number.isNaN(entries)) return undefined;
  const path = (part: number): string => join(directory, fileName(number, part));
  // A full disk may have left the next file, empty. Without the record that promises it nothing belongs there.
  const part =
    listChains(directory)
      .get(number)
      ?.findLast((each) => statSync(path(each)).size > 0) ?? 1;
  const file = openSync(path(part), constants.O_WRONLY | constants.O_APPEND);
  return {
    ...{ chain: end.chain, mac, line: end.line, trail: checkpoint.trail, since: first.since },
    ...{ running: runningBeside(options, end.chain).running, file, size: fstatSync(file).size },
    ...{ seq: end.seq, part, entries },
  };
}

/** The other chains that may go on, and those that ended without their closing record. */
export function runningBeside(options: Pick<ChainOptions, 'directory' | 'now'>, chain: string) {
  const { directory } = options;
  const newest = readOpening(directory, [...listChains(directory).keys()].at(-1) ?? 0);
  const candidates = newest === undefined ? [] : [...(newest.running ?? []), newest.chain];
  return findEnded(
    options,
    candidates.filter((candidate) => candidate !== chain),
  );
}

/** How many identifiers the chain has given: that of its last record was the last one. */
const entriesOf = (record: AuditRecord | undefined): number =>
  Number.parseInt(record?.entry.slice(record.entry.lastIndexOf('-') + 1) ?? '', 16);
