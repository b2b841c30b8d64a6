/** Puts the Store over an Engine: seals what goes down, opens what comes up, and keeps opened bodies in a cache. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createScheduler, type Schedule } from '#scheduler';
import { LimitError, bounds, roomOf, sizeOf } from '#store/engines/bounds';
import { createDamageRegister } from './damage.ts';
import { DamagedRecordError } from '#store/engines/engine';
import type { Change, StoredRecord } from '#store/engines/engine';
import { KeptRecord } from './kept-record.ts';
import { registerKind } from '#store/seal/kind-register';
import { Keyring, checkInterval } from '#store/seal/keyring';
import type { KeyringOptions } from '#store/seal/keyring';
import { RecordCache } from './record-cache.ts';
import { reindexRecords } from './reindex.ts';
import { SealingTurns } from '#store/seal/sealing-turns';
import { resealReplaced } from '#store/seal/reseal';
import { keyNumbersOf, openRecord, sealMaterial, sealRecord } from '#store/seal/sealed-record';
import type { SealedMaterial, Sealer } from '#store/seal/sealed-record';
import { SealError } from '#store/seal/seal';
import type { Growth, Kind, Store, StoreChange } from './store.ts';
import { watchedCommit } from './watched-commit.ts';

export interface StoreOptions extends KeyringOptions {
  /** What the cache of opened bodies may take, 64 MiB when absent. */
  readonly cacheBytes?: number;
  /** Who runs what is done again and again; a scheduler of the store's own when absent. */
  readonly schedule?: Schedule;
}

type Write = Exclude<StoreChange, { readonly removed: true }>;

const cacheBytesByDefault = 64 * 1024 * 1024;
/** How many records of one search are worth caching. */
const cachedPerFind = 100;

