/**
 * Failures that a client can cause at will for next to nothing: the first ones of a kind have records, the others are
 * counted, so that the trail does not grow many times as fast as the client sends.
 */
import type { AuditEntry } from './entry.ts';
import { createTally, type TallyBounds } from '#tally';

export interface CountedEntries {
  /** Whether the caller has to write the entry. */
  note(entry: AuditEntry): boolean;
  /** Writes the counts of the window. */
  close(): void;
}

/** How many of a kind have records of their own in a window. */
const recorded = 16;

const usualBounds: TallyBounds = { window: 5 * 60_000, kinds: 1024, kindsOfPeer: 16 };

/** @param write takes a record; whether it can be written is its own care. */
export function createCountedEntries(
  write: (entry: AuditEntry) => void,
  bounds: TallyBounds = usualBounds,
): CountedEntries {
  const tally = createTally<AuditEntry>(
    {
      ofKind: (kind, count) => write({ ...kind, count }),
      ofOthers: (client, count) =>
        write({
          kind: 'operation',
          ...(client === undefined ? {} : { client }),
          ...{ status: 'OperationFailed', reason: 'several reasons', count },
        }),
    },
    bounds,
  );
  return {
    note(entry) {
      const { kind, client = '', operation, status, reason } = entry;
      const common = { kind, client, ...(operation === undefined ? {} : { operation }), status, reason };
      return tally.note(
        JSON.stringify([client, operation, status, reason]),
        client,
        () => common as AuditEntry,
        recorded,
      );
    },
    close: tally.close,
  };
}
