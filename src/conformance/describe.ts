/** Items as text for reports. Of secrets only the length is shown. */
import { ItemType, itemTypeName, type Item } from '#ttlv/item';
import { writeHex, writeValue } from '#ttlv/value-text';
import { names } from '#protocol/names';
import { Tag } from '#protocol/tags';
import { attributeIn } from './ledger.ts';
import { numberIn, partOf, textIn } from './tree.ts';

const longest = 80;

/** A step of a path: the tag, and for an attribute its name. */
export function labelOf(item: Item): string {
  const label = names.tagName(item.tag) ?? writeHex(item.tag, 6);
  if (item.tag === Tag.Attribute) return `${label}[${attributeIn(item)?.name ?? ''}]`;
  if (item.tag === Tag.AttributeName) return `${label}[${textIn(item) ?? ''}]`;
  if (item.tag === Tag.AttributeReference) {
    return `${label}[${textIn(partOf(item, Tag.AttributeName)) ?? names.tagName(numberIn(item) ?? 0) ?? ''}]`;
  }
  return label;
}

/**
 * @param within what the item means and what contains it: this names the value of a mask or an enumeration, and marks
 * secrets.
 */
export function describe(item: Item | undefined, within: readonly (string | undefined)[]): string {
  if (item === undefined) return 'nothing';
  const tags = [item.tag, ...within.map((name) => names.tagCode(name ?? '') ?? 0)];
  if (item.type === ItemType.Structure) return labelOf(item);
  const type = itemTypeName(item.type);
  if (tags.some((tag) => names.isSecret(tag))) {
    return item.type === ItemType.ByteString ? `${type} of ${item.value.length} bytes` : type;
  }
  const tag = item.tag === Tag.AttributeValue ? (tags.at(-1) ?? item.tag) : item.tag;
  const text = writeValue(item, { tag, siblings: [] }, names);
  const shown = text.length > longest ? `${text.slice(0, longest)}... (${text.length})` : text;
  return `${type} ${item.type === ItemType.TextString ? JSON.stringify(shown) : shown}`;
}
