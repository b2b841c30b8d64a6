/**
 * What a client's records take, counted. Servers add what their clients made about once a second, and count all over again from time to time
 * (`server/usage.ts`). No operation reads it on its way.
 */
import { jsonKind } from './json-kind.ts';
import type { ManagedObject } from '#objects/managed-object';
import { update, type Kept, type Store, type StoreChange } from './store.ts';

export interface Room {
  readonly objects: number;
  readonly bytes: number;
}

export interface UsageRecord extends Room {
  /** When all was counted, in milliseconds since 1970; 0 while that is not sure. */
  readonly counted: number;
}

/** Under the client's identifier. */
export const usageKind = jsonKind<UsageRecord>('usage', () => [], 'unique');

/** One for each server that has counts which it has not added yet; who ends in order removes its own. */
export const usageWriterKind = jsonKind<Record<string, never>>('usage-writer');

export const plus = (value: UsageRecord, { objects, bytes }: Room): UsageRecord => ({
  ...value,
  objects: Math.max(0, value.objects + objects),
  bytes: Math.max(0, value.bytes + bytes),
});

/** What to commit together with a new owner of an object. A client that was not counted yet has no record to change. */
export async function usageMoved(
  store: Store,
  { room, value }: Kept<ManagedObject>,
  to: string,
): Promise<StoreChange[]> {
  if (value.owner === to) return [];
  const [giver, receiver] = [await store.get(usageKind, value.owner), await store.get(usageKind, to)];
  return [
    ...(giver === undefined ? [] : [update(giver, plus(giver.value, { objects: -1, bytes: -room }))]),
    ...(receiver === undefined ? [] : [update(receiver, plus(receiver.value, { objects: 1, bytes: room }))]),
  ];
}
