/**
 * What a client's records take, counted. Servers add what their clients made about once a second, and count all over
 * again from time to time (`server/usage.ts`). No operation reads it on its way.
 */
import type { ManagedObject } from '#objects/managed-object';
import { DamagedRecordError } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { create, replaceDamaged, update, type Kept, type Store, type StoreChange } from '#store/store';

export interface Room {
  /** Whose records are there. */
  readonly objects: number;
  /** Whose records are gone, and whose identifiers are never free again: no count finds them. */
  readonly removed: number;
  readonly bytes: number;
}

export const noRoom: Room = { objects: 0, removed: 0, bytes: 0 };

/** `a` and, so many times, `b`. */
export const sum = (a: Room, b: Room, times = 1): Room => ({
  objects: a.objects + times * b.objects,
  removed: a.removed + times * b.removed,
  bytes: a.bytes + times * b.bytes,
});

export interface UsageRecord extends Room {
  /** When all was counted, in milliseconds since 1970; 0 while that is not sure. */
  readonly counted: number;
}

/** Under the client's identifier. */
export const usageKind = jsonKind<UsageRecord>('usage', () => [], 'unique');

/** One for each server that has counts which it has not added yet; who ends in order removes its own. */
export const usageWriterKind = jsonKind<Record<string, never>>('usage-writer');

/** Of what is wrong in a record nothing may become less than nothing. */
export function plus(value: UsageRecord, growth: Room): UsageRecord {
  const { objects, removed, bytes } = sum(value, growth);
  const { counted } = value;
  return { objects: Math.max(0, objects), removed: Math.max(0, removed), bytes: Math.max(0, bytes), counted };
}

/** The record, or what is wrong with it: then the client is counted again. */
export async function readUsage(
  store: Store,
  client: string,
): Promise<Kept<UsageRecord> | DamagedRecordError | undefined> {
  try {
    return await store.get(usageKind, client);
  } catch (error) {
    if (error instanceof DamagedRecordError) return error;
    throw error;
  }
}

/** The record when it can be read. */
export async function keptUsage(store: Store, client: string): Promise<Kept<UsageRecord> | undefined> {
  const found = await readUsage(store, client);
  return found instanceof DamagedRecordError ? undefined : found;
}

/** Puts a count where `before` was read. */
export function usageChange(
  client: string,
  before: Kept<UsageRecord> | DamagedRecordError | undefined,
  value: UsageRecord,
): StoreChange {
  if (before === undefined) return create(usageKind, client, value);
  return before instanceof DamagedRecordError ? replaceDamaged(usageKind, before, value) : update(before, value);
}

/** What to commit together with a new owner of an object. A client that was not counted yet has no record to change. */
export async function usageMoved(
  store: Store,
  { room, value }: Kept<ManagedObject>,
  to: string,
): Promise<StoreChange[]> {
  if (value.owner === to) return [];
  const moved: Room = { objects: 1, removed: 0, bytes: room };
  const [giver, receiver] = [await keptUsage(store, value.owner), await keptUsage(store, to)];
  return [
    ...(giver === undefined ? [] : [update(giver, plus(giver.value, sum(noRoom, moved, -1)))]),
    ...(receiver === undefined ? [] : [update(receiver, plus(receiver.value, moved))]),
  ];
}