/** Opens the store, which owns the engine from then on, and makes its keys when it is new. Throws OperatorError. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const {
    engine,
    cacheBytes = cacheBytesByDefault,
    schedule = createScheduler({ log: options.log }).schedule,
  } = options;
  const damage = createDamageRegister(options.log);
  const keyring = await Keyring.open({ ...options, damaged: damage.report });
  const cache = new RecordCache<KeptRecord<unknown>>(cacheBytes);
  const registered = new Set<string>();
  const turns = new SealingTurns(workPerTurn);
  // So that new keys are known before they are needed, and deleted ones are forgotten.
  const stopChecking = schedule({
    name: 'check the keys of the store',
    interval: checkInterval,
    run: () => keyring.check(),
  });

  /** As the record that was asked for, whatever the engine calls it. Throws DamagedRecordError. */
  async function opened<T>(kind: Kind<T>, id: string, given: StoredRecord): Promise<KeptRecord<T>> {
    const record: StoredRecord = Object.assign({}, given, { kind: kind.name, id });
    const keyNumbers = sealedWhole(record, () => keyNumbersOf(record));
    // An error of `know` is about the keys or the engine, not about the record.
    await keyring.know(keyNumbers);
    const { value, material } = sealedWhole(record, () => openRecord(keyring, record));
    let decoded: T;
    try {
      decoded =
        value.length > bytesAtOnce && kind.decodeInTurns !== undefined
          ? await kind.decodeInTurns(value, nextTurn)
          : kind.decode(value);
    } catch (error) {
      throw new DamagedRecordError(record, `its value cannot be read: ${error instanceof Error ? error.name : error}`);
    }
    return new KeptRecord(keyring, kind, record, decoded, material, damage.report);
  }

  /** @param encoded the value's bytes, of a write. */
  function sealed(change: StoreChange, sealer: Sealer, encoded: Uint8Array): Change {
    const { kind, id, revision } = change;
    if ('removed' in change) {
      const removal = { kind: kind.name, id, revision };
      return { remove: kind.identifiers === 'spent' ? { ...removal, spend: true } : removal };
    }
    const { value, material } = change;
    const isNew = revision === 0;
    const next = isNew && kind.identifiers !== 'unique' ? keyring.firstRevision() : revision + 1;
    const heading = { kind: kind.name, id, revision: next, terms: kind.terms(value, keyring.term) };
    const sealedMaterial = material ? sealMaterial(sealer, heading, material) : keptMaterial(change);
    const put = sealRecord(sealer, heading, encoded, sealedMaterial);
    if (sizeOf(put) > bounds.recordBytes) {
      throw new LimitError('recordBytes', `a record must have at most ${bounds.recordBytes} bytes`);
    }
    return isNew ? { put, isNew } : { put };
  }

  return {
    term: keyring.term,
    onDamage: damage.listen,
    derivedKey: (purpose) => keyring.derivedKey(purpose),

    async get<T>(kind: Kind<T>, id: string) {
      const cached = cache.get(kind.name, id) as KeptRecord<T> | undefined;
      try {
        const record = await engine.get(kind.name, id, cached?.revision);
        if (record === 'unchanged') return cached;
        if (record === undefined) {
          cache.delete(kind.name, id);
          return undefined;
        }
        const kept = await opened(kind, id, record);
        cache.set(kind.name, id, kept);
        return kept;
      } catch (error) {
        if (error instanceof DamagedRecordError) damage.report(error);
        throw error;
      }
    },

    async *find<T>(kind: Kind<T>, query: Parameters<Store['find']>[1], damaged?: Parameters<Store['find']>[2]) {
      let worthCaching = cachedPerFind;
      const report = (error: DamagedRecordError): void => {
        damage.report(error);
        damaged?.(error);
      };
      for await (const record of engine.find({ ...query, kind: kind.name }, report)) {
        const cached = cache.get(kind.name, record.id) as KeptRecord<T> | undefined;
        if (cached?.revision === record.revision) {
          yield cached;
          continue;
        }
        let kept: KeptRecord<T>;
        try {
          kept = await opened(kind, record.id, record);
        } catch (error) {
          if (!(error instanceof DamagedRecordError)) throw error;
          report(error);
          continue;
        }
        if (worthCaching-- > 0) cache.set(kind.name, record.id, kept);
        yield kept;
      }
    },

    commit: watchedCommit(async (changes, admit) => {
      const writes = changes.filter(isWrite);
      for (const { kind } of writes) await registerKind(engine, registered, kind.name);
      const sealing = await keyring.sealing(writes.reduce((uses, { material }) => uses + (material ? 2 : 1), 0));
      const sealedChanges: Change[] = [];
      let entries = 0;
      let bytes = 0;
      for (const change of changes) {
        const turn = turns.next();
        if (turn !== undefined) await turn;
        const encoded = isWrite(change) ? change.kind.encode(change.value) : nothing;
        // A record of some megabytes takes as long to be encoded as to be sealed.
        if (encoded.length > bytesAtOnce) await nextTurn();
        const one = sealed(change, sealing, encoded);
        sealedChanges.push(one);
        entries += 1 + ('put' in one ? one.put.terms.length : 0);
        bytes += 'put' in one ? sizeOf(one.put) : 0;
        if (entries > bounds.entriesPerCommit || bytes > bounds.bytesPerCommit) {
          throw new LimitError(
            'commit',
            `a commit must have at most ${bounds.entriesPerCommit} records and index entries, ` +
              `and at most ${bounds.bytesPerCommit} bytes`,
          );
        }
        turns.did(workOf(one));
      }
      admit?.(changes.map((change, place) => growthOf(change, sealedChanges[place] as Change)));
      await engine.commit(sealedChanges);
      for (const change of changes) if (!isWrite(change)) cache.delete(change.kind.name, change.id);
      await resealReplaced(engine, keyring, sealing.keyNumber, sealedChanges);
    }),

    async *rooms(kind, terms) {
      for await (const record of engine.find({ kind: kind.name, terms })) yield roomOf(record);
    },

    reindex: (kind, after) =>
      reindexRecords({
        ...{ engine, keyring, kind, after },
        open: (record) => opened(kind, record.id, record),
        damaged: damage.report,
      }),

    async close() {
      // A check that hangs must not hold up the end.
      void stopChecking();
      cache.clear();
      await engine.close();
    },
  };
}

/** Others have a turn when so much was sealed, in microseconds or so. */
const workPerTurn = 2000;

/** Larger values are encoded in a turn of their own. */
const bytesAtOnce = 512 * 1024;
const nothing = new Uint8Array(0);

const workOf = (change: Change): number =>
  'put' in change ? 20 + 3 * change.put.terms.length + sizeOf(change.put) / 32 : 1;

function isWrite(change: StoreChange): change is Write {
  return !('removed' in change);
}

const growthOf = ({ before }: StoreChange, change: Change): Growth => ({
  before: before?.room ?? 0,
  after: 'put' in change ? roomOf(change.put) : 0,
});

/** With what the engine knows of the record in its SealError. */
function sealedWhole<T>(record: StoredRecord, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SealError || error instanceof RangeError)) throw error;
    throw new SealError(record);
  }
}

function keptMaterial({ id, revision, material, before }: Write): SealedMaterial | undefined {
  if (revision === 0 || material === null) return undefined;
  if (!(before instanceof KeptRecord) || before.id !== id || before.revision !== revision) {
    throw new TypeError('an update that keeps the material names the record that was read');
  }
  return before.material;
}
