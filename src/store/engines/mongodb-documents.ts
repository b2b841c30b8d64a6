/** The document that MongoDB keeps of a record, and the writes that compare its revision before they set it. */
import { Binary } from 'mongodb';
import type { AnyBulkWriteOperation, Filter } from 'mongodb';
import { DamagedRecordError } from './engine.ts';
import type { Change, IndexQuery, StoredRecord } from './engine.ts';
import { stepsOf, tombstone } from './revisions.ts';
import type { Step } from './revisions.ts';

export interface RecordDocument {
  /**
   * Kind, colon, identifier. MongoDB compares strings by their bytes of UTF-8, so that this is the order of
   * identifiers.
   */
  readonly _id: string;
  /** -1 in a tombstone, which no change can name. */
  readonly revision: number;
  readonly terms: readonly string[];
  readonly body: Binary;
  readonly material?: Binary;
}

/** A change as MongoDB makes it. */
export interface Write extends Step {
  readonly _id: string;
  readonly document?: RecordDocument;
}

export function documentId(kind: string, id: string): string {
  return `${kind}:${id}`;
}

/** In the order of the changes. */
export function toWrites(changes: readonly Change[]): Write[] {
  const steps = stepsOf(changes);
  return changes.map((change, place) => toWrite(change, steps[place]!));
}

function toWrite(change: Change, step: Step): Write {
  const _id = documentId(step.kind, step.id);
  if ('put' in change) return { ...step, _id, document: toDocument(_id, change.put) };
  return change.remove.spend ? { ...step, _id, document: tombstoneOf(_id) } : { ...step, _id };
}

const tombstoneOf = (_id: string): RecordDocument => ({
  _id,
  revision: tombstone,
  terms: [],
  body: new Binary(Buffer.alloc(0)),
});

/** Copies the bytes: what the caller does with its own afterwards is its own affair. */
function toDocument(_id: string, { revision, terms, body, material }: StoredRecord): RecordDocument {
  const copied = (bytes: Uint8Array): Binary => new Binary(Buffer.from(bytes));
  const document = { _id, revision, terms: [...new Set(terms)], body: copied(body) };
  return material === undefined ? document : { ...document, material: copied(material) };
}

/** Undefined for a tombstone. Throws DamagedRecordError. */
export function toRecord(kind: string, document: RecordDocument): StoredRecord | undefined {
  const { _id, revision, terms, body, material } = document;
  if (revision === tombstone) return undefined;
  const heading = { kind, id: _id.slice(kind.length + 1), ...(Number.isInteger(revision) ? { revision } : {}) };
  if (!Number.isInteger(revision)) throw new DamagedRecordError(heading, 'its revision is not a number');
  if (!Array.isArray(terms) || terms.some((term) => typeof term !== 'string')) {
    throw new DamagedRecordError(heading, 'its terms are not a list of texts');
  }
  if (!(body instanceof Binary) || (material !== undefined && !(material instanceof Binary))) {
    throw new DamagedRecordError({ ...heading, terms }, 'its body or material is not binary');
  }
  const record = { ...heading, revision, terms, body: body.value() };
  return material === undefined ? record : { ...record, material: material.value() };
}

/** Matches nothing, or collides with the document that is there, when the expected revision is not there. */
export function toOperation({ _id, expected, document }: Write): AnyBulkWriteOperation<RecordDocument> {
  const filter = { _id, revision: expected };
  if (document === undefined) return { deleteOne: { filter } };
  if (expected === 0) return { insertOne: { document } };
  return { replaceOne: { filter, replacement: document } };
}

/** What makes a write undone, given the document that was there before. */
export function toReversal(write: Write, before: RecordDocument | undefined): Write {
  const { kind, id, _id, revision, expected } = write;
  const reversal = { kind, id, _id, expected: revision, revision: expected };
  return before === undefined ? reversal : { ...reversal, document: before };
}

export function toFilter({ kind, terms, after, reverse = false }: IndexQuery): Filter<RecordDocument> {
  const first = documentId(kind, '');
  // The first string after all that start with kind and colon.
  const end = `${kind};`;
  const from = documentId(kind, after ?? '');
  const range = reverse ? { $gt: first, $lt: after === undefined ? end : from } : { $gt: from, $lt: end };
  return terms.length === 0 ? { _id: range } : { terms: { $all: [...new Set(terms)] }, _id: range };
}
