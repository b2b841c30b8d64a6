/**
 * What every engine accepts, so that all engines have the same bounds: LMDB's keys hold 1978 bytes, MongoDB's documents
 * 16 MiB. Strings are counted in bytes of UTF-8.
 */
import type { Change, IndexQuery, StoredRecord } from './engine.ts';

export const bounds = {
  kindBytes: 64,
  idBytes: 512,
  termBytes: 512,
  termsPerRecord: 1024,
  /** Body and material together. */
  recordBytes: 8 * 1024 * 1024,
  changesPerCommit: 4096,
  /** Records and terms together: a transaction is written in one piece, in some ten milliseconds. */
  entriesPerCommit: 4096,
  /** For all records together: two of the maximum size, such as an object and the one that replaces it. */
  bytesPerCommit: 16 * 1024 * 1024,
  revision: 2 ** 48 - 1,
} as const;

/** A record, or the records of one commit together, are larger than the store accepts: nothing was written. */
export class LimitError extends Error {
  readonly limit: 'recordBytes' | 'commit';

  constructor(limit: LimitError['limit'], message: string) {
    super(message);
    this.name = 'LimitError';
    this.limit = limit;
  }
}

/**
 * Keys are a kind, a separator and more, so a kind is plain; a term ends with NUL in keys; an
 * unpaired surrogate has no UTF-8.
 */
const plainName = /^[a-z0-9-]+$/;
const identifier = /^[^\p{Surrogate}]+$/u;
const withoutNul = /^[^\0\p{Surrogate}]*$/u;

export function isKind(kind: string): boolean {
  return plainName.test(kind) && kind.length <= bounds.kindBytes;
}

export function isId(id: string): boolean {
  return identifier.test(id) && Buffer.byteLength(id) <= bounds.idBytes;
}

function isTerm(term: string): boolean {
  return withoutNul.test(term) && Buffer.byteLength(term) <= bounds.termBytes;
}

/** Throws RangeError at the first change that no engine accepts. */
export function checkChanges(changes: readonly Change[]): void {
  demand(changes.length <= bounds.changesPerCommit, `a commit must have at most ${bounds.changesPerCommit} changes`);
  for (const change of changes) {
    const { kind, id, revision } = 'put' in change ? change.put : change.remove;
    const least = 'remove' in change && change.remove.spend ? 0 : 1;
    demand(isKind(kind), `a kind must have 1 to ${bounds.kindBytes} lower-case letters, digits and hyphens`);
    demand(isId(id), `an identifier must have 1 to ${bounds.idBytes} bytes of UTF-8`);
    demand(
      Number.isInteger(revision) && revision >= least && revision <= bounds.revision,
      'a revision must be an integer from 1',
    );
    if ('put' in change) checkContent(change.put);
  }
}

/** The bytes of a record that count for its bound. */
export const sizeOf = ({
  body,
  material,
}: Pick<StoredRecord, 'body'> & { readonly material?: Uint8Array | undefined }): number =>
  body.byteLength + (material?.byteLength ?? 0);

/**
 * The bytes of a record in a store: its content, and for each term an entry of the index, whose key names kind, term
 * and identifier. Exact enough for a quota; half full pages are not counted.
 */
export function roomOf(record: StoredRecord): number {
  const perTerm = record.kind.length + record.id.length + 2;
  let room = sizeOf(record) + perTerm;
  for (const term of record.terms) room += 2 * term.length + perTerm;
  return room;
}

function checkContent({ terms, body, material }: StoredRecord): void {
  demand(terms.length <= bounds.termsPerRecord, `a record must have at most ${bounds.termsPerRecord} terms`);
  demand(terms.every(isTerm), `a term must have at most ${bounds.termBytes} bytes of UTF-8 and no NUL`);
  demand(
    sizeOf({ body, material }) <= bounds.recordBytes,
    `body and material must have at most ${bounds.recordBytes} bytes together`,
  );
}

/** Throws RangeError when the query names a value that no record can have. */
export function checkQuery({ kind, terms, after }: IndexQuery): void {
  demand(isKind(kind), `a kind must have 1 to ${bounds.kindBytes} lower-case letters, digits and hyphens`);
  demand(terms.every(isTerm), `a term must have at most ${bounds.termBytes} bytes of UTF-8 and no NUL`);
  demand(after === undefined || isId(after), `an identifier must have 1 to ${bounds.idBytes} bytes of UTF-8`);
}

function demand(holds: boolean, rule: string): void {
  if (!holds) throw new RangeError(rule);
}
