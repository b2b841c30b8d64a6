/**
 * Finding the first record that is not as it was written.
 *
 * Noticed in any chain: a record changed, inserted, deleted or moved, by the link of the record after it; a file
 * missing in between, or behind the record that promises it; a whole chain missing, by its number. The end of a chain
 * is held by its closing record; of a crashed chain by what a later one says of its end (torn bytes included, and
 * nothing else excuses a half-written record); of any chain at least up to where it stood when the next was opened.
 *
 * Not noticed: what is cut off or changed behind the last of these places, that is the newest records of a chain that
 * runs, or crashed and was not yet followed, and the newest chains as a whole; and the work of somebody who may write
 * every file and computes all links anew from the change to the end. The links are no signature: to be safe from
 * whoever rules this machine, send the records elsewhere as they are written.
 */
import { join } from 'node:path';
import { chainNumber, fileName, parseRecord } from './chain.ts';
import { ChainCheck } from './chain-check.ts';
import type { Broken, Pin } from './chain-check.ts';
import { listChains, readLines } from './chain-files.ts';
import { isRunningChain } from './chain-opening.ts';

export type { Broken } from './chain-check.ts';

export interface Verdict {
  /** How many were found right, before the first broken one if there is one. */
  readonly records: number;
  readonly chains: number;
  /** Names of the chains that run, or crashed and were not yet followed: nothing holds their newest records yet. */
  readonly open: readonly string[];
  readonly broken?: Broken;
}

/** Reads every file twice. `now` in milliseconds since 1970. Throws when the directory cannot be read. */
export async function verify(directory: string, now: number): Promise<Verdict> {
  const chains = listChains(directory);
  const pins = await collectPins(directory, chains);
  const open: string[] = [];
  let records = 0;
  const highest = Math.max(0, ...[...chains.keys()].slice(-1), ...[...pins.keys()].slice(-1));
  for (let number = 1; number <= highest; number += 1) {
    const check = new ChainCheck(directory, number, pins.get(number) ?? []);
    let broken = await check.run(chains.get(number)?.at(-1) ?? 1);
    // A process that still runs may be in the middle of a write.
    if (broken === undefined && !isRunningChain(directory, number, now)) broken = check.torn;
    records += check.records;
    if (broken !== undefined) return { records, chains: number - 1, open, broken };
    if (check.isOpen) open.push(check.chain);
  }
  return { records, chains: highest, open };
}

/** What the chains say of each other, by the number of the chain it is said of, ascending. */
async function collectPins(directory: string, chains: Map<number, number[]>): Promise<Map<number, Pin[]>> {
  const pins: Pin[] = [];
  for (const [number, parts] of chains) {
    for (const part of parts) {
      for await (const { bytes, whole } of readLines(join(directory, fileName(number, part)))) {
        const text = whole ? bytes.toString('latin1') : '';
        const record = mentionsWriter.test(text) ? parseRecord(text) : undefined;
        if (record === undefined) continue;
        if (record.predecessor !== undefined) pins.push({ ...record.predecessor, by: record.chain });
        for (const end of record.ended ?? []) pins.push({ ...end, by: record.chain });
      }
    }
  }
  const byNumber = new Map<number, Pin[]>();
  for (const pin of pins.sort((a, b) => chainNumber(a.chain) - chainNumber(b.chain))) {
    const number = chainNumber(pin.chain);
    byNumber.set(number, [...(byNumber.get(number) ?? []), pin]);
  }
  return byNumber;
}

/** The only kinds that speak of other chains. */
const mentionsWriter = /^\{"time":"[^"]*","entry":"[^"]*","kind":"(?:open|ended)"/;
