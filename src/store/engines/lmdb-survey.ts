/** Reads the two databases of LMDB by their keys: which kinds there are, and where records and index differ. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isId, isKind } from './bounds.ts';
import type { IndexFault } from './engine.ts';
import { decodeRecord, hasTerm, recordKey, termKey } from './lmdb-layout.ts';
import type { Keys } from './lmdb-walk.ts';

const keysPerSnapshot = 64;
/** Milliseconds of work before other work has its turn. */
const turnTakes = 3;

/** Seeks from the first key of a kind to the first key of the next: as many seeks as there are kinds. */
export function kindsOf(records: Keys): string[] {
  const kinds: string[] = [];
  let start = Buffer.alloc(0);
  for (;;) {
    const [key] = records.getKeys({ start, limit: 1 });
    if (key === undefined) return kinds;
    const [kind] = partsOf(key, 2);
    if (kind === undefined || !isKind(kind.toString())) {
      // A damaged key: skip this one only.
      start = Buffer.concat([key, Buffer.of(0)]);
      continue;
    }
    kinds.push(kind.toString());
    // The separator is NUL: this is behind every key of the kind.
    start = Buffer.concat([kind, Buffer.of(1)]);
  }
}

export async function* indexFaults(records: Keys, terms: Keys, takeSnapshot: () => void): AsyncGenerator<IndexFault> {
  yield* survey(terms, takeSnapshot, function* (key) {
    const [kind, term, id] = partsOf(key, 3);
    if (kind === undefined || term === undefined || id === undefined || !isName(kind, id)) {
      yield { ...described(kind, id), fault: 'unreadable entry' };
      return;
    }
    const record = records.getBinaryFast(recordKey(kind.toString(), id.toString()));
    if (record === undefined) yield { ...described(kind, id), fault: 'entry without record' };
    else if (!hasTerm(bufferOf(record), term)) yield { ...described(kind, id), fault: 'entry without term' };
  });
  yield* survey(records, takeSnapshot, function* (key) {
    const [kind, id] = partsOf(key, 2);
    if (kind === undefined || id === undefined || !isName(kind, id)) {
      yield { ...described(kind, id), fault: 'unreadable entry' };
      return;
    }
    const bytes = records.getBinary(key);
    for (const term of bytes === undefined ? [] : wholeTermsOf(kind.toString(), id.toString(), bytes)) {
      if (terms.doesExist(termKey(kind.toString(), term, id.toString()))) continue;
      yield { ...described(kind, id), fault: 'term without entry' };
    }
  });
}

async function* survey(
  keys: Keys,
  takeSnapshot: () => void,
  look: (key: Buffer) => Iterable<IndexFault>,
): AsyncGenerator<IndexFault> {
  let position: Buffer | undefined;
  for (;;) {
    takeSnapshot();
    const range = keys.getKeys({
      ...(position === undefined ? {} : { start: position, exclusiveStart: true }),
      limit: keysPerSnapshot,
    });
    const some = Array.from(range);
    if (some.length === 0) return;
    const begun = performance.now();
    const faults: IndexFault[] = [];
    for (const key of some) {
      for (const fault of look(key)) faults.push(fault);
      position = key;
      if (performance.now() - begun > turnTakes) break;
    }
    yield* faults;
    await nextTurn();
  }
}

/** `find` reports a record that cannot be read. */
function wholeTermsOf(kind: string, id: string, bytes: Buffer): readonly string[] {
  try {
    return decodeRecord(kind, id, bytes)?.terms ?? [];
  } catch {
    return [];
  }
}

/** The parts between NULs; the last part may contain NULs. */
function partsOf(key: Buffer, count: number): (Buffer | undefined)[] {
  const parts: Buffer[] = [];
  let start = 0;
  while (parts.length < count - 1) {
    const end = key.indexOf(0, start);
    if (end < 0) return parts;
    parts.push(key.subarray(start, end));
    start = end + 1;
  }
  return [...parts, key.subarray(start)];
}

/** An identifier that is not valid UTF-8 cannot be requested. */
const isName = (kind: Buffer, id: Buffer): boolean =>
  isKind(kind.toString()) && isId(id.toString()) && Buffer.from(id.toString()).equals(id);

const described = (kind: Buffer | undefined, id: Buffer | undefined) => ({
  kind: kind?.toString() ?? 'unknown',
  id: id?.toString() ?? '',
});

/** lmdb gives large values as views of its map that are not Buffers. */
const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
