/**
 * The engine for more than one machine. Every write compares the revision that is there, on the server, and is
 * acknowledged by a majority that has it in its journal; reads come from the primary and see what a majority has.
 *
 * A commit of one change is one such write. A commit of several is a transaction on a replica set or a sharded cluster.
 * A single server has no transactions: there the revisions are checked first, the changes are made one by one in their
 * order, so that every prefix is a legal state, and when one turns out stale the ones before it are undone. Readers may
 * see the prefix meanwhile, and a crash may leave it. This process makes such commits one after another, so that only
 * other processes' can come between the check and the changes: give several kmipd a replica set.
 */
import { MongoClient, MongoServerError } from 'mongodb';
import type { ClientSession } from 'mongodb';
import { checkChanges, checkQuery, isId, isKind } from './bounds.ts';
import { ConflictError, DamagedRecordError } from './engine.ts';
import type { Engine, IndexQuery, StoredRecord } from './engine.ts';
import { documentId, toFilter, toOperation, toRecord, toReversal, toWrites } from './mongodb-documents.ts';
import type { RecordDocument, Write } from './mongodb-documents.ts';
import { conflictOf, findConflict } from './revisions.ts';

/** Milliseconds. A server that does not answer makes an error, never a request that hangs. */
const timeouts = {
  serverSelectionTimeoutMS: 10_000,
  connectTimeoutMS: 10_000,
  socketTimeoutMS: 30_000,
  waitQueueTimeoutMS: 10_000,
};

const guarantees = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
} as const;

const recordsPerBatch = 64;
const duplicateKey = 11_000;

/**
 * Connects to `url` (`mongodb://` or `mongodb+srv://`) and makes the collection `records` in the database that it
 * names, by default `kmipd`. Errors never repeat the URL, which may hold a password.
 */
