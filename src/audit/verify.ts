/**
 * Finding the first record that is not as it was written.
 *
 * With the store: somebody who may write every file, but has not the root key, can change, insert, leave out or move
 * nothing without being noticed, by the MACs (chain.ts); nor cut off the end of a chain or take away a chain, up to its
 * last checkpoint, which is at most a minute old (checkpoint.ts), or up to what a later chain says of it. Chains of
 * before there were MACs have links that anybody can compute; the first chain with MACs holds the end of each, as it
 * was then.
 *
 * Not noticed: that the newest records of a chain that was killed are cut off, those behind its last checkpoint; and
 * what somebody does who has the root key, or puts back older copies of the store and of the files together.
 *
 * Without the store MACs and checkpoints cannot be checked. What is left finds mishaps, not attacks.
 */
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { chainNumber, fileName, parseRecord } from '#audit/chain/chain';
import { ChainCheck } from '#audit/chain/chain-check';
import type { Pin } from '#audit/chain/chain-check';
import type { Broken } from '#audit/chain/chain-links';
import { listChains, readLines, readOpening } from '#audit/chain/chain-files';
import { isRunningChain } from '#audit/chain/chain-opening';
import { checkpointWithin, placeOf } from '#audit/chain/checkpoint';
import type { Checkpoint } from '#audit/chain/checkpoint';

export type { Broken } from '#audit/chain/chain-links';

export interface Verdict {
  /** How many were found right, before the first broken one if there is one. */
  readonly records: number;
  readonly chains: number;
  /** Names of the chains that run, or crashed and were not yet followed. */
  readonly open: readonly string[];
  /** Of these chains from before there were MACs only the ends are safe. */
  readonly old: number;
  readonly broken?: Broken;
}

/** What the store knows of the trail. */
export interface Witness {
  readonly key: KeyObject;
  /** The store is of this data directory alone: all its checkpoints are. */
  readonly isOwn: boolean;
  checkpoints(): Promise<readonly Checkpoint[]>;
}

/** Reads every file twice. `now` in milliseconds since 1970. Throws when the directory cannot be read. */
export async function verify(directory: string, now: number, witness?: Witness): Promise<Verdict> {
  // Before the files, which may be written on meanwhile.
  const checkpoints = (await witness?.checkpoints()) ?? [];
  const chains = listChains(directory);
  const openings = [...chains.keys()].flatMap((number) => readOpening(directory, number) ?? []);
  const trails = new Set(openings.flatMap(({ trail }) => trail ?? []));
  const place = placeOf(directory);
  const isOurs = (checkpoint: Checkpoint): boolean =>
    witness?.isOwn === true || trails.has(checkpoint.trail) || checkpoint.place === place;
  const pins = await collectPins(directory, chains);
  for (const checkpoint of checkpoints) if (isOurs(checkpoint)) addPin(pins, pinOf(checkpoint, 'the store'));

  // In loops: there may be a chain for each run of a server, and a call takes only so many arguments.
  const since = openings.reduce((least, opening) => Math.min(least, opening.since ?? Infinity), Infinity);
  const rule = { key: witness?.key, since };
  const open: string[] = [];
  let [records, old] = [0, 0];
  const highest = [...chains.keys(), ...pins.keys()].reduce((most, number) => Math.max(most, number), 0);
  for (let number = 1; number <= highest; number += 1) {
    const ofChain = pins.get(number) ?? [];
    const check = new ChainCheck(directory, number, ofChain, rule);
    let broken = await check.run(chains.get(number)?.at(-1) ?? 1);
    // A process that still runs may be in the middle of a write.
    const isRunning = isRunningChain(directory, number, now);
    if (broken === undefined && !isRunning) {
      broken =
        check.torn ??
        (number === highest && ofChain.length === 0 ? await lackOfCheckpoint(check, number, witness) : undefined);
    }
    records += check.records;
    if (broken !== undefined) return { records, chains: number - 1, open, old, broken };
    if (check.isOpen) open.push(check.chain);
    if (!check.hasMacs) old += 1;
  }
  return { records, chains: highest, open, old };
}

/** The newest chain, which no later one speaks of, has a checkpoint in the store, from its first moment on. */
async function lackOfCheckpoint(
  check: ChainCheck,
  number: number,
  witness: Witness | undefined,
): Promise<Broken | undefined> {
  const { opening, last, chain } = check;
  if (witness === undefined || !check.hasMacs || opening === undefined || last === undefined) return undefined;
  const lasted = Date.parse(last.time) - Date.parse(opening.time);
  const isLeft = last.kind === 'close' || last.kind === 'rested';
  if (!isLeft && lasted < checkpointWithin) return undefined;
  // It may have come after the others were read.
  if ((await witness.checkpoints()).some((checkpoint) => checkpoint.chain === chain)) return undefined;
  return { file: fileName(number, 1), line: 0, why: 'the store has no checkpoint of this chain: it was removed there' };
}

type Pins = Map<number, Pin[]>;

function pinOf({ chain, seq, hash, closed }: { readonly closed?: true } & Omit<Pin, 'by'>, by: string): Pin {
  return { chain, seq, hash, by, ...(closed === undefined ? {} : { torn: 0 }) };
}

function addPin(pins: Pins, pin: Pin): void {
  const number = chainNumber(String(pin.chain));
  // No chain of ours says so: the record that does will be found changed.
  if (!Number.isSafeInteger(number) || number < 1) return;
  const known = pins.get(number);
  if (known === undefined) pins.set(number, [pin]);
  else known.push(pin);
}

/** What the chains say of each other, by the number of the chain it is said of. */
async function collectPins(directory: string, chains: Map<number, number[]>): Promise<Pins> {
  const pins: Pins = new Map();
  for (const [number, parts] of chains) {
    for (const part of parts) {
      for await (const { bytes, whole } of readLines(join(directory, fileName(number, part)))) {
        const text = whole ? bytes.toString('latin1') : '';
        const record = mentionsOthers.test(text) ? parseRecord(text, readOpening(directory, number)?.chain) : undefined;
        if (record === undefined) continue;
        const by = `chain ${record.chain}`;
        const { predecessor, ended, pins: said } = record;
        if (predecessor != null) addPin(pins, { ...predecessor, by });
        for (const end of listOf(ended)) addPin(pins, { ...end, by });
        for (const pin of listOf(said)) addPin(pins, pinOf(pin, by));
      }
    }
  }
  return pins;
}

/** Of a record whose MAC is yet to be checked. */
function listOf<T extends object>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}

/** The only kinds that speak of other chains. */
const mentionsOthers = /^\{"time":"[^"]*","entry":"[^"]*","kind":"(?:open|ended|pinned)"/;
