/** The document that MongoDB keeps of a record, and the writes that compare its revision before they set it. */
import { Binary } from 'mongodb';
import type { AnyBulkWriteOperation, Filter } from 'mongodb';
import type { Change, IndexQuery, StoredRecord } from './engine.ts';
import { stepOf } from './revisions.ts';
import type { Step } from './revisions.ts';

export interface RecordDocument {
  /** Kind, colon, identifier. MongoDB compares strings by their bytes of UTF-8, so that this is the order of identifiers. */
  readonly _id: string;
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

export function toWrite(change: Change): Write {
  const step = stepOf(change);
  const _id = documentId(step.kind, step.id);
  return 'remove' in change ? { ...step, _id } : { ...step, _id, document: toDocument(_id, change.put) };
}

/** Copies the bytes: what the caller does with its own afterwards is its own affair. */
function toDocument(_id: string, { revision, terms, body, material }: StoredRecord): RecordDocument {
  const copied = (bytes: Uint8Array): Binary => new Binary(Buffer.from(bytes));
  const document = { _id, revision, terms: [...new Set(terms)], body: copied(body) };
  return material === undefined ? document : { ...document, material: copied(material) };
}

export function toRecord(kind: string, { _id, revision, terms, body, material }: RecordDocument): StoredRecord {
  const record = { kind, id: _id.slice(kind.length + 1), revision, terms, body: body.value() };
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
