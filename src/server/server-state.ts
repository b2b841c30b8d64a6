/** What the server remembers from request to request. */
import { createCountedEntries, type CountedEntries } from '#audit/counted-entries';
import { createFairQueue, type FairQueue } from '#workers/fair-queue';
import { createCountedLog, type CountedLog } from './counted-log.ts';
import { identifiers, type NewIdentifier } from '#server/run/identifier';
import { Quotas } from '#server/limits/quotas';
import { RequestRate } from '#server/admission/request-rate';
import { RotationSchedule, secondsOf } from '#server/rotation/rotation-schedule';
import { createStreamTable, type StreamTable } from '#server/run/stream-table';
import { UsageKeeper } from '#server/limits/usage-count';
import { objectRepository, type ObjectRepository } from '#repository/object-repository';
import { WaitingLines } from '#server/message/conflict-queue';
import type { Services } from './services.ts';

export interface ServerState extends Services {
  /** For lines that clients can cause at will. */
  readonly counted: CountedLog;
  /** For audit records of failures that clients can cause at will. */
  readonly countedEntries: CountedEntries;
  /** The objects as the store has them. */
  readonly objects: ObjectRepository;
  readonly newIdentifier: NewIdentifier;
  readonly lines: WaitingLines;
  readonly rate: RequestRate;
  /** The identifier that every object made since a client's Interop Begin comes after, by client. */
  readonly interopBegun: Map<string, string>;
  readonly streams: StreamTable;
  /** Longer work on the event loop, a piece at a time. */
  readonly turns: FairQueue;
  /** What each client keeps: to be started, and stopped at the end. */
  readonly usage: UsageKeeper;
  readonly quotas: Quotas;
  readonly rotating: RotationSchedule;
}

export function createServerState(services: Services, counted = createCountedLog(services.log)): ServerState {
  const { store, clients, limits, log, now } = services;
  const usage = new UsageKeeper({ ...{ store, log, now }, clients: () => clients.ids() });
  const quotas = new Quotas({ usage: usage.usage, clients, log, now });
  const rotating = new RotationSchedule(secondsOf(limits.rotateMinimumInterval));
  const lines = new WaitingLines();
  const countedEntries = createCountedEntries((entry) => {
    // The trail itself tells the log when it cannot write.
    void services.audit.append(entry).catch(() => undefined);
  });
  return {
    ...services,
    ...{ counted, countedEntries, lines, usage, quotas, rotating },
    objects: objectRepository({ ...services, quotas, rotating, lines }),
    newIdentifier: identifiers(services.random),
    rate: new RequestRate(clients),
    interopBegun: new Map(),
    streams: createStreamTable(services),
    turns: createFairQueue(1),
  };
}
