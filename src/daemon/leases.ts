/** Which jobs that one server of a store is to run are this server's. */
import { randomUUID } from 'node:crypto';

import type { Job } from '#scheduler';
import { giveBackLease, takeLease } from '#store/lease';
import type { Store } from '#store/store';

export interface Leases {
  /** Whether this server runs the job now. It keeps a job until it ends, and for half an interval when it crashes. */
  readonly isChosen: (job: Job) => Promise<boolean>;
  /** Other servers may run the jobs at once. */
  giveBack(): Promise<void>;
}

export function createLeases(store: Store, now: () => number): Leases {
  const holder = randomUUID();
  const held = new Set<string>();
  return {
    async isChosen({ name, interval }) {
      const isHeld = await takeLease(store, name, { holder, now: now(), duration: 1.5 * interval });
      if (isHeld) held.add(name);
      else held.delete(name);
      return isHeld;
    },
    async giveBack() {
      for (const name of held) await giveBackLease(store, name, holder);
      held.clear();
    },
  };
}
