/**
 * A case file: requests, each followed by the answer of a conforming server. Lines such as `# TIME 3` only count the
 * steps.
 */
import type { Item } from '#ttlv/item';
import { itemFromElement } from '#ttlv/xml';
import { readElements, xmlError, type XmlElement } from '#ttlv/xml-elements';
import { names } from '#protocol/names';
import { Tag } from '#protocol/tags';
import { isVariable } from './variables.ts';

export interface Exchange {
  readonly request: Item;
  readonly expected: Item;
  /** The line of the request in the file. */
  readonly line: number;
}

/** Seconds that a case adds to the time of the run, as in `$NOW-3600`. */
const relativeTime = /^\$NOW(?:([+-])(\d{1,9}))?$/;

/**
 * @param now seconds since 1970: the time of the run, `$NOW`.
 * @throws TtlvError with the line when the text is no conversation.
 */
export function readConversation(text: string, now: number): Exchange[] {
  const [root, second] = readElements(text);
  if (root?.name !== 'KMIP' || second !== undefined)
    throw xmlError('a case file must have one outermost element, KMIP', root?.line ?? 1);
  const messages = root.children;
  const exchanges: Exchange[] = [];
  for (let index = 0; index < messages.length; index += 2) {
    const request = messages[index] as XmlElement;
    const response = messages[index + 1];
    const exchange = {
      request: itemFromElement(withValues(request, now), names),
      expected: response === undefined ? undefined : itemFromElement(withValues(response, now), names),
    };
    const { expected } = exchange;
    if (exchange.request.tag !== Tag.RequestMessage || expected?.tag !== Tag.ResponseMessage) {
      throw xmlError('requests and responses must alternate', request.line);
    }
    exchanges.push({ request: exchange.request, expected, line: request.line });
  }
  return exchanges;
}

/** Writes times as numbers, and a variable among bytes as the bytes of its name. */
function withValues(element: XmlElement, now: number): XmlElement {
  const text = element.attributes.get('value');
  const type = element.attributes.get('type');
  const replaced = text === undefined ? undefined : valueOf(text.trim(), type, now, element);
  return {
    ...element,
    attributes: replaced === undefined ? element.attributes : new Map(element.attributes).set('value', replaced),
    children: element.children.map((child) => withValues(child, now)),
  };
}

function valueOf(text: string, type: string | undefined, now: number, { line }: XmlElement): string | undefined {
  if (!text.startsWith('$')) return undefined;
  const time = relativeTime.exec(text);
  if (time !== null) {
    if (type !== 'DateTime') throw xmlError('the time of the run must be a Date-Time', line);
    const seconds = now + Number(`${time[1] ?? '+'}${time[2] ?? '0'}`);
    return `0x${BigInt.asUintN(64, BigInt(seconds)).toString(16)}`;
  }
  if (!isVariable(text)) return undefined;
  if (type === 'ByteString') return Buffer.from(text, 'latin1').toString('hex');
  if (type !== 'TextString') throw xmlError('a variable must be a Text String or a Byte String', line);
  return text;
}
