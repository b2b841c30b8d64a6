/**
 * Reads every record of the store in the way in which it is used, and reports what is damaged or missing. Servers may
 * run meanwhile: a record that seems damaged is read a second time, because another process may have changed it. Gives
 * turns.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { countIn, dataKeyKind } from '#store/seal/data-key-uses';
import { DamagedRecordError, succeeds } from '#store/engines/engine';
import type { Engine, IndexFault, StoredRecord } from '#store/engines/engine';
import { kindKind } from '#store/seal/kind-register';
import { Keyring } from '#store/seal/keyring';
import type { KeyringOptions } from '#store/seal/keyring';
import { keyNumbersOf, openMaterial, openRecord } from '#store/seal/sealed-record';
import type { Kind } from './store.ts';

export interface Finding {
  readonly kind: string;
  readonly id: string;
  /** What is wrong: a few words after the record's name. */
  readonly what: string;
  /** Only the index of the record is wrong; `repaired` when it was corrected. */
  readonly isIndex?: true;
  readonly repaired?: true;
}

export interface CheckOptions extends KeyringOptions {
  /** The kinds whose values can be read; of other kinds only the seal is checked. */
  readonly kinds: readonly Kind<unknown>[];
  /** Writes the index terms of records that can be read. */
  readonly repair: boolean;
  /** Called with the number of records that were checked so far. */
  readonly progress?: (records: number) => void;
}

/** The result for one record. */
type Look = { readonly why: string } | { readonly terms: readonly string[] | undefined };

/** Milliseconds of work before other work has its turn. */
const turnTakes = 3;

/** Throws OperatorError, and DamagedRecordError for the root record, without which no record can be checked. */
export async function* checkStore(options: CheckOptions): AsyncGenerator<Finding, void> {
  const { engine, repair, progress } = options;
  const keyring = await Keyring.open(options);
  const known = new Map(options.kinds.map((kind) => [kind.name, kind]));
  const damaged = new Set<string>();
  let looked = 0;
  let turnBegan = performance.now();

  for (const kind of new Set([...(await engine.kinds()), ...known.keys()])) {
    const unreadable: DamagedRecordError[] = [];
    for await (const record of engine.find({ kind, terms: [] }, (error) => void unreadable.push(error))) {
      const finding = await examined(record);
      if (finding !== undefined) {
        damaged.add(`${kind}\0${record.id}`);
        yield finding;
      }
      progress?.(++looked);
      if (performance.now() - turnBegan > turnTakes) {
        await nextTurn();
        turnBegan = performance.now();
      }
    }
    for (const { id } of unreadable) {
      const finding = await examinedAgain(kind, id);
      if (finding === undefined) continue;
      damaged.add(`${kind}\0${id}`);
      yield finding;
    }
  }
  const named = new Set<string>();
  for await (const { kind, id, fault } of engine.indexFaults()) {
    const name = `${kind}\0${id}\0${fault}`;
    // The index of a record is not reported when the record itself was.
    if (named.has(name) || damaged.has(`${kind}\0${id}`)) continue;
    named.add(name);
    const isRepaired = repair && fault === 'term without entry' && (await rewritten(engine, kind, id, undefined));
    yield { kind, id, what: faults[fault], isIndex: true, ...(isRepaired ? { repaired: true } : {}) };
  }

  async function examined(record: StoredRecord): Promise<Finding | undefined> {
    const seen = await look(record);
    if (!('why' in seen) && termsFit(record, seen.terms)) return undefined;
    return await examinedAgain(record.kind, record.id);
  }

  async function examinedAgain(kind: string, id: string): Promise<Finding | undefined> {
    let record: StoredRecord | 'unchanged' | undefined;
    try {
      record = await engine.get(kind, id);
    } catch (error) {
      if (!(error instanceof DamagedRecordError)) throw error;
      return { kind, id, what: error.why };
    }
    if (record === undefined || record === 'unchanged') return undefined;
    const seen = await look(record);
    if ('why' in seen) return { kind, id, what: seen.why };
    if (termsFit(record, seen.terms)) return undefined;
    const isRepaired = repair && (await rewritten(engine, kind, id, seen.terms));
    const what = 'its index terms are not those of its value';
    return { kind, id, what, isIndex: true, ...(isRepaired ? { repaired: true } : {}) };
  }

  async function look(record: StoredRecord): Promise<Look> {
    try {
      return { terms: await termsOf(record) };
    } catch (error) {
      if (error instanceof DamagedRecordError) return { why: error.why };
      throw error;
    }
  }

  /** Undefined when the expected terms are unknown. Throws DamagedRecordError. */
  async function termsOf(record: StoredRecord): Promise<readonly string[] | undefined> {
    const { kind, id, body } = record;
    // It was opened together with the keyring.
    if (kind === 'root') return [];
    if (kind === kindKind) {
      if (body.length === 1 && body[0] === 1) return [];
      throw new DamagedRecordError(record, 'its body is not that of such a record');
    }
    if (kind === dataKeyKind) {
      const key = keyring.keys.data.get(Number(id));
      if (key !== undefined) countIn(key, record);
      return [];
    }
    await keyring.know(keyNumbersOf(record));
    const { value, material } = openRecord(keyring, record);
    if (material !== undefined) openMaterial(keyring, record, material).fill(0);
    const row = known.get(kind);
    if (row === undefined) return undefined;
    try {
      return row.terms(row.decode(value), keyring.term);
    } catch (error) {
      throw new DamagedRecordError(record, `its value cannot be read: ${error instanceof Error ? error.name : error}`);
    }
  }
}

const faults: { readonly [F in IndexFault['fault']]: string } = {
  'entry without record': 'the index has it, and its record is missing',
  'entry without term': 'the index has it under a term that its record has not',
  'term without entry': 'the index lacks a term of its record',
  'unreadable entry': 'a name in the database is not that of a record',
};

function termsFit({ terms }: StoredRecord, expected: readonly string[] | undefined): boolean {
  if (expected === undefined) return true;
  const wanted = new Set(expected);
  return terms.length === wanted.size && terms.every((term) => wanted.has(term));
}

/**
 * The same record, stored again with these terms, or with those that it has: both write its index entries again. The
 * seal does not cover the terms, so nothing else changes, not even the revision.
 */
async function rewritten(
  engine: Engine,
  kind: string,
  id: string,
  terms: readonly string[] | undefined,
): Promise<boolean> {
  const record = await engine.get(kind, id);
  if (record === undefined || record === 'unchanged') return false;
  const put = terms === undefined ? record : { ...record, terms };
  return await succeeds(engine.commit([{ remove: { kind, id, revision: record.revision } }, { put }]));
}
