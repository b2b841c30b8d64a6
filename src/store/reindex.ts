/**
 * Makes the index terms of records again, because what a kind is indexed by has changed. Servers of the same version
 * may run meanwhile: a record whose terms differ gets its next revision with the same value, by compare-and-set, so
 * that no change is lost and caches notice. Every commit is one of a legal change, so it may stop anywhere, and go on
 * there.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sizeOf } from '#store/engines/bounds';
import { DamagedRecordError, succeeds, type Engine, type StoredRecord } from '#store/engines/engine';
import type { Keyring } from '#store/seal/keyring';
import { resealRecord } from '#store/seal/sealed-record';
import type { Kept, Kind, ReindexMark } from './store.ts';

/** Records of one group, which engines put into one transaction; others have their turns after it. */
const recordsPerGroup = 64;
const bytesPerGroup = 1024 * 1024;

export interface ReindexOptions<T> {
  readonly engine: Engine;
  readonly keyring: Keyring;
  readonly kind: Kind<T>;
  /** Begins behind this identifier. */
  readonly after?: string | undefined;
  /** Throws DamagedRecordError. */
  open(record: StoredRecord): Promise<Kept<T>>;
  /** Hears of records that cannot be read: they are passed over. */
  damaged(error: DamagedRecordError): void;
}

/** Runs as it is iterated, and gives a mark after each group. */
export async function* reindexRecords<T>(options: ReindexOptions<T>): AsyncGenerator<ReindexMark, void> {
  const { engine, keyring, kind, after, open, damaged } = options;
  let group: StoredRecord[] = [];
  let bytes = 0;
  let seen = 0;
  let changed = 0;

  async function endGroup(): Promise<ReindexMark> {
    const results = await Promise.all(group.map(reindexed));
    const last = group.at(-1) as StoredRecord;
    seen += group.length;
    changed += results.filter(Boolean).length;
    group = [];
    bytes = 0;
    return { after: last.id, seen, changed };
  }

  /** Whether its terms were others. A record that somebody changes meanwhile is looked at again. */
  async function reindexed(record: StoredRecord): Promise<boolean> {
    let present: StoredRecord | 'unchanged' | undefined = record;
    try {
      while (present !== undefined && present !== 'unchanged') {
        const terms = kind.terms((await open(present)).value, keyring.term);
        if (areSame(present.terms, terms)) return false;
        const sealing = await keyring.sealing(2);
        const put = resealRecord(keyring, sealing, { ...present, terms });
        if (await succeeds(engine.commit([{ put }]))) return true;
        present = await engine.get(kind.name, record.id);
      }
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      damaged(error);
    }
    return false;
  }

  const query = { kind: kind.name, terms: [], ...(after === undefined ? {} : { after }) };
  for await (const record of engine.find(query, damaged)) {
    group.push(record);
    bytes += sizeOf(record);
    if (group.length < recordsPerGroup && bytes < bytesPerGroup) continue;
    yield await endGroup();
    await nextTurn();
  }
  if (group.length > 0) yield await endGroup();
}

function areSame(present: readonly string[], wanted: readonly string[]): boolean {
  const terms = new Set(wanted);
  return present.length === terms.size && present.every((term) => terms.has(term));
}
