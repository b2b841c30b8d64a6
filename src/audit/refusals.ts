/**
 * Refused connections in the trail. Strangers may come as often as they like, so the first of each kind (reason, peer,
 * certificate) is written at once, and the others within the window are counted; the counts are written at its end. Every
 * refusal is in a record or in a count, and whoever comes, there are only so many records a window.
 */
import type { AuditEntry } from './entry.ts';

export interface Refusal {
  readonly reason: string;
  /** The number of the connection within this process. */
  readonly connection: number;
  /** The remote address. */
  readonly peer: string;
  /** SHA-256 of the certificate, hexadecimal, when there was one. */
  readonly certificate?: string;
  /** The subject of the certificate: asked for only when it is written. */
  subject?(): string;
}

export interface RefusalBounds {
  /** Milliseconds. */
  readonly window: number;
  /** Kinds that are told apart within a window, in all and of one peer; the rest of a peer, and of all, are one count. */
  readonly kinds: number;
  readonly kindsOfPeer: number;
}

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

/** The reason in a count of those whose kinds were not told apart. */
const severalReasons = 'several reasons';

/** @param write takes a record; whether it can be written is its own care. */
export function createRefusals(write: (entry: AuditEntry) => void, bounds: RefusalBounds = usualBounds): Refusals {
  /** How many more of a kind came after its first. */
  const kinds = new Map<string, { readonly kind: Kind; more: number }>();
  /** How many kinds of a peer there are. */
  const peers = new Map<string, number>();
  /** How many came whose kind is not told apart, by peer; those of new peers together. */
  const others = new Map<string | undefined, number>();
  let timer: NodeJS.Timeout | undefined;

  const record = (kind: Kind, details: Pick<AuditEntry, 'connection' | 'subject' | 'count'>): void =>
    write({ kind: 'connection', status: 'refused', ...kind, ...details });

  function settle(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const { kind, more } of kinds.values()) if (more > 0) record(kind, { count: more });
    for (const [peer, count] of others)
      record({ reason: severalReasons, ...(peer === undefined ? {} : { peer }) }, { count });
    for (const map of [kinds, peers, others]) map.clear();
  }

  return {
    note({ reason, connection, peer, certificate, subject }) {
      timer ??= setTimeout(settle, bounds.window).unref();
      const key = JSON.stringify([reason, peer, certificate]);
      const known = kinds.get(key);
      if (known !== undefined) {
        known.more++;
        return false;
      }
      const kindsOfPeer = peers.get(peer) ?? 0;
      if (kinds.size >= bounds.kinds || kindsOfPeer >= bounds.kindsOfPeer) {
        const whose = peers.has(peer) ? peer : undefined;
        others.set(whose, (others.get(whose) ?? 0) + 1);
        return false;
      }
      peers.set(peer, kindsOfPeer + 1);
      const kind: Kind = { reason, peer, ...(certificate === undefined ? {} : { certificate }) };
      kinds.set(key, { kind, more: 0 });
      record(kind, { connection, ...(subject === undefined ? {} : { subject: subject() }) });
      return true;
    },
    close: settle,
  };
}
