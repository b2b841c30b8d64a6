/**
 * The bytes that LMDB keeps.
 *
 * Database `records`: kind NUL id -> revision (6), layout (1), has material (1), length of the terms (4), length of the
 * body (4), terms (each a length of 2 and UTF-8), body, material. The revision is first: a cache hit reads no further.
 * A tombstone is a header alone, of another layout, that no single bit tells from a record's, and of revision 0.
 * Database `terms`: kind NUL term NUL id -> nothing. Identifiers sort as their UTF-8 bytes.
 */
import { DamagedRecordError, unreadableRevision } from './engine.ts';
import type { StoredRecord } from './engine.ts';
import { tombstone } from './revisions.ts';

const headerBytes = 16;
const layout = 1;
const tombstoneLayout = 2;
const layoutAt = 6;

export const encodedTombstone: Buffer = Buffer.alloc(headerBytes);
encodedTombstone.writeUInt8(tombstoneLayout, layoutAt);

/** No UTF-8 text has this byte: a prefix followed by it sorts behind every key that starts with the prefix. */
const afterUtf8 = Buffer.of(0xff);

export function recordKey(kind: string, id: string): Buffer {
  return Buffer.from(`${kind}\0${id}`);
}

export function termKey(kind: string, term: string, id: string): Buffer {
  return Buffer.from(`${kind}\0${term}\0${id}`);
}

/** The upper end of the range of keys that start with `prefix`. */
export function endOf(prefix: Uint8Array): Buffer {
  return Buffer.concat([prefix, afterUtf8]);
}

export function encodeRecord({ revision, terms, body, material }: StoredRecord): Buffer {
  const encodedTerms = terms.map((term) => Buffer.from(term));
  const termsLength = encodedTerms.reduce((sum, term) => sum + 2 + term.length, 0);
  const bytes = Buffer.allocUnsafe(headerBytes + termsLength + body.length + (material?.length ?? 0));
  bytes.writeUIntBE(revision, 0, 6);
  bytes.writeUInt8(layout, layoutAt);
  bytes.writeUInt8(material === undefined ? 0 : 1, 7);
  bytes.writeUInt32BE(termsLength, 8);
  bytes.writeUInt32BE(body.length, 12);
  let offset = headerBytes;
  for (const term of encodedTerms) {
    offset = bytes.writeUInt16BE(term.length, offset);
    offset += term.copy(bytes, offset);
  }
  bytes.set(body, offset);
  if (material !== undefined) bytes.set(material, offset + body.length);
  return bytes;
}

/** Takes any view: lmdb gives large values as views of its map that are not Buffers. */
export function revisionOf(bytes: Uint8Array): number {
  let revision = 0;
  for (let at = 0; at < 6; at++) revision = revision * 256 + (bytes[at] as number);
  return revision;
}

const isTombstone = (bytes: Uint8Array): boolean =>
  bytes.length === headerBytes && bytes[layoutAt] === tombstoneLayout && revisionOf(bytes) === 0;

/**
 * As `revisions.ts` counts: what is too damaged to have a revision has one all the same, so that nothing is made over
 * it.
 */
export function presentRevisionOf(bytes: Uint8Array): number {
  if (isTombstone(bytes)) return tombstone;
  return (bytes.length < headerBytes ? 0 : revisionOf(bytes)) || unreadableRevision;
}

export const termsOf = (bytes: Buffer): string[] => readTerms(bytes).terms;

/**
 * With where they end, which is not where the header says when a length among them was changed. For every record that
 * is read: no generator.
 */
function readTerms(bytes: Buffer): { readonly terms: string[]; readonly end: number } {
  const terms: string[] = [];
  let offset = headerBytes;
  if (bytes.length < headerBytes) return { terms, end: offset };
  const end = headerBytes + bytes.readUInt32BE(8);
  while (offset < end) {
    const start = offset + 2;
    const next = start > bytes.length ? Infinity : start + bytes.readUInt16BE(offset);
    if (next > bytes.length) break;
    terms.push(bytes.toString('utf8', start, next));
    offset = next;
  }
  return { terms, end: offset };
}

/** Body and material are views of `bytes`. Undefined for a tombstone. Throws DamagedRecordError. */
export function decodeRecord(kind: string, id: string, bytes: Buffer): StoredRecord | undefined {
  if (isTombstone(bytes)) return undefined;
  const revision = presentRevisionOf(bytes);
  const damaged = (why: string, terms: readonly string[] = []) =>
    new DamagedRecordError({ kind, id, revision, terms }, why);
  if (bytes.length < headerBytes) throw damaged(`it has ${bytes.length} bytes`);
  if (bytes[layoutAt] !== layout) {
    throw damaged(`its layout has the number ${bytes[layoutAt]}, which this version of kmipd does not know`);
  }
  const { terms, end: termsRead } = readTerms(bytes);
  const termsEnd = headerBytes + bytes.readUInt32BE(8);
  const bodyEnd = termsEnd + bytes.readUInt32BE(12);
  const hasMaterial = bytes[7] === 1;
  const isWhole = bodyEnd === bytes.length || (hasMaterial && bodyEnd < bytes.length);
  if (!isWhole || termsRead !== termsEnd || (bytes[7] !== 0 && !hasMaterial))
    throw damaged('its parts have wrong lengths', terms);
  return {
    kind,
    id,
    revision,
    terms,
    body: bytes.subarray(termsEnd, bodyEnd),
    ...(hasMaterial ? { material: bytes.subarray(bodyEnd) } : {}),
  };
}

/** Whether the terms of the record hold this one. */
export const hasTerm = (bytes: Buffer, term: Buffer): boolean => termsOf(bytes).includes(term.toString());
