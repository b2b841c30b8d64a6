/**
 * What a running server can be watched by: channels of node:diagnostics_channel, each with one type of message. Nothing
 * subscribes by default. A publisher asks `hasSubscribers` before it builds a message or reads a clock, so that an
 * unwatched channel costs one comparison.
 *
 * Messages hold identifiers, names and numbers only: no attribute, no key material, nothing that a client wrote freely.
 */
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface Observed<T> {
  readonly name: string | symbol;
  readonly hasSubscribers: boolean;
  publish(message: T): void;
}

/** A connection whose peer is a known client, when it begins and when it is over. */
export interface ConnectionEvent {
  readonly state: 'admitted' | 'closed';
  /** The number of the connection in this process, as in the log and in the audit trail. */
  readonly connection: number;
  /** The name of the door that it came through. */
  readonly door: string;
  readonly client: string;
  /** Of the peer. */
  readonly address: string | undefined;
}

/** One item of a request message, when its audit record is written or cannot be written: its answer follows. */
export interface RequestEvent {
  readonly connection: number | undefined;
  readonly client: string | undefined;
  /** The protocol version, such as `2.1`. */
  readonly version: string | undefined;
  /** Its name in the specification, or `unknown`. */
  readonly operation: string;
  /** Of the first object that the item touched, if any. */
  readonly identifier: string | undefined;
  /** The Result Status. */
  readonly status: string;
  /** The Result Reason of a failure, as KMIP 2.1 names it. */
  readonly reason: string | undefined;
  /** What the item took, its commit included; 0 when it was not run. */
  readonly microseconds: number;
}

/** A commit of the store, when it is durable or has failed. */
export interface CommitEvent {
  readonly outcome: 'committed' | 'conflict' | 'failed';
  /** How many records it writes and removes. */
  readonly changes: number;
  readonly microseconds: number;
}

/** The audit chain of this process, when what was written of it is on disk, or cannot be brought there. */
export interface AuditFlushEvent {
  readonly outcome: 'durable' | 'failed';
  /** How many records were written since the flush before. */
  readonly records: number;
  readonly microseconds: number;
}

/** One run of a scheduled job, when it ends. */
export interface JobEvent {
  readonly job: string;
  readonly outcome: 'done' | 'failed';
  readonly microseconds: number;
}

const observed = <T>(name: string): Observed<T> => channel(name);

export const connectionChannel = observed<ConnectionEvent>('kmipd:connection');
export const requestChannel = observed<RequestEvent>('kmipd:request');
export const commitChannel = observed<CommitEvent>('kmipd:commit');
export const auditFlushChannel = observed<AuditFlushEvent>('kmipd:audit-flush');
export const jobChannel = observed<JobEvent>('kmipd:job');

/** Milliseconds of `performance.now()`; 0 while nothing subscribes, which reads no clock. */
export const startOf = ({ hasSubscribers }: Observed<never>): number => (hasSubscribers ? performance.now() : 0);

/** Whole microseconds since `start`. */
export const microsecondsSince = (start: number): number => Math.round((performance.now() - start) * 1000);

/**
 * Subscribes, and gives what ends it. What the listener throws goes to `failed`: node:diagnostics_channel ends the
 * process when a listener throws.
 */
export function observe<T>(
  from: Observed<T>,
  listener: (event: T) => void,
  failed: (error: unknown) => void,
): () => void {
  const guarded = (event: unknown): void => {
    try {
      listener(event as T);
    } catch (error) {
      failed(error);
    }
  };
  subscribe(from.name, guarded);
  return () => void unsubscribe(from.name, guarded);
}
