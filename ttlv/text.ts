/** Item tree -> lines for people: logs, `--verbose`, test failures. There is no way back. */
import { escapeUnit } from './escape-unit.ts';
import { ItemType, itemTypeName } from './item.ts';
import type { Item, ScalarItem } from './item.ts';
import type { Names, Place } from './names.ts';
import { writeHex, writeValue } from './value-text.ts';

/**
 * `shapes` are tags, types and lengths; `public` are all values but those that Names calls secret; `secrets` are all.
 */
export type Shown = 'shapes' | 'public' | 'secrets';

/** One item a line, structures indented by two spaces, in printable ASCII, ending with a line feed. */
export function printText(item: Item, names: Names, shown: Shown = 'public'): string {
  const lines: string[] = [];
  printItem(lines, '', item, { tag: item.tag, siblings: [] }, shown, names);
  return `${lines.join('\n')}\n`;
}

function printItem(lines: string[], indent: string, item: Item, place: Place, shown: Shown, names: Names): void {
  const start = `${indent}${names.tagName(item.tag) ?? writeHex(item.tag, 6)} ${itemTypeName(item.type)}`;
  const inside: Shown = shown === 'public' && names.isSecret(item.tag) ? 'shapes' : shown;
  if (item.type !== ItemType.Structure) {
    lines.push(`${start} ${inside === 'shapes' ? shapeOf(item) : valueOf(item, place, names)}`);
    return;
  }
  lines.push(start);
  const siblings: Item[] = [];
  for (const child of item.value) {
    printItem(lines, `${indent}  `, child, { tag: child.tag, siblings }, inside, names);
    siblings.push(child);
  }
}

/** Only a byte string shows its length: that of a key is no secret, that of a password is. */
function shapeOf(item: ScalarItem): string {
  return item.type === ItemType.ByteString ? `(${item.value.length} bytes)` : '(hidden)';
}

/** Text is quoted and escaped as in JSON, so that nobody's text breaks a line or steers a terminal. */
function valueOf(item: ScalarItem, place: Place, names: Names): string {
  if (item.type !== ItemType.TextString) return writeValue(item, place, names);
  return JSON.stringify(item.value).replace(/[^ -~]/g, escapeUnit);
}
