/**
 * The store as everything above the seal uses it: typed records by kind. `openStore` (open-store.ts) makes it from an
 * Engine: bodies and material are sealed, terms are hashed, opened bodies are cached under their revision.
 */
import type { DamagedRecordError, IndexQuery } from '#store/engines/engine';
import type { KeyObject } from 'node:crypto';

/** Makes the opaque index term for one value of one field; the value is hashed with a key (HMAC-SHA-256). */
export type TermMaker = (field: string, value: string | Uint8Array) => string;

/** One kind of record: how its value becomes bytes (before sealing), and its index terms. */
export interface Kind<T> {
  readonly name: string;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
  /** The same for values of some megabytes, with turns for others. */
  decodeInTurns?(bytes: Uint8Array, turn: () => Promise<void>): Promise<T>;
  terms(value: T, term: TermMaker): readonly string[];
  /**
   * The use of an identifier after its record. 'spent': once the record was removed, the identifier is never used
   * again. 'unique': no two records are made with it, so the first revision is 1. Absent: it may be used again, for a
   * record that begins with another revision.
   */
  readonly identifiers?: 'spent' | 'unique';
}

/** A record as it was read: a change names its revision. Values are immutable: a change makes a new one. */
export interface Kept<T> {
  readonly kind: Kind<T>;
  readonly id: string;
  readonly revision: number;
  readonly value: T;
  readonly hasMaterial: boolean;
  /** Bytes that the record takes in the store, its index entries included. */
  readonly room: number;
  /**
   * Opens the sealed material. Throws RangeError when there is none, DamagedRecordError. The caller wipes (fills with
   * zero) the result after use.
   */
  openMaterial(): Uint8Array;
}

/** Absent `material` keeps what is there, null drops it. Build these with `create`, `update`, `remove`. */
export type StoreChange =
  | {
      readonly kind: Kind<unknown>;
      readonly id: string;
      /**
       * The revision that must be there, 0 for a new record, which gets a first revision that no other life of its
       * identifier had.
       */
      readonly revision: number;
      readonly value: unknown;
      readonly material?: Uint8Array | null;
      /** The record that was read, if there was one: unchanged material is taken from it. */
      readonly before?: Kept<unknown>;
    }
  | {
      readonly kind: Kind<unknown>;
      readonly id: string;
      readonly revision: number;
      readonly removed: true;
      readonly before?: Kept<unknown>;
    };

/** The bytes of a record before and after a change; 0 when there is no record. */
export interface Growth {
  readonly before: number;
  readonly after: number;
}

/** How far a reindex has come: everything up to this identifier is done, and on disk. */
export interface ReindexMark {
  readonly after: string;
  /** Records that were read, and those of them whose terms were changed. */
  readonly seen: number;
  readonly changed: number;
}

export interface Store {
  /** Throws DamagedRecordError. */
  get<T>(kind: Kind<T>, id: string): Promise<Kept<T> | undefined>;
  /**
   * In the order of identifiers; damaged records are passed over, and reported, to `damaged` too. `terms` are made with
   * `term`; the caller matches the values again: terms only narrow.
   */
  find<T>(
    kind: Kind<T>,
    query: Omit<IndexQuery, 'kind'>,
    damaged?: (error: DamagedRecordError) => void,
  ): AsyncIterable<Kept<T>>;
  /**
   * All or nothing, durable when it resolves. Throws ConflictError when a revision is stale, SpentError when a new
   * record has an identifier that is never used again. `admit` is asked when everything is sealed and nothing is
   * written; what it throws is what the commit throws.
   */
  commit(changes: readonly StoreChange[], admit?: (growths: readonly Growth[]) => void): Promise<void>;
  /** The bytes of each record, without opening it. In the order of identifiers; gives turns as `find` does. */
  rooms(kind: Kind<unknown>, terms: readonly string[]): AsyncIterable<number>;
  /** Makes the index terms of all records of the kind again, from behind an identifier on; as it is iterated. */
  reindex(kind: Kind<unknown>, after?: string): AsyncIterable<ReindexMark>;
  readonly term: TermMaker;
  /** Called for each damaged record that is met, once for each of its revisions, and for those that were met before. */
  onDamage(listener: (damaged: DamagedRecordError) => void): void;
  /** A key for one purpose, the same for the life of the store, which cannot be derived without the root key. */
  derivedKey(purpose: string): KeyObject;
  /** Closes the engine too. */
  close(): Promise<void>;
}

export function create<T>(kind: Kind<T>, id: string, value: T, material?: Uint8Array): StoreChange {
  return { kind, id, revision: 0, value, ...(material === undefined ? {} : { material }) };
}

export function update<T>(before: Kept<T>, value: T, material?: Uint8Array | null): StoreChange {
  const { kind, id, revision } = before;
  return { kind, id, revision, value, before, ...(material === undefined ? {} : { material }) };
}

/** Replaces a damaged record by another value; its material is lost. */
export function replaceDamaged<T>(kind: Kind<T>, { id, revision }: DamagedRecordError, value: T): StoreChange {
  return { kind, id, revision, value, material: null };
}

/** Spends an unused identifier: no record is ever made under it. For kinds whose identifiers are spent. */
export function spend<T>(kind: Kind<T>, id: string): StoreChange {
  return { kind, id, revision: 0, removed: true };
}

export function remove<T>(before: Kept<T>): StoreChange {
  return { kind: before.kind, id: before.id, revision: before.revision, removed: true, before };
}
