/** XML text -> a neutral tree of elements, by the `sax` package, within bounds. */
import sax from 'sax';
import { TtlvError } from './item.ts';
import type { Limits } from './decode.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Where the element starts, from 1. */
  readonly line: number;
}

/** `maximumBytes` counts characters here. Hex doubles the bytes, names and indentation do the rest. */
export const defaultXmlLimits: Limits = { maximumBytes: 4 * 1024 * 1024, maximumDepth: 32, maximumItems: 20_000 };

/** Additional Message Encodings 1.0 §6.1.6: no other attribute has a meaning; `xmlns` may be declared. */
const attributeNames: readonly string[] = ['tag', 'name', 'type', 'value', 'xmlns'];

interface Growing extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: Growing[];
}

/**
 * The outermost elements. Text between elements carries nothing in this encoding and is passed over, and so are comments.
 * @throws TtlvError with the line; nothing else.
 */
export function readElements(text: string, limits: Partial<Limits> = {}): XmlElement[] {
  const { maximumBytes, maximumDepth, maximumItems } = { ...defaultXmlLimits, ...limits };
  if (text.length > maximumBytes) throw xmlError(`text is longer than ${maximumBytes} characters`, 1, true);

  const outermost: Growing[] = [];
  const open: Growing[] = [];
  let items = 0;
  const parser = sax.parser(true, { position: true });
  const fail = (message: string, tooLarge = false): never => {
    throw xmlError(message, parser.line + 1, tooLarge);
  };
  // Without a prototype, so that &constructor; is no entity either.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });
  parser.onerror = () => fail('text is not well-formed XML');
  parser.ondoctype = () => fail('a document type declaration is not allowed');
  parser.onopentagstart = ({ name }) => {
    if (open.length >= maximumDepth) fail(`elements are nested deeper than ${maximumDepth}`, true);
    if (++items > maximumItems) fail('text has too many elements', true);
    const element: Growing = { name, attributes: new Map(), children: [], line: parser.line + 1 };
    (open.at(-1)?.children ?? outermost).push(element);
    open.push(element);
  };
  parser.onattribute = ({ name, value }) => {
    // Refused as soon as it is read: sax keeps attributes in an object with a prototype, and one might
    // be named after its members.
    if (!attributeNames.includes(name)) fail('an attribute is none of tag, name, type and value');
    open.at(-1)?.attributes.set(name, value);
  };
  parser.onclosetag = () => void open.pop();
  // One write: sax would refuse long attribute values at the seams between several.
  parser.write(text).close();
  return outermost;
}

export function xmlError(message: string, line: number, tooLarge = false): TtlvError {
  return new TtlvError(message, line, tooLarge, 'line');
}
