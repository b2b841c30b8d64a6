/** Item tree <-> XML (Additional Message Encodings 1.0 §6). What the names are is handed in. */
import { ItemType, itemTypeName } from './item.ts';
import type { Item } from './item.ts';
import type { Limits } from './decode.ts';
import type { Names } from './names.ts';
import { readHex, readValue, writeHex, writeValue } from './value-text.ts';
import { noCharacter, readElements, xmlError } from './xml-elements.ts';
import type { XmlElement } from './xml-elements.ts';

/** §6.1.6: "If namespaces are required, XML elements SHALL use the following namespace". */
const namespace = 'urn:oasis:tc:kmip:xmlns';

/** §6.1.6: "a single element named 'TTLV' with 'tag', optional 'name' and 'type' attributes". */
const genericName = 'TTLV';

/**
 * The one item that the text holds.
 * @throws TtlvError with the line; nothing else.
 */
export function readXml(text: string, names: Names, limits: Partial<Limits> = {}): Item {
  const [element, second] = readElements(text, limits);
  if (element === undefined) throw xmlError('text must have one outermost element', 1);
  if (second !== undefined) throw xmlError('text must have only one outermost element', second.line);
  return itemFromElement(element, names);
}

/**
 * @param siblings the items before this one in its structure: names of values may depend on them.
 * @throws TtlvError with the line of the element at fault.
 */
export function itemFromElement(element: XmlElement, names: Names, siblings: readonly Item[] = []): Item {
  const { attributes, children, line } = element;
  const tag = readTag(element, names);
  const field = names.tagName(tag) ?? writeHex(tag, 6);
  const xmlns = attributes.get('xmlns');
  if (xmlns !== undefined && xmlns !== namespace) throw xmlError(`${field}: namespace must be that of KMIP`, line);

  const typeName = attributes.get('type') ?? 'Structure';
  const type = Object.hasOwn(ItemType, typeName) ? ItemType[typeName as keyof typeof ItemType] : undefined;
  if (type === undefined) throw xmlError(`${field}: item type is unknown`, line);

  const text = attributes.get('value');
  if (type === ItemType.Structure) {
    if (text !== undefined) throw xmlError(`${field}: a structure must not have a value`, line);
    const items: Item[] = [];
    for (const child of children) items.push(itemFromElement(child, names, items));
    return { tag, type, value: items };
  }
  if (children.length > 0) throw xmlError(`${field}: only a structure may contain elements`, line);
  if (text === undefined) throw xmlError(`${field}: value is missing`, line);
  const value = readValue(type, text, { tag, siblings }, names);
  if (value === undefined) throw xmlError(`${field}: value must be of type ${typeName}`, line);
  return { tag, type, value } as Item;
}

function readTag({ name, attributes, line }: XmlElement, names: Names): number {
  const text = name === genericName ? attributes.get('tag') : name;
  if (text === undefined) throw xmlError('element TTLV lacks attribute tag', line);
  // §6.1.6.5 shows <x540001> too: a tag without name as the name of an element.
  const code = names.tagCode(text) ?? readHex(text.replace(/^x/, '0x'), 24);
  if (code === undefined) throw xmlError('tag is unknown', line);
  const tag = Number(code);
  if (tag >>> 16 !== 0x42 && tag >>> 16 !== 0x54) throw xmlError('tag must start with 42 or 54', line);
  return tag;
}

/**
 * Indented by two spaces a level, without a declaration and ending with a line feed.
 * @throws RangeError for a text string with characters that XML cannot carry, such as NUL.
 */
export function writeXml(item: Item, names: Names): string {
  const lines: string[] = [];
  writeElement(lines, '', item, [], names);
  return `${lines.join('\n')}\n`;
}

function writeElement(lines: string[], indent: string, item: Item, siblings: readonly Item[], names: Names): void {
  const name = names.tagName(item.tag);
  const start = name ?? `${genericName} tag="${writeHex(item.tag, 6)}"`;
  if (item.type !== ItemType.Structure) {
    const value = escapeValue(writeValue(item, { tag: item.tag, siblings }, names));
    lines.push(`${indent}<${start} type="${itemTypeName(item.type)}" value="${value}"/>`);
  } else if (item.value.length === 0) {
    lines.push(`${indent}<${start}/>`);
  } else {
    lines.push(`${indent}<${start}>`);
    const before: Item[] = [];
    for (const child of item.value) {
      writeElement(lines, `${indent}  `, child, before, names);
      before.push(child);
    }
    lines.push(`${indent}</${name ?? genericName}>`);
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * White space other than the blank is written by number, since a reader of XML may turn it into a blank (XML 1.0
 * §3.3.3).
 */
function escapeValue(text: string): string {
  if (noCharacter.test(text)) {
    throw new RangeError('a text string must not contain a character that XML cannot carry');
  }
  return text.replace(/[&<>"\t\n\r]/g, (character) => escapes[character] ?? `&#${character.charCodeAt(0)};`);
}