export async function openMongodb(url: string): Promise<Engine> {
  const client = newClient(url);
  const database = client.db(databaseOf(url));
  const records = database.collection<RecordDocument>('records');
  let hasTransactions: boolean;
  try {
    const hello = await database.command({ hello: 1 });
    hasTransactions = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid';
    await records.createIndex({ terms: 1, _id: 1 });
  } catch (error) {
    await client.close();
    const why = error instanceof Error ? error.message : 'unknown error';
    // oxlint-disable-next-line preserve-caught-error -- the cause may repeat the URL
    throw new Error(`cannot open the store in MongoDB: ${why}`);
  }

  let closing: Promise<void> | undefined;
  const committing = new Set<Promise<void>>();

  function demandOpen(): void {
    if (closing !== undefined) throw new Error('the store is closed');
  }

  async function get(
    kind: string,
    id: string,
    knownRevision?: number,
  ): Promise<StoredRecord | 'unchanged' | undefined> {
    demandOpen();
    if (!isKind(kind) || !isId(id)) return undefined;
    const filter = { _id: documentId(kind, id) };
    if (knownRevision !== undefined) {
      const present = await records.findOne(filter, { projection: { revision: 1 } });
      if (present === null) return undefined;
      if (present.revision === knownRevision) return 'unchanged';
    }
    const document = await records.findOne(filter);
    return document === null ? undefined : toRecord(kind, document);
  }

  async function* find(query: IndexQuery, damaged?: (error: DamagedRecordError) => void): AsyncGenerator<StoredRecord> {
    demandOpen();
    checkQuery(query);
    const cursor = records.find(toFilter(query), {
      sort: { _id: query.reverse === true ? -1 : 1 },
      batchSize: recordsPerBatch,
    });
    for await (const document of cursor) {
      let record: StoredRecord | undefined;
      try {
        record = toRecord(query.kind, document);
      } catch (error) {
        if (!(error instanceof DamagedRecordError)) throw error;
        damaged?.(error);
      }
      if (record !== undefined) yield record;
    }
  }

  /** Skips from the first identifier of a kind to the first of the next. */
  async function kinds(): Promise<string[]> {
    demandOpen();
    const found: string[] = [];
    let after = '';
    for (;;) {
      const next = await records.findOne({ _id: { $gt: after } }, { sort: { _id: 1 }, projection: { _id: 1 } });
      if (next === null) return found;
      const [kind = ''] = next._id.split(':', 1);
      const isNamed = kind.length < next._id.length && isKind(kind);
      if (isNamed) found.push(kind);
      after = isNamed ? `${kind};` : next._id;
    }
  }

  /** Compares and sets, in order. Throws ConflictError when a revision was stale; those before it are made. */
  async function write(writes: readonly Write[], session?: ClientSession): Promise<void> {
    try {
      const result = await records.bulkWrite(writes.map(toOperation), session === undefined ? {} : { session });
      if (result.insertedCount + result.matchedCount + result.deletedCount === writes.length) return;
    } catch (error) {
      if (!(error instanceof MongoServerError && error.code === duplicateKey)) throw error;
    }
    throw await conflictWith(writes[0]!, session);
  }

  async function conflictWith(refused: Write, session?: ClientSession): Promise<ConflictError> {
    // Within a transaction the revisions were looked at before.
    if (session !== undefined || refused.expected !== 0) return new ConflictError(refused.kind, refused.id);
    const present = await records.findOne({ _id: refused._id }, { projection: { revision: 1 } });
    return conflictOf(refused, present?.revision ?? 0);
  }

  /** What is there of the records that `writes` change. Throws ConflictError when one of them is stale. */
  async function checkRevisions(
    writes: readonly Write[],
    options: { session?: ClientSession; projection?: { revision: 1 } },
  ): Promise<Map<string, RecordDocument>> {
    const ids = [...new Set(writes.map(({ _id }) => _id))];
    const present = new Map<string, RecordDocument>();
    for await (const document of records.find({ _id: { $in: ids } }, options)) present.set(document._id, document);
    const conflict = findConflict(writes, ({ _id }) => present.get(_id)?.revision ?? 0);
    if (conflict !== undefined) throw conflict;
    return present;
  }

  /**
   * All of it works on one snapshot, so that what was checked still holds when it is written: a change in between makes
   * the server refuse the write, and the driver runs the whole again on a new snapshot.
   */
  async function writeInTransaction(writes: readonly Write[]): Promise<void> {
    await client.withSession(async (session) => {
      await session.withTransaction(
        async () => {
          await checkRevisions(writes, { session, projection: { revision: 1 } });
          await write(writes, session);
        },
        { ...guarantees, readConcern: { level: 'snapshot' } },
      );
    });
  }

  let lastInLine: Promise<unknown> = Promise.resolve();
  function inLine(task: () => Promise<void>): Promise<void> {
    const done = lastInLine.then(task);
    lastInLine = done.catch(() => undefined);
    return done;
  }

  async function writeOneByOne(writes: readonly Write[]): Promise<void> {
    const present = await checkRevisions(writes, {});
    const reversals: Write[] = [];
    try {
      for (const one of writes) {
        await write([one]);
        reversals.unshift(toReversal(one, present.get(one._id)));
        if (one.document === undefined) present.delete(one._id);
        else present.set(one._id, one.document);
      }
    } catch (error) {
      // As far as it goes: what somebody changed since then stays, and the caller hears of the first error.
      for (const reversal of reversals) await write([reversal]).catch(() => undefined);
      throw error;
    }
  }

  async function commit(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    if (!hasTransactions) await inLine(() => (writes.length === 1 ? write(writes) : writeOneByOne(writes)));
    else if (writes.length === 1) await write(writes);
    else await writeInTransaction(writes);
  }

  async function finish(): Promise<void> {
    await Promise.allSettled(committing);
    await client.close();
  }

  return {
    get,
    find,
    kinds,
    // Its index is made of the documents themselves.
    async *indexFaults() {},
    async commit(changes) {
      demandOpen();
      checkChanges(changes);
      const done = commit(toWrites(changes));
      committing.add(done);
      try {
        await done;
      } finally {
        committing.delete(done);
      }
    },
    close: () => (closing ??= finish()),
  };
}

function newClient(url: string): MongoClient {
  try {
    return new MongoClient(url, { ...timeouts, ...guarantees, appName: 'kmipd', ignoreUndefined: true });
  } catch {
    throw new Error('the URL of the store is not a valid MongoDB connection string');
  }
}

function databaseOf(url: string): string {
  const name = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(url)?.[1];
  return name === undefined ? 'kmipd' : decodeURIComponent(name);
}
