/**
 * What an engine is: it keeps opaque records by kind and identifier, narrows by opaque index terms, and
 * commits all or nothing. It is untrusted: everything in `body` and `material` was sealed above it, and the terms
 * are keyed hashes. `test/store/engine.contract.ts` says exactly how every engine behaves.
 */

export interface StoredRecord {
  /** The namespace: 'object', 'client', 'data-key' ... Records of two kinds never meet. */
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
  /** 'unchanged' when the record still has `knownRevision`: what a cache hit costs. */
  get(kind: string, id: string, knownRevision?: number): Promise<StoredRecord | 'unchanged' | undefined>;
  /** Yields in the order of identifiers, never blocking the event loop for long. */
  find(query: IndexQuery): AsyncIterable<StoredRecord>;
  /**
   * Applies the changes in order, all or nothing where the engine has transactions, else so that every prefix is a
   * legal state. Resolves after the disk has them. Throws ConflictError, with nothing applied, when a revision is stale.
   */
  commit(changes: readonly Change[]): Promise<void>;
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
