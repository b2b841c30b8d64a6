import { ItemType } from '#ttlv/item';
import { printText } from '#ttlv/text';
import { listedAttributes } from '#objects/attributes/attribute-groups';
import { allInstances, type ManagedObject } from '#objects/managed-object';
import { asAnswered } from '#protocol/bounds';
import { names } from '#protocol/names';
import { atRest } from '#protocol/versions';

/** Every attribute of an object, in the order of the table, as lines. */
export function attributeLines(object: ManagedObject): string[] {
  const lists = listedAttributes(asAnswered).write(allInstances(object), atRest);
  const items = lists.flatMap((list) => (list.type === ItemType.Structure ? list.value : []));
  return items.flatMap((item) => printText(item, names).trimEnd().split('\n'));
}
