/** The caller's objects that match what Locate asks: the index narrows, the attribute table decides. */
import { attributeRow, valuesIn, valuesOf, type AttributeKey, type Attributes } from '#objects/attributes/attributes';
import { fewComparisons, matchesInTurns, workOfAsked } from '#objects/matching-in-turns';
import type { Pace } from '#objects/pace';
import { storageStatusOf } from '#objects/storage-status';
import type { ObjectQuery } from '#operations/context';
import { DamagedRecordError } from '#store/engines/engine';
import { searchTerms, type AskedValues } from './index-terms.ts';
import type { TermMaker } from '#store/store';
import type { HeldObject, Holder } from './held-object.ts';
import type { ObjectRepository } from './object-repository.ts';

/** For each value of the attribute that an object has. */
type Work = readonly [key: AttributeKey, comparisons: number];

export async function* matchingObjects(
  { instances, storage = ['OnLineStorage'] }: ObjectQuery,
  owner: string,
  term: TermMaker,
  repository: ObjectRepository,
  holder: Holder,
  pace: Pace,
): AsyncGenerator<HeldObject> {
  const asked = new Map<AttributeKey, unknown[]>();
  for (const { key, value } of instances) {
    const values = asked.get(key);
    if (values === undefined) asked.set(key, [value]);
    else values.push(value);
  }
  const works = [...asked].map(([key, values]): Work => [key, workOfAsked(key, values)]);
  const [id] = asked.get('uniqueIdentifier') ?? [];
  const records =
    typeof id === 'string'
      ? only(await readable(id, repository, holder))
      : repository.find(searchTerms(asked, storage, owner, term), holder);
  for await (const held of records) {
    const { attributes } = held.object;
    // The cost of reading it: the engine counts records and bytes.
    const turn = pace(valuesIn(attributes));
    if (turn !== undefined) await turn;
    if (!storage.includes(storageStatusOf(attributes))) continue;
    const matches = areFew(attributes, works)
      ? [...asked].every(([key, values]) => attributeRow(key).matches(valuesOf(attributes, key), values))
      : await matchInTurns(attributes, asked, pace);
    if (matches) yield held;
  }
}

function areFew(attributes: Attributes, works: readonly Work[]): boolean {
  let comparisons = 0;
  for (const [key, work] of works) comparisons += work * valuesOf(attributes, key).length;
  return comparisons <= fewComparisons;
}

async function matchInTurns(attributes: Attributes, asked: AskedValues, pace: Pace): Promise<boolean> {
  for (const [key, values] of asked) {
    if (!(await matchesInTurns(attributes, key, values, pace))) return false;
  }
  return true;
}

/** A damaged record is left out, as in a search. */
async function readable(id: string, repository: ObjectRepository, holder: Holder): Promise<HeldObject | undefined> {
  try {
    return await repository.get(id, holder);
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined;
    throw error;
  }
}

function* only<T>(value: T | undefined): Generator<T> {
  if (value !== undefined) yield value;
}
