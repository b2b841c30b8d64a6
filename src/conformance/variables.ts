/**
 * The variables of the case files. In a tree of Items, a variable is a text or a Byte String with the variable's name.
 * `$NOW` is not one of them: its value is known when the file is read.
 */
import { ItemType, type Item } from '#ttlv/item';
import { tags } from '#protocol/tags';

export type Bound = string | Uint8Array;
export type Bindings = ReadonlyMap<string, Bound>;

const variableName = /^\$[A-Z][A-Z0-9_]*$/;

export const isVariable = (text: string): boolean => variableName.test(text);

/** The variable in this place, if there is one. */
export function variableIn(item: Item): string | undefined {
  if (item.type === ItemType.TextString) return isVariable(item.value) ? item.value : undefined;
  if (item.type !== ItemType.ByteString || item.value[0] !== 0x24) return undefined;
  const text = Buffer.from(item.value).toString('latin1');
  return isVariable(text) ? text : undefined;
}

/** `$IV_COUNTER_NONCE` and `$DATA_0` have the names of the fields that they contain. */
const tagOfStem = new Map(Object.values(tags).map(({ name, code }) => [name.toUpperCase().replace(/\W/g, '_'), code]));

const tagOfVariable = (name: string): number | undefined => tagOfStem.get(name.slice(1).replace(/_\d+$/, ''));

/**
 * The tree with values in place of its variables. A variable without a value takes the latest answered value of the
 * field with its name: some cases of 1.4 print what they later call `$DATA_0`.
 * @throws Error when a variable has no value.
 */
export function fill(item: Item, bindings: Bindings, latest: ReadonlyMap<number, Bound>): Item {
  if (item.type === ItemType.Structure) {
    return { ...item, value: item.value.map((child) => fill(child, bindings, latest)) };
  }
  const name = variableIn(item);
  if (name === undefined) return item;
  const value = bindings.get(name) ?? latest.get(tagOfVariable(name) ?? 0);
  if (value === undefined) throw new Error(`the variable ${name} has no value yet`);
  return { ...item, value } as Item;
}

/** Records the texts and bytes of an answer, the last one of each tag. */
export function latestOf(item: Item, latest: Map<number, Bound>): void {
  if (item.type === ItemType.Structure) for (const child of item.value) latestOf(child, latest);
  else if (item.type === ItemType.TextString || item.type === ItemType.ByteString) latest.set(item.tag, item.value);
}
