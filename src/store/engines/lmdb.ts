/**
 * The embedded engine. Several processes may have one path open: LMDB's lock file orders their commits, and a read in
 * a new turn of the event loop sees what any of them committed.
 *
 * Commits are grouped: while one transaction is on its way to the disk, later commits gather for the next. LMDB syncs
 * before a transaction becomes visible (`overlappingSync` is off), so that nobody ever reads what a power failure may
 * take back, and a commit resolves after that.
 */
import { statSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { open } from 'lmdb';
import { checkChanges, checkQuery, isId, isKind } from './bounds.ts';
import { DiskError, diskError, isOutOfRoom } from './disk-error.ts';
import { DamagedRecordError } from './engine.ts';
import { releaseRoom } from './kept-room.ts';
import type { Change, ConflictError, Engine, IndexQuery, StoredRecord } from './engine.ts';
import { indexFaults, kindsOf } from './lmdb-survey.ts';
import {
  decodeRecord,
  encodedTombstone,
  encodeRecord,
  presentRevisionOf,
  recordKey,
  revisionOf,
  termKey,
  termsOf,
} from './lmdb-layout.ts';
import { startWalk } from './lmdb-walk.ts';
import type { Keys } from './lmdb-walk.ts';
import { checkDataFile } from './lmdb-files.ts';
import { watchNewest } from './lmdb-newest.ts';
import { makePrivateFile, narrowFile } from '#store/private-files';
import { findConflict, stepsOf } from './revisions.ts';
import type { Step } from './revisions.ts';

/** How much `find` reads before other work has its turn: about one millisecond. */
const stepsPerTurn = 64;
const bytesPerTurn = 1024 * 1024;

/** The maximum of bytes of a transaction that several commits share: others wait while it is written. */
const bytesTogether = 4 * 1024 * 1024;

const nothing = Buffer.alloc(0);

/** One change, encoded when the commit was requested: the caller may change its bytes afterwards. */
interface Write extends Step {
  readonly key: Buffer;
  readonly terms: readonly string[];
  readonly value?: Buffer;
}

interface Waiting {
  readonly writes: readonly Write[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The commits of this process that are in progress, by the path of their environment: LMDB's lock belongs to the
 * process too.
 */
const commitsUnderWay = new Map<string, Set<Promise<void>>>();

function commitsOf(path: string): Set<Promise<void>> {
  const commits = commitsUnderWay.get(resolve(path)) ?? new Set();
  commitsUnderWay.set(resolve(path), commits);
  return commits;
}

/** Opens, or makes, the LMDB environment in the directory `path`. */
export async function openLmdb(path: string, log?: OpeningLog): Promise<Engine> {
  try {
    return await openEnvironment(path, log);
  } catch (error) {
    throw diskError(error, 'the store cannot be opened', path);
  }
}

/** Bytes. */
const leastRoom = 1024 * 1024;

/** LMDB maps a new lock file before the disk has space for it: on a full disk a signal would end the process. */
async function demandRoom(path: string): Promise<void> {
  if (statSync(join(path, 'lock.mdb')).size > 0) return;
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < leastRoom) throw new DiskError('the store cannot be made', path, 'ENOSPC');
}

interface OpeningLog {
  warn(message: string): unknown;
}

async function openEnvironment(path: string, log: OpeningLog | undefined): Promise<Engine> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  // Made before LMDB does, which lets other users read them.
  for (const file of ['data.mdb', 'lock.mdb'].map((name) => join(path, name))) {
    makePrivateFile(file);
    narrowFile(file, log);
  }
  checkDataFile(path);
  await demandRoom(path);
  // The opening of LMDB waits for the thread that a transaction of this process needs: the two must not run at once.
  const busy = commitsOf(path);
  while (busy.size > 0) await Promise.allSettled(busy);
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: false,
    overlappingSync: false,
    // lmdb's own grouping makes a promise whose rejection cannot be handled: a full disk would end the process.
    eventTurnBatching: false,
    maxDbs: 2,
    ...binary,
  });
  const records: Keys = root.openDB('records', binary);
  const terms: Keys = root.openDB('terms', binary);
  const newest = watchNewest(path);

  let closing: Promise<void> | undefined;
  const waiting: Waiting[] = [];
  let committing: Promise<void> | undefined;

  function demandOpen(): void {
    if (closing !== undefined) throw new Error('the store is closed');
  }

  /** lmdb goes on with one snapshot for a millisecond or so; a read in a new turn must see the present. */
  let snapshotIsOfThisTurn = false;
  function takeSnapshot(): void {
    demandOpen();
    if (snapshotIsOfThisTurn) return;
    records.resetReadTxn();
    snapshotIsOfThisTurn = true;
    queueMicrotask(() => (snapshotIsOfThisTurn = false));
  }

  function read(kind: string, id: string, knownRevision?: number): StoredRecord | 'unchanged' | undefined {
    takeSnapshot();
    const key = recordKey(kind, id);
    if (knownRevision !== undefined) {
      const volatile = records.getBinaryFast(key);
      if (volatile === undefined) return undefined;
      if (revisionOf(volatile) === knownRevision) return 'unchanged';
    }
    const bytes = records.getBinary(key);
    return bytes && decodeRecord(kind, id, bytes);
  }

  function readWhole(
    kind: string,
    id: string,
    damaged: ((error: DamagedRecordError) => void) | undefined,
  ): StoredRecord | undefined {
    try {
      const record = read(kind, id);
      return record === 'unchanged' ? undefined : record;
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      damaged?.(error);
      return undefined;
    }
  }

  async function* find(query: IndexQuery, damaged?: (error: DamagedRecordError) => void): AsyncGenerator<StoredRecord> {
    checkQuery(query);
    const walk = startWalk(records, terms, query);
    while (!walk.done) {
      takeSnapshot();
      let bytesRead = 0;
      for (const id of walk.next(stepsPerTurn)) {
        // Read only now, since the caller may have taken its time: what is yielded is what is there.
        const record = readWhole(query.kind, id, damaged);
        if (record === undefined) continue;
        if (query.terms.every((term) => record.terms.includes(term))) yield record;
        bytesRead += record.body.length + (record.material?.length ?? 0);
        if (bytesRead < bytesPerTurn) continue;
        bytesRead = 0;
        await nextTurn();
      }
      if (!walk.done) await nextTurn();
    }
  }

  /**
   * Runs inside the write transaction. All revisions are checked before the first change: a stale one leaves nothing.
   */
  function apply(group: readonly Waiting[]): (ConflictError | undefined)[] {
    return group.map(({ writes }) => {
      const conflict = findConflict(writes, presentRevision);
      if (conflict === undefined) for (const write of writes) applyWrite(write);
      return conflict;
    });
  }

  function presentRevision({ key }: Write): number {
    const volatile = records.getBinaryFast(key);
    return volatile === undefined ? 0 : presentRevisionOf(volatile);
  }

  function applyWrite(write: Write): void {
    const { kind, id, key, value } = write;
    const before = write.expected === 0 ? undefined : records.getBinary(key);
    const oldTerms = new Set(before === undefined ? [] : termsOf(before));
    const newTerms = new Set(write.terms);
    for (const term of oldTerms) if (!newTerms.has(term)) terms.removeSync(termKey(kind, term, id));
    for (const term of newTerms) if (!oldTerms.has(term)) terms.putSync(termKey(kind, term, id), nothing);
    if (value === undefined) records.removeSync(key);
    else records.putSync(key, value);
  }

  /** Commits group after group until nobody waits. */
  async function commitGroups(): Promise<void> {
    while (waiting.length > 0) {
      let group: readonly Waiting[] = [];
      try {
        // A child transaction, because a failure half-way through a plain one would keep the first half.
        const conflicts = await root.childTransaction(() => {
          if (!newest.isBase(root.getWriteTxnId())) return undefined;
          group = waiting.splice(0, together(waiting));
          return apply(group);
        });
        if (conflicts === undefined) continue;
        group.forEach((one, index) => {
          const conflict = conflicts[index];
          if (conflict === undefined) one.resolve();
          else one.reject(conflict);
        });
      } catch (error) {
        const reason = diskError(await reasonOf(error), 'the store cannot be written', path);
        if (isOutOfRoom(reason)) releaseRoom(path);
        // No group means that the transaction did not even begin.
        for (const one of group.length > 0 ? group : waiting.splice(0)) one.reject(reason);
      }
    }
    committing = undefined;
  }

  function noted(commit: Promise<void>): Promise<void> {
    busy.add(commit);
    return commit.finally(() => busy.delete(commit));
  }

  async function finish(): Promise<void> {
    await committing;
    await root.close();
    newest.close();
  }

  // This very opening may have set others back, and a process that was killed may have left a commit that nobody sees.
  // Synchronously, like the rest of the opening: who opens the path once more in this process would wait for this
  // thread, which a transaction elsewhere waits for.
  root.transactionSync(() => {
    newest.check(root.getWriteTxnId());
    newest.isBase(root.getWriteTxnId());
  });

  return {
    async get(kind, id, knownRevision) {
      demandOpen();
      if (!isKind(kind) || !isId(id)) return undefined;
      return read(kind, id, knownRevision);
    },
    find,
    async kinds() {
      takeSnapshot();
      return kindsOf(records);
    },
    indexFaults: () => indexFaults(records, terms, takeSnapshot),
    async commit(changes) {
      demandOpen();
      checkChanges(changes);
      const steps = stepsOf(changes);
      const writes: Write[] = [];
      let bytes = 0;
      for (const [place, change] of changes.entries()) {
        const write = toWrite(change, steps[place]!);
        writes.push(write);
        bytes += write.value?.length ?? 0;
        if (bytes < bytesPerTurn) continue;
        bytes = 0;
        await nextTurn();
        demandOpen();
      }
      await new Promise<void>((done, reject) => {
        waiting.push({ writes, resolve: done, reject });
        committing ??= noted(commitGroups());
      });
    },
    close: () => (closing ??= finish()),
  };
}

/** Records and terms of several commits in one transaction: some milliseconds. A single commit may have more. */
const entriesTogether = 2048;

/** How many of those that wait share a transaction, which is written in one piece: one at least. */
function together(waiting: readonly Waiting[]): number {
  let entries = 0;
  let bytes = 0;
  const tooMany = waiting.findIndex(({ writes }, place) => {
    for (const { terms, value } of writes) {
      entries += 1 + terms.length;
      bytes += value?.length ?? 0;
    }
    return place > 0 && (entries > entriesTogether || bytes > bytesTogether);
  });
  return tooMany < 0 ? waiting.length : tooMany;
}

function toWrite(change: Change, { kind, id, expected, revision }: Step): Write {
  const key = recordKey(kind, id);
  if ('remove' in change) {
    const removal = { kind, id, expected, revision, key, terms: [] };
    return change.remove.spend ? { ...removal, value: encodedTombstone } : removal;
  }
  const { terms } = change.put;
  return { kind, id, expected, revision, key, terms, value: encodeRecord(change.put) };
}

/** lmdb rejects with a sentence that points to a second promise, which holds the system's error. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : error;
    return new Error(`the store could not write: ${message}`, { cause });
  }
}
