/** What the handler is made of: handed in, so that tests fix the clock and use the real rest. */
import type { CountedEntries } from '#audit/counted-entries';
import type { AuditTrail } from '#audit/trail';
import type { CertificateAuthority, ServerFacts } from '#operations/context';
import type { Store } from '#store/store';
import type { DiskReserve } from './disk-reserve.ts';
import type { FairQueue } from '#workers/fair-queue';
import type { Workers } from '#workers/tasks';
import type { ClientFacts } from './client-facts.ts';
import type { CountedLog } from './counted-log.ts';
import type { Credentials } from './authentication.ts';
import type { NewIdentifier } from './identifier.ts';
import type { Quotas } from './quotas.ts';
import type { RequestRate } from './request-rate.ts';
import type { RotationSchedule } from './rotation-schedule.ts';
import type { StreamTable } from './streams.ts';
import type { ObjectView } from './view.ts';
import type { WaitingLines } from './waiting-lines.ts';

export interface ServerLog {
  debug(message: string, details?: object): unknown;
  info(message: string, details?: object): unknown;
  warn(message: string, details?: object): unknown;
  error(message: string, details?: object): unknown;
}

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
  readonly limits: HandlerLimits;
  /** Absent: the disk is not watched. */
  readonly disk?: Pick<DiskReserve, 'room'>;
}

/** With what the handler itself remembers from request to request. */
export interface Running extends Services {
  /** For lines that clients can cause at will. */
  readonly counted: CountedLog;
  /** For audit records of failures that clients can cause at will. */
  readonly countedEntries: CountedEntries;
  /** The objects as the store has them. */
  readonly objects: ObjectView;
  readonly newIdentifier: NewIdentifier;
  readonly lines: WaitingLines;
  readonly rate: RequestRate;
  /** The identifier that every object made since a client's Interop Begin comes after, by client. */
  readonly interopBegun: Map<string, string>;
  readonly streams: StreamTable;
  /** Longer work on the event loop, a piece at a time. */
  readonly turns: FairQueue;
  readonly quotas: Quotas;
  readonly rotating: RotationSchedule;
}

export interface HandlerLimits {
  /** Bytes of one request. */
  readonly maximumMessageSize: number;
  /** Items in one request. */
  readonly maximumBatchCount: number;
  /** Whether objects are rotated by the server, and the least time between two rotations, in milliseconds. */
  readonly rotations: 'on' | 'off';
  readonly rotateMinimumInterval: number;
}
