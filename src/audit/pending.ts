/**
 * The record of a change as it travels in the commit of that change: sealed in the store until the file of the trail
 * is on disk. What is still there when its process is gone is completed by the next one (`recover.ts`).
 */
import { jsonKind } from '#store/json-kind';
import type { AuditEntry } from './entry.ts';

export interface PendingRecord {
  readonly time: string;
  readonly entry: AuditEntry;
  /** The chains that may hold the entry: the one it was made in, then those that set out to complete it. */
  readonly owners: readonly string[];
}

/** A record of the store that is done with, as soon as what it stands for is on disk in a file. */
export interface Leftover {
  readonly id: string;
  readonly revision: number;
}

/** Its identifiers are those of the entries; of millions nothing stays. */
export const pendingKind = jsonKind<PendingRecord>('audit', () => [], 'unique');
