/** The caller's objects that match what Locate asks: the index narrows, the attribute table decides. */
import type { Caller } from '#access/rights';
import type { Instance } from '#objects/attribute-codec';
import { attributeRow, valuesOf, type AttributeKey } from '#objects/attributes';
import type { ManagedObject } from '#objects/managed-object';
import { attributeTerm, ownerTerm } from '#store/object-record';
import type { Kept, TermMaker } from '#store/store';
import type { ObjectView } from './view.ts';

export async function* candidates(
  instances: readonly Instance[],
  { clientId }: Caller,
  term: TermMaker,
  view: ObjectView,
): AsyncGenerator<Kept<ManagedObject>> {
  const asked = new Map<AttributeKey, unknown[]>();
  for (const { key, value } of instances) {
    const values = asked.get(key);
    if (values === undefined) asked.set(key, [value]);
    else values.push(value);
  }
  for await (const record of narrowed(asked, clientId, term, view)) {
    const { attributes } = record.value;
    if ([...asked].every(([key, values]) => attributeRow(key).matches(valuesOf(attributes, key), values))) yield record;
  }
}

async function* narrowed(
  asked: ReadonlyMap<AttributeKey, readonly unknown[]>,
  clientId: string,
  term: TermMaker,
  view: ObjectView,
): AsyncGenerator<Kept<ManagedObject>> {
  const [id] = asked.get('uniqueIdentifier') ?? [];
  if (typeof id === 'string') {
    const record = await view.get(id);
    if (record !== undefined) yield record;
    return;
  }
  const terms = [...asked].flatMap(([key, values]) => {
    const { index } = attributeRow(key);
    return values.flatMap((value) => {
      const indexed = index?.(value as never);
      return indexed === undefined ? [] : [attributeTerm(term, clientId, key, indexed)];
    });
  });
  yield* view.find(terms.length === 0 ? [ownerTerm(term, clientId)] : terms);
}
