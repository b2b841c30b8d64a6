/** What the server remembers from request to request. */
import type { CountedEntries } from '#audit/counted-entries';
import type { FairQueue } from '#workers/fair-queue';
import type { CountedLog } from './counted-log.ts';
import type { NewIdentifier } from '#server/run/identifier';
import type { Quotas } from '#server/limits/quotas';
import type { RequestRate } from '#server/admission/request-rate';
import type { RotationSchedule } from '#server/rotation/rotation-schedule';
import type { StreamTable } from '#server/run/stream-table';
import type { ObjectView } from '#repository/object-repository';
import type { WaitingLines } from '#server/message/conflict-queue';
import type { Services } from './services.ts';

export interface ServerState extends Services {
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
