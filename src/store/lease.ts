/**
 * Which of several servers on a store does what one of them is to do. A lease names its holder until a time; the
 * holder takes it again before that, and others take it after. Clocks of machines differ, so that two servers may
 * believe for a moment that they have it: what is done under a lease must be harmless when it is done twice.
 */
import { ConflictError, DamagedRecordError } from '#store/engines/engine';
import { jsonKind } from './json-kind.ts';
import { create, remove, replaceDamaged, update, type Store, type StoreChange } from './store.ts';

interface Lease {
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export const leaseKind = jsonKind<Lease>('lease');

/** Whether `holder` has the lease from now on, for `duration` milliseconds. */
export async function takeLease(
  store: Store,
  name: string,
  { holder, now, duration }: { readonly holder: string; readonly now: number; readonly duration: number },
): Promise<boolean> {
  const change = await changeTo(store, name, { holder, until: now + duration }, now, duration);
  if (change === undefined) return false;
  try {
    await store.commit([change]);
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}

async function changeTo(
  store: Store,
  name: string,
  lease: Lease,
  now: number,
  duration: number,
): Promise<StoreChange | undefined> {
  try {
    const kept = await store.get(leaseKind, name);
    if (kept === undefined) return create(leaseKind, name, lease);
    const left = kept.value.until - now;
    // An end that lies further away than a lease lasts was set by a clock that was wrong.
    const isHeld = left > 0 && left <= duration;
    return isHeld && kept.value.holder !== lease.holder ? undefined : update(kept, lease);
  } catch (error) {
    if (error instanceof DamagedRecordError) return replaceDamaged(leaseKind, error, lease);
    throw error;
  }
}

/** Gives the lease back, when `holder` has it. */
export async function giveBackLease(store: Store, name: string, holder: string): Promise<void> {
  try {
    const kept = await store.get(leaseKind, name);
    if (kept?.value.holder === holder) await store.commit([remove(kept)]);
  } catch (error) {
    // It ends by itself.
    if (!(error instanceof ConflictError || error instanceof DamagedRecordError)) throw error;
  }
}
