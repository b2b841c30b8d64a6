/** What a trail does about checkpoints: takes over those of chains that ended, and keeps its own. */
import type { Store } from '#store/store';
import { chainNumber } from './chain.ts';
import { listChains, readEnd } from './chain-files.ts';
import { isRunningChain, newestWithMacs } from './chain-opening.ts';
import type { KnownTrail } from './chain-opening.ts';
import type { ChainWriter, Mark } from './chain-writer.ts';
import { isAsKept } from './shared-chain.ts';
import {
  checkpointInterval,
  checkpointWithin,
  keepCheckpoint,
  placeOf,
  readCheckpoints,
  removeCheckpoints,
} from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Pinned } from '#audit/entry';

/** What the store says of a directory when a chain is opened in it. */
export interface Found extends KnownTrail {
  /** Of chains that ended: the new chain writes them down, and the store forgets them. */
  readonly ended: readonly Pinned[];
  /** Of those, the chains that the directory no longer has up to there. */
  readonly lost: readonly Pinned[];
  /** Shared chains that rest, each as the store saw it last. */
  readonly resting: readonly Checkpoint[];
}

export async function findCheckpoints(store: Store, directory: string, now: number): Promise<Found> {
  const place = placeOf(directory);
  const all = await readCheckpoints(store);
  const trail =
    newestWithMacs(directory, Infinity)?.trail ??
    newestOf(all.filter((checkpoint) => checkpoint.place === place))?.trail;
  const ours = all.filter((checkpoint) => checkpoint.trail === trail);
  const left = ours.filter((checkpoint) => checkpoint.resting === true && checkpoint.place === place);
  const resting = left.filter((checkpoint) => isAsKept(directory, checkpoint));
  const ended = ours.filter((checkpoint) =>
    left.includes(checkpoint) ? !resting.includes(checkpoint) : hasEnded(directory, checkpoint, now),
  );
  return {
    trail,
    highest: chainNumber(newestOf(ours)?.chain ?? '0'),
    ended: ended.map(pinOf),
    lost: ended.filter((checkpoint) => !isThere(directory, checkpoint)),
    resting,
  };
}

function newestOf(checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return [...checkpoints].sort((a, b) => chainNumber(b.chain) - chainNumber(a.chain))[0];
}

/** Without its process, which could write its checkpoint once more. */
function hasEnded(directory: string, checkpoint: Checkpoint, now: number): boolean {
  if (checkpoint.closed === true) return true;
  const number = chainNumber(checkpoint.chain);
  if (isRunningChain(directory, number, now)) return false;
  const parts = listChains(directory).get(number);
  const end = parts === undefined ? undefined : readEnd(directory, number, parts);
  const isLeft = end?.kind === 'close' || end?.kind === 'rested';
  return !isLeft || now - end.touched > checkpointWithin;
}

function isThere(directory: string, { chain, seq }: Pinned): boolean {
  const number = chainNumber(chain);
  const parts = listChains(directory).get(number);
  const end = parts === undefined ? undefined : readEnd(directory, number, parts);
  return end !== undefined && end.chain === chain && end.seq >= seq;
}

function pinOf({ chain, seq, hash, closed }: Pinned): Pinned {
  return { chain, seq, hash, ...(closed === undefined ? {} : { closed }) };
}

/** The checkpoint of the chain that a process writes. */
export class OwnCheckpoint {
  readonly #store: Store;
  readonly #directory: string;
  #kept: Checkpoint | undefined;
  #part = 0;
  #keptAt = -Infinity;
  #keeping: Promise<void> = Promise.resolve();

  constructor(store: Store, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  /** Whether a checkpoint must be stored now. */
  isDue(mark: Mark, now: number): boolean {
    if (this.#kept !== undefined && mark.seq <= this.#kept.seq) return false;
    return now - this.#keptAt >= checkpointInterval || now < this.#keptAt || mark.part !== this.#part;
  }

  /** What the chain that replaces this one has to say of it. */
  get last(): Pinned | undefined {
    return this.#kept === undefined ? undefined : pinOf(this.#kept);
  }

  /** @param mark what is on disk. @param settled checkpoints that the chain has written down before that. */
  keep(
    writer: ChainWriter,
    mark: Mark,
    now: number,
    { left, settled = [] }: { readonly left?: 'closed' | 'resting'; readonly settled?: readonly Pinned[] } = {},
  ): Promise<void> {
    this.#keptAt = now;
    const keeping = this.#keeping
      .catch(() => undefined)
      .then(async () => {
        const checkpoint = {
          ...writer.headAt(mark),
          trail: writer.trail,
          place: placeOf(this.#directory),
          ...(left === undefined ? {} : { [left]: true as const }),
        };
        await keepCheckpoint(this.#store, checkpoint);
        this.#kept = checkpoint;
        this.#part = mark.part;
        await removeCheckpoints(this.#store, settled);
      });
    this.#keeping = keeping;
    return keeping;
  }
}
