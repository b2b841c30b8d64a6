/**
 * What an engine is: it keeps opaque records by kind and identifier, narrows by opaque index terms, and
 * commits all or nothing. It is untrusted: everything in `body` and `material` was sealed above it, and the terms
 * are keyed hashes. `test/store/engine.contract.ts` says exactly how every engine behaves, `bounds.ts` what it accepts.
 */

export interface StoredRecord {
  /** The namespace, in small letters, digits and hyphens: 'object', 'client' ... Records of two kinds never meet. */
  readonly kind: string;
  readonly id: string;
  /** 1 at creation, one more at each change. */
  readonly revision: number;
  /** Opaque terms by which `find` narrows. */
  readonly terms: readonly string[];
  readonly body: Uint8Array;
  /** Apart from the body, because bodies may be cached opened, material never. */
  readonly material?: Uint8Array;
}

/**
 * The bytes of a change are copied before `commit` returns its promise: the caller may wipe its own at once.
 *
 * `put` with revision 1 demands that no such record exists, with revision n that revision n - 1 does.
 * `remove` names the revision that must be there.
 */
export type Change =
  | { readonly put: StoredRecord }
  | { readonly remove: { readonly kind: string; readonly id: string; readonly revision: number } };

export interface IndexQuery {
  readonly kind: string;
  /** Every one of them must be on the record; none of them means every record of the kind. */
  readonly terms: readonly string[];
  /** Only records whose identifier comes after (or, in reverse, before) this one. */
  readonly after?: string;
  /** Descending identifiers instead of ascending. */
  readonly reverse?: boolean;
}

export interface Engine {
  /**
   * 'unchanged' when the record still has `knownRevision`: what a cache hit costs. Sees every commit, of any process or
   * server, that resolved before this turn of the event loop. An identifier out of bounds is one that no record has.
   */
  get(kind: string, id: string, knownRevision?: number): Promise<StoredRecord | 'unchanged' | undefined>;
  /**
   * Yields in the order of identifiers, by their bytes of UTF-8, never blocking the event loop for long. A record that
   * nobody changes meanwhile is yielded exactly once; of one that somebody does, at most one revision is.
   */
  find(query: IndexQuery): AsyncIterable<StoredRecord>;
  /**
   * Applies the changes in order, all or nothing where the engine has transactions, else so that every prefix is a
   * legal state. Resolves after the disk has them. Throws ConflictError, with nothing applied, when a revision is stale,
   * RangeError when a change is out of bounds, another error when the disk or the server fails.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** Waits for the commits under way; everything afterwards is refused. */
  close(): Promise<void>;
}

/** A revision was stale: somebody else changed the record first. */
export class ConflictError extends Error {
  readonly kind: string;
  readonly id: string;

  constructor(kind: string, id: string) {
    super(`the ${kind} ${id} was changed by somebody else`);
    this.name = 'ConflictError';
    this.kind = kind;
    this.id = id;
  }
}

/** Waits for a commit; false when a revision was stale. */
export async function succeeds(commit: Promise<void>): Promise<boolean> {
  try {
    await commit;
    return true;
  } catch (error) {
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
