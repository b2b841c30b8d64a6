/**
 * Refused connections in the trail. Strangers may come as often as they like, so a tally writes the first and counts
 * the rest.
 */
import type { AuditEntry } from './entry.ts';
import { createTally, type TallyBounds } from '#tally';

export interface Refusal {
  readonly reason: string;
  /** The number of the connection within this process. */
  readonly connection: number;
  /** The remote address. */
  readonly peer: string;
  /** SHA-256 of the certificate, hexadecimal, when there was one. */
  readonly certificate?: string;
  /** The subject of the certificate: read only when it is written. */
  subject?(): string;
}

export type RefusalBounds = TallyBounds;

export interface Refusals {
  /** Whether it is the first of its kind, and written. */
  note(refusal: Refusal): boolean;
  /** Writes the counts of the window. */
  close(): void;
}

const usualBounds: RefusalBounds = { window: 5 * 60_000, kinds: 256, kindsOfPeer: 16 };

/** What refusals have in common that are counted together. */
interface Kind {
  readonly reason: string;
  readonly peer?: string;
  readonly certificate?: string;
}

/** The reason in a count of refusals of several kinds. */
const severalReasons = 'several reasons';

/** @param write takes a record; whether it can be written is its own care. */
export function createRefusals(write: (entry: AuditEntry) => void, bounds: RefusalBounds = usualBounds): Refusals {
  const record = (kind: Kind, details: Pick<AuditEntry, 'connection' | 'subject' | 'count'>): void =>
    write({ kind: 'connection', status: 'refused', ...kind, ...details });
  const tally = createTally<Kind>(
    {
      ofKind: (kind, count) => record(kind, { count }),
      ofOthers: (peer, count) => record({ reason: severalReasons, ...(peer === undefined ? {} : { peer }) }, { count }),
    },
    bounds,
  );

  return {
    note({ reason, connection, peer, certificate, subject }) {
      const kind: Kind = { reason, peer, ...(certificate === undefined ? {} : { certificate }) };
      const isFirst = tally.note(JSON.stringify([reason, peer, certificate]), peer, () => kind);
      if (isFirst) record(kind, { connection, ...(subject === undefined ? {} : { subject: subject() }) });
      return isFirst;
    },
    close: tally.close,
  };
}
