/**
 * What may happen as often as anybody outside likes: the first of each kind within a window are written one by one, the
 * others are counted, and the counts are written at its end. Everything is in a line or in a count, and a window has
 * only so many lines.
 */
export interface TallyBounds {
  /** Milliseconds. */
  readonly window: number;
  /**
   * Kinds with a count of their own within a window, in all and of one peer; the rest of a peer, and of all, are one
   * count.
   */
  readonly kinds: number;
  readonly kindsOfPeer: number;
}

export interface Tally<K> {
  /**
   * Whether it is one of the first of its kind, which the caller writes.
   * @param key what makes the kind, and `peer` whose it is: an address, or a client.
   * @param first how many of a kind are written before they are counted.
   */
  note(key: string, peer: string, kind: () => K, first?: number): boolean;
  /** Writes the counts of the window. */
  close(): void;
}

export interface Counts<K> {
  /** So many more of a kind came. */
  ofKind(kind: K, count: number): void;
  /** So many came without a count of their kind: of this peer, or of several. */
  ofOthers(peer: string | undefined, count: number): void;
}

export function createTally<K>(counts: Counts<K>, bounds: TallyBounds): Tally<K> {
  const kinds = new Map<string, { readonly kind: K; written: number; more: number }>();
  /** How many kinds of a peer there are. */
  const peers = new Map<string, number>();
  /** How many came without a count of their kind, by peer; those of new peers together. */
  const others = new Map<string | undefined, number>();
  let timer: NodeJS.Timeout | undefined;

  function settle(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const { kind, more } of kinds.values()) if (more > 0) counts.ofKind(kind, more);
    for (const [peer, count] of others) counts.ofOthers(peer, count);
    for (const map of [kinds, peers, others]) map.clear();
  }

  return {
    note(key, peer, kind, first = 1) {
      timer ??= setTimeout(settle, bounds.window).unref();
      const known = kinds.get(key);
      if (known !== undefined) {
        if (known.written < first) {
          known.written++;
          return true;
        }
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
      kinds.set(key, { kind: kind(), written: 1, more: 0 });
      return true;
    },
    close: settle,
  };
}
