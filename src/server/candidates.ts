/** The caller's objects that match what Locate asks: the index narrows, the attribute table decides. */
import type { Caller } from '#access/rights';
import { attributeRow, valuesOf, type AttributeKey, type ObjectType } from '#objects/attributes';
import { attributesAt } from '#objects/life-cycle';
import type { ManagedObject } from '#objects/managed-object';
import { storageStatusOf } from '#objects/storage-status';
import type { ObjectQuery } from '#operations/context';
import { attributeTerm, ownerTerm, storageTerm } from '#store/object-record';
import type { Kept, TermMaker } from '#store/store';
import type { ObjectView } from './view.ts';

type Asked = ReadonlyMap<AttributeKey, readonly unknown[]>;

/** @param now seconds: states move with the clock. */
export async function* candidates(
  { instances, storage = ['OnLineStorage'] }: ObjectQuery,
  { clientId }: Caller,
  term: TermMaker,
  view: ObjectView,
  now: number,
): AsyncGenerator<Kept<ManagedObject>> {
  const asked = new Map<AttributeKey, unknown[]>();
  for (const { key, value } of instances) {
    const values = asked.get(key);
    if (values === undefined) asked.set(key, [value]);
    else values.push(value);
  }
  const [id] = asked.get('uniqueIdentifier') ?? [];
  const records =
    typeof id === 'string' ? only(await view.get(id)) : view.find(termsFor(asked, storage, clientId, term));
  for await (const record of records) {
    const attributes = attributesAt(record.value.attributes, now);
    if (!storage.includes(storageStatusOf(attributes))) continue;
    if ([...asked].every(([key, values]) => attributeRow(key).matches(valuesOf(attributes, key), values))) yield record;
  }
}

function* only<T>(value: T | undefined): Generator<T> {
  if (value !== undefined) yield value;
}

/**
 * Those of the values asked for, which are rare; without any, the list of all objects of the type that lie there. State
 * has no term: the clock moves it, and nobody writes it down.
 */
function termsFor(
  asked: Asked,
  storage: NonNullable<ObjectQuery['storage']>,
  clientId: string,
  term: TermMaker,
): readonly string[] {
  const terms = [...asked].flatMap(([key, values]) => {
    const { index } = attributeRow(key);
    return values.flatMap((value) => {
      const indexed = index?.(value as never);
      return indexed === undefined ? [] : [attributeTerm(term, clientId, key, indexed)];
    });
  });
  if (terms.length > 0) return terms;
  const [status, otherStatus] = storage;
  if (status === undefined || otherStatus !== undefined) return [ownerTerm(term, clientId)];
  const [objectType] = (asked.get('objectType') ?? []) as readonly ObjectType[];
  return [storageTerm(term, clientId, status, objectType)];
}
