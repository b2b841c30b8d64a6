/** Objects that hold as much as the bounds allow, written past the requests that it would take to make them so. */
import { readTagged } from '#objects/attributes/attribute-codec';
import { Collected } from '#objects/attributes/attribute-collection';
import { attributeRow } from '#objects/attributes/attributes';
import { objectTypeOf } from '#objects/managed-object';
import { newestVersion } from '#protocol/versions';
import { objectKind } from '#repository/object-record';
import { update, type Store } from '#store/store';
import type { Item } from '#ttlv/item';

/** Gives the object these besides, as far as its type has them. */
export async function fill(store: Store, id: string, attributes: readonly Item[]): Promise<void> {
  const kept = await store.get(objectKind, id);
  if (kept === undefined) throw new Error(`no object ${id}`);
  const collected = new Collected(kept.value.attributes);
  for (const each of attributes) {
    const instance = readTagged(each, newestVersion, 'whole');
    if (attributeRow(instance.key).objects.has(objectTypeOf(kept.value))) collected.add(instance);
  }
  await store.commit([update(kept, { ...kept.value, attributes: collected.attributes() })]);
}
