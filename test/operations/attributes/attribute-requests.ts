/** What answers of the attribute operations hold. */
import { tagName, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import type { Fixture } from '#test/fixtures/fixture';
import { referenceTo } from '#test/fixtures/attributes';
import { ask } from '#test/fixtures/batches';
import { all, at, isOld, text, type VersionText } from '#test/fixtures/items';

/** What Get Attributes says of the object: items under the attributes' own tags in 2.x, Attribute items in 1.x. */
export async function attributesOf(
  fixture: Fixture,
  version: VersionText,
  id: string,
  ...which: Parameters<typeof referenceTo>[1][]
): Promise<readonly Item[]> {
  const asked = which.map((each) => referenceTo(version, each));
  const { payload, message } = await ask(fixture, version, 'GetAttributes', [text('UniqueIdentifier', id), ...asked]);
  if (message !== undefined) throw new Error(message);
  return listed(version, payload);
}

export const listed = (version: VersionText, payload: Item): readonly Item[] =>
  isOld(version) ? all(payload, 'Attribute') : ((at(payload, 'Attributes')?.value ?? []) as readonly Item[]);

/** The value of the only attribute that has this tag, from a 2.1 Get Attributes; undefined when it is absent. */
export async function held(fixture: Fixture, id: string, tag: TagName): Promise<Item['value'] | undefined> {
  const [item, second] = await attributesOf(fixture, '2.1', id, tag);
  if (second !== undefined) throw new Error(`${tag} has several values`);
  return item?.value;
}

/** Everything in a structure as nested tag names and values, to compare with what is expected at a glance. */
export function plain(item: Item): unknown {
  const name = tagName(item.tag) as string;
  return { [name]: item.type === ItemType.Structure ? item.value.map(plain) : item.value };
}
