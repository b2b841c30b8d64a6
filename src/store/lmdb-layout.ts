/**
 * The bytes that LMDB keeps.
 *
 * Database `records`: kind NUL id -> revision (6), layout (1), has material (1), length of the terms (4), length of the
 * body (4), terms (each a length of 2 and UTF-8), body, material. The revision is first: a cache hit reads no further.
 * Database `terms`: kind NUL term NUL id -> nothing. Identifiers sort as their UTF-8 bytes.
 */
import type { StoredRecord } from './engine.ts';

const headerBytes = 16;
const layout = 1;

/** Every key that starts with a prefix sorts before the prefix and this: UTF-8 has no such byte. */
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
  bytes.writeUInt8(layout, 6);
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

/** Takes any view: lmdb gives large values as views of its map that are no Buffers. */
export function revisionOf(bytes: Uint8Array): number {
  let revision = 0;
  for (let at = 0; at < 6; at++) revision = revision * 256 + (bytes[at] as number);
  return revision;
}

export function termsOf(bytes: Buffer): string[] {
  const terms: string[] = [];
  const end = headerBytes + bytes.readUInt32BE(8);
  for (let offset = headerBytes; offset < end;) {
    const start = offset + 2;
    offset = start + bytes.readUInt16BE(offset);
    terms.push(bytes.toString('utf8', start, offset));
  }
  return terms;
}

/** Body and material are views of `bytes`. */
export function decodeRecord(kind: string, id: string, bytes: Buffer): StoredRecord {
  if (bytes.readUInt8(6) !== layout) throw new Error(`the ${kind} ${id} was written by a newer version of kmipd`);
  const bodyStart = headerBytes + bytes.readUInt32BE(8);
  const bodyEnd = bodyStart + bytes.readUInt32BE(12);
  return {
    kind,
    id,
    revision: revisionOf(bytes),
    terms: termsOf(bytes),
    body: bytes.subarray(bodyStart, bodyEnd),
    ...(bytes.readUInt8(7) === 1 ? { material: bytes.subarray(bodyEnd) } : {}),
  };
}
