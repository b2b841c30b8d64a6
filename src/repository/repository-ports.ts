/** What the repository works on, and what takes part in its commits: provided by `server`. */
import type { AuditTrail } from '#audit/trail';
import type { ManagedObject } from '#objects/managed-object';
import type { Growth, Store } from '#store/store';
import type { Rule, Share } from './room-share.ts';

export interface RepositoryPorts {
  readonly store: Store;
  readonly audit: Pick<AuditTrail, 'pending'>;
  readonly quotas: CommitQuotas;
  /** Called with every committed object that will be due for rotation. */
  readonly rotating: { note(object: ManagedObject): void };
  readonly lines: RightOfWay;
}

export interface CommitQuotas {
  /**
   * Makes a commit and counts it. `shares` are of its first changes, in their order.
   * @throws KmipError ServerLimitExceeded, with nothing committed; whatever `commit` throws.
   */
  counted(
    shares: readonly Share[],
    rule: Rule,
    commit: (admit: (growths: readonly Growth[]) => void) => Promise<void>,
  ): Promise<void>;
  /**
   * To be called before work that makes so many objects.
   * @throws KmipError ServerLimitExceeded.
   */
  demandRoom(client: string, objects?: number): Promise<void>;
}

/** For runs that had a conflict, and run again. */
export interface RightOfWay {
  readonly hasClaims: boolean;
  /** Waits while others have right of way on one of the objects. */
  giveWay(ids: Iterable<string>): Promise<void>;
}
