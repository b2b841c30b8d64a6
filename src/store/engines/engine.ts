/**
 * What an engine is: it keeps opaque records by kind and identifier, narrows by opaque index terms, and
 * commits all or nothing. It is untrusted: everything in `body` and `material` was sealed above it, and the terms
 * are keyed hashes. `test/store/engines/engine.contract.ts` says exactly how every engine behaves, and `bounds.ts` what
 * it accepts.
 */

export interface StoredRecord {
  /**
   * The namespace, in small letters, digits and hyphens: 'object', 'client' ... Records of two kinds are independent.
   */
  readonly kind: string;
  readonly id: string;
  /**
   * Any number from 1 at creation, one more at each change. The first one is chosen at random above the engine, so that
   * it tells two lives of one identifier apart: no cache takes a record for the one that had its identifier before.
   */
  readonly revision: number;
  /** Opaque terms by which `find` narrows. */
  readonly terms: readonly string[];
  readonly body: Uint8Array;
  /** Apart from the body: opened bodies may be cached, material must not. */
  readonly material?: Uint8Array;
}

/**
 * The bytes of a change are copied before `commit` returns its promise: the caller may wipe its own at once.
 *
 * `put` with `isNew`, or with revision 1, demands that the record is not there; otherwise, with revision n, that
 * revision n - 1 does. Behind the removal of a record, in one commit, `put` may have any revision: it takes that
 * record's place. `remove` names the revision that must be there. With `spend` it leaves a tombstone: the identifier is
 * never free again, and `get` and `find` do not show it. With `spend` and revision 0 nothing must be there.
 */
export type Change = { readonly put: StoredRecord; readonly isNew?: true } | { readonly remove: Removal };

export interface Removal {
  readonly kind: string;
  readonly id: string;
  readonly revision: number;
  readonly spend?: true;
}

export interface IndexQuery {
  readonly kind: string;
  /** The record must have each of them; an empty list means every record of the kind. */
  readonly terms: readonly string[];
  /** Only records whose identifier comes after (or, in reverse, before) this one. */
  readonly after?: string;
  /** Descending identifiers instead of ascending. */
  readonly reverse?: boolean;
}

export interface Engine {
  /**
   * Throws DamagedRecordError when what lies there is not a record. 'unchanged' when the record still has
   * `knownRevision`: what a cache hit costs. Sees every commit, of any process or server, that resolved before this
   * turn of the event loop. An identifier out of bounds is one that no record has.
   */
  get(kind: string, id: string, knownRevision?: number): Promise<StoredRecord | 'unchanged' | undefined>;
  /**
   * Yields in the order of identifiers, by their bytes of UTF-8, never blocking the event loop for long. A record that
   * nobody changes meanwhile is yielded exactly once; of one that somebody does, at most one revision is.
   * What is not a record is passed over and, given `damaged`, reported.
   */
  find(query: IndexQuery, damaged?: (error: DamagedRecordError) => void): AsyncIterable<StoredRecord>;
  /** The kinds of everything in the store, whether or not it can be read. */
  kinds(): Promise<readonly string[]>;
  /**
   * What is wrong between the records and the index, where the two are apart: entries whose record is gone or has not
   * the term, and terms of records that have no entry. Gives turns. Yields nothing for an engine whose index cannot
   * differ.
   */
  indexFaults(): AsyncIterable<IndexFault>;
  /**
   * Applies the changes in order, all or nothing where the engine has transactions, else so that every prefix is a
   * legal state. Resolves after the disk has them. Throws ConflictError, with nothing applied, when a revision is
   * stale, SpentError when something is to be made where a tombstone lies, RangeError when a change is out of bounds,
   * another error when the disk or the server fails.
   */
  commit(changes: readonly Change[]): Promise<void>;
  /** Waits for the commits in progress; every later call is refused. */
  close(): Promise<void>;
}

/** A revision was stale: the record was changed since it was read. */
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

/** The identifier belonged to a removed record, and must not be used for another one. */
export class SpentError extends ConflictError {
  constructor(kind: string, id: string) {
    super(kind, id);
    this.message = `the identifier of the ${kind} ${id} was used before`;
    this.name = 'SpentError';
  }
}

/**
 * The bytes under a record's name are not that record: they were changed, cut, moved, or written in an unknown format.
 */
export class DamagedRecordError extends Error {
  readonly kind: string;
  readonly id: string;
  /** 'its seal does not fit': a few words after the record's name. */
  readonly why: string;
  /** The revision that a replacement must name, as far as it can be read. */
  readonly revision: number;
  /** The terms in the engine: a hint at the owner, which is not verified. */
  readonly terms: readonly string[];
  readonly hint: string;

  constructor(record: Pick<StoredRecord, 'kind' | 'id'> & Partial<StoredRecord>, why: string) {
    super(`the record ${record.kind} ${record.id} cannot be opened: ${why}`);
    this.name = 'DamagedRecordError';
    this.kind = record.kind;
    this.id = record.id;
    this.why = why;
    this.hint =
      record.kind === 'root'
        ? 'restore the store from a backup: without its root record nothing in it can be opened'
        : 'kmipd store check names every damaged record and what can be done';
    this.revision = record.revision ?? unreadableRevision;
    this.terms = record.terms ?? [];
  }
}

/** The revision of a value that is too short to have one. */
export const unreadableRevision = 2 ** 47 + 1;

export interface IndexFault {
  readonly kind: string;
  readonly id: string;
  readonly fault: 'entry without record' | 'entry without term' | 'term without entry' | 'unreadable entry';
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
