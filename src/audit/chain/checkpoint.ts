/**
 * Checkpoints: how far each chain goes, sealed in the store, where nobody can change them without the root key. A chain
 * has one record, under its name, which is overwritten at least every minute and at its end. When another chain of the
 * same directory is opened, it writes down what the checkpoints of ended chains say, under its own MACs, and removes
 * them: so the store holds only those of running chains and of chains that ended since the last one was opened.
 */
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { create, remove, replaceDamaged, update } from '#store/store';
import type { Store, StoreChange } from '#store/store';
import type { Pinned } from '#audit/entry';

export interface Checkpoint extends Pinned {
  /** The identity of the directory that the chain is in, and where that was. */
  readonly trail: string;
  readonly place: string;
  /** The chain ends with a 'rested' record, and one process may continue it: the one that removes this mark. */
  readonly resting?: true;
}

export const checkpointKind = jsonKind<Checkpoint>('audit-checkpoint');

/** Milliseconds between two checkpoints of a chain that is written. */
export const checkpointInterval = 30_000;

/** A chain that was written for longer, in milliseconds, has had a checkpoint, however busy its machine was. */
export const checkpointWithin = 2 * checkpointInterval;

/** The directory on this machine: finds the checkpoints again when all files of the directory were removed. */
export function placeOf(directory: string): string {
  try {
    return `${hostname()}:${realpathSync(directory)}`;
  } catch {
    return `${hostname()}:${directory}`;
  }
}

/** The checkpoints of every directory whose chains use this store. */
export async function readCheckpoints(store: Store): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for await (const { value } of store.find(checkpointKind, { terms: [] })) checkpoints.push(value);
  return checkpoints;
}

/** Durable when it resolves. An older checkpoint of the chain is overwritten, a damaged one too. */
export async function keepCheckpoint(store: Store, checkpoint: Checkpoint): Promise<void> {
  for (;;) {
    try {
      return await store.commit([await changeTo(store, checkpoint)]);
    } catch (error) {
      // The data key was rotated, or a new chain took the record over.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** Removes the mark of a resting chain. When several processes want to continue the chain, one of them gets true. */
export async function takeResting(store: Store, { chain, seq, hash }: Checkpoint): Promise<boolean> {
  for (;;) {
    const kept = await store.get(checkpointKind, chain);
    if (kept?.value.resting !== true || kept.value.seq !== seq || kept.value.hash !== hash) return false;
    const { resting: _, ...taken } = kept.value;
    try {
      await store.commit([update(kept, taken)]);
      return true;
    } catch (error) {
      // Another process was faster, or the data key was rotated.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

async function changeTo(store: Store, checkpoint: Checkpoint): Promise<StoreChange> {
  try {
    const kept = await store.get(checkpointKind, checkpoint.chain);
    return kept === undefined ? create(checkpointKind, checkpoint.chain, checkpoint) : update(kept, checkpoint);
  } catch (error) {
    if (error instanceof DamagedRecordError) return replaceDamaged(checkpointKind, error, checkpoint);
    throw error;
  }
}

/** Removes them unless they have changed. */
export async function removeCheckpoints(store: Store, checkpoints: readonly Pinned[]): Promise<void> {
  for (const { chain, seq } of checkpoints) {
    const kept = await store.get(checkpointKind, chain);
    if (kept?.value.seq !== seq) continue;
    try {
      await store.commit([remove(kept)]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
