/**
 * Completing the trail from the store after a crash. A change carries its record in its commit, so that whatever the
 * files lost is still there. Each leftover is claimed before it is written, by a compare-and-set, so that of several
 * processes that start at once only one completes it; a claim of a process that died in turn is void, and its chain is
 * searched as well.
 */
import { join } from 'node:path';
import { ConflictError } from '#store/engines/engine';
import { update } from '#store/store';
import type { Kept, Store } from '#store/store';
import { chainNumber, fileName, isSettled } from '#audit/chain/chain';
import { listChains, readLines, readOpening } from '#audit/chain/chain-files';
import { isRunningChain } from '#audit/chain/chain-opening';
import { pendingKind } from './pending.ts';
import type { Leftover, PendingRecord } from './pending.ts';

export interface Unfinished {
  /** In some file already. */
  readonly written: readonly Leftover[];
  /** In none, and now claimed: the caller writes them. */
  readonly missing: readonly (Leftover & { readonly record: PendingRecord })[];
}

/**
 * The leftovers of chains of this directory whose process is gone.
 * @param own the caller's chain. Before the caller has committed anything, what it holds is of the process before it.
 */
export async function claimUnfinished(
  store: Store,
  directory: string,
  own: { readonly chain: string; readonly isInUse: boolean },
  now: number,
): Promise<Unfinished> {
  // A process killed in mid-commit may leave LMDB with a transaction that is on disk but shows only after the next one.
  await store.commit([]);
  const running = new Map<string, boolean>([[own.chain, own.isInUse]]);
  const abandoned: Kept<PendingRecord>[] = [];
  for await (const kept of store.find(pendingKind, { terms: [] })) {
    const owner = kept.value.owners.at(-1) ?? '';
    let inUse = running.get(owner);
    if (inUse === undefined) {
      // Chains of other directories (several machines on one database) are for their own machines to complete.
      const isOurs = readOpening(directory, chainNumber(owner))?.chain === owner;
      inUse = !isOurs || isRunningChain(directory, chainNumber(owner), now);
      running.set(owner, inUse);
    }
    if (!inUse) abandoned.push(kept);
  }
  const found = await findEntries(directory, abandoned);
  const written: Leftover[] = [];
  const missing: (Leftover & { record: PendingRecord })[] = [];
  for (const kept of abandoned) {
    if (found.has(kept.id)) written.push({ id: kept.id, revision: kept.revision });
    else if (await claim(store, kept, own.chain)) {
      missing.push({ id: kept.id, revision: kept.revision + 1, record: kept.value });
    }
  }
  return { written, missing };
}

async function claim(store: Store, kept: Kept<PendingRecord>, chain: string): Promise<boolean> {
  try {
    await store.commit([update(kept, { ...kept.value, owners: [...kept.value.owners, chain] })]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

/** Which of the entries stand in a file of one of their owners. */
async function findEntries(directory: string, abandoned: readonly Kept<PendingRecord>[]): Promise<Set<string>> {
  const wanted = new Set(abandoned.map((kept) => kept.id));
  const chains = listChains(directory);
  const found = new Set<string>();
  const earliest = abandoned.reduce((time, kept) => Math.min(time, Date.parse(kept.value.time)), Infinity);
  const since = earliest - largestClockStep;
  for (const owner of new Set(abandoned.flatMap((kept) => kept.value.owners))) {
    const number = chainNumber(owner);
    // From the newest file back: a chain may be years long, and what was left was left at its end.
    for (const part of chains.get(number)?.reverse() ?? []) {
      let begun: string | undefined;
      let unsettled: string[] = [];
      for await (const line of readLines(join(directory, fileName(number, part)))) {
        // What is half-written was not written, nor was a write whose last record is missing.
        const text = line.whole ? line.bytes.toString('latin1') : '';
        const [, time, id] = timeAndEntry.exec(text) ?? [];
        begun ??= time;
        if (id !== undefined && wanted.has(id)) unsettled.push(id);
        if (!isSettled(text)) continue;
        for (const each of unsettled) found.add(each);
        unsettled = [];
      }
      if (begun !== undefined && Date.parse(begun) < since) break;
    }
  }
  return found;
}

/** How far a clock may have been set back, in milliseconds, without an entry being overlooked. */
const largestClockStep = 3_600_000;

/** The first fields of every record, without parsing it. */
const timeAndEntry = /^\{"time":"([^"]*)"(?:,"entry":"([^"]*)")?/;
