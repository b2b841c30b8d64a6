/**
 * What the message core and the jobs beside it work with: handed in, so that tests fix the clock and use real parts.
 */
import type { AuditTrail } from '#audit/trail';
import type { CertificateAuthority, ServerFacts } from '#operations/context';
import type { Store } from '#store/store';
import type { DiskReserve } from '#server/limits/disk-reserve';
import type { Workers } from '#workers/tasks';
import type { ClientFacts } from '#server/run/client-facts';
import type { Credentials } from '#server/message/authentication';
import type { ServerLog } from './server-log.ts';

export interface Services {
  readonly store: Store;
  readonly audit: AuditTrail;
  readonly clients: ClientFacts;
  /** Passwords beside certificates. */
  readonly credentials: Credentials;
  /** Milliseconds since 1970. */
  now(): number;
  random(length: number): Uint8Array;
  readonly log: ServerLog;
  readonly facts: ServerFacts;
  /** What would hold up everybody is done here. */
  readonly workers: Workers;
  /** Absent: nothing is certified, and no chain judged. */
  readonly authority?: CertificateAuthority;
  readonly limits: ServiceLimits;
  /** Absent: the disk is not watched. */
  readonly disk?: Pick<DiskReserve, 'room'>;
}

export interface ServiceLimits {
  /** Bytes of one request. */
  readonly maximumMessageSize: number;
  /** Items in one request. */
  readonly maximumBatchCount: number;
  /** Whether objects are rotated by the server, and the least time between two rotations, in milliseconds. */
  readonly rotations: 'on' | 'off';
  readonly rotateMinimumInterval: number;
}
