/** The caller's objects that match what Locate asks: the index narrows, the attribute table decides. */
import { attributeRow, valuesIn, valuesOf, type AttributeKey, type Attributes } from '#objects/attributes/attributes';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { fewComparisons, matchesInTurns, workOfAsked } from '#objects/matching-in-turns';
import type { Pace } from '#objects/pace';
import { storageStatusOf } from '#objects/storage-status';
import type { ObjectQuery } from '#operations/context';
import { DamagedRecordError } from '#store/engines/engine';
import { searchTerms } from './index-terms.ts';
import type { Kept, TermMaker } from '#store/store';
import type { ObjectView } from './object-repository.ts';

type Asked = ReadonlyMap<AttributeKey, readonly unknown[]>;
/** For each value that an object has of the attribute. */
type Work = readonly [key: AttributeKey, comparisons: number];

/** @param now seconds: states move with the clock. */
export async function* candidates(
  { instances, storage = ['OnLineStorage'] }: ObjectQuery,
  owner: string,
  term: TermMaker,
  view: ObjectView,
  now: number,
  pace: Pace,
): AsyncGenerator<Kept<ManagedObject>> {
  const asked = new Map<AttributeKey, unknown[]>();
  for (const { key, value } of instances) {
    const values = asked.get(key);
    if (values === undefined) asked.set(key, [value]);
    else values.push(value);
  }
  const works = [...asked].map(([key, values]): Work => [key, workOfAsked(key, values)]);
  const [id] = asked.get('uniqueIdentifier') ?? [];
  const records =
    typeof id === 'string' ? only(await readable(id, view)) : view.find(searchTerms(asked, storage, owner, term));
  for await (const record of records) {
    const attributes = attributesAt(record.value.attributes, now);
    // What it took to read it: the engine counts records and bytes.
    const turn = pace(valuesIn(attributes));
    if (turn !== undefined) await turn;
    if (!storage.includes(storageStatusOf(attributes))) continue;
    const matches = areFew(attributes, works)
      ? [...asked].every(([key, values]) => attributeRow(key).matches(valuesOf(attributes, key), values))
      : await matchInTurns(attributes, asked, pace);
    if (matches) yield record;
  }
}

function areFew(attributes: Attributes, works: readonly Work[]): boolean {
  let comparisons = 0;
  for (const [key, work] of works) comparisons += work * valuesOf(attributes, key).length;
  return comparisons <= fewComparisons;
}

async function matchInTurns(attributes: Attributes, asked: Asked, pace: Pace): Promise<boolean> {
  for (const [key, values] of asked) {
    if (!(await matchesInTurns(attributes, key, values, pace))) return false;
  }
  return true;
}

/** A damaged record is passed over here too. */
async function readable(id: string, view: ObjectView): Promise<Kept<ManagedObject> | undefined> {
  try {
    return await view.get(id);
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined;
    throw error;
  }
}

function* only<T>(value: T | undefined): Generator<T> {
  if (value !== undefined) yield value;
}
