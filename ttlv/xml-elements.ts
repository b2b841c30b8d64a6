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

/** XML 1.0 §2.2 Char: what is none can be written in no way, by number neither. */
export const noCharacter = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** A comment may not hold one either, which is no loss. */
const declaration = /<!(?!--|\[CDATA\[)/;

/**
 * The outermost elements. Text between elements carries nothing in this encoding and is passed over, and so are
 * comments.
 * @throws TtlvError with the line; nothing else.
 */
export function readElements(text: string, limits: Partial<Limits> = {}): XmlElement[] {
  const { maximumBytes, maximumDepth, maximumItems } = { ...defaultXmlLimits, ...limits };
  if (text.length > maximumBytes) throw xmlError(`text is longer than ${maximumBytes} characters`, 1, true);
  // Before sax sees one: its time for a declaration grows with the square of the length.
  const declared = text.search(declaration);
  if (declared >= 0) throw xmlError('a declaration is not allowed', text.slice(0, declared).split('\n').length);

  const outermost: Growing[] = [];
  const open: Growing[] = [];
  let items = 0;
  const parser = sax.parser(true, { position: true });
  // The text has its bound: sax's own would refuse long attribute values.
  Object.assign(parser, { bufferCheckPosition: Infinity });
  const fail = (message: string, tooLarge = false): never => {
    throw xmlError(message, parser.line + 1, tooLarge);
  };
  // Without a prototype, so that &constructor; is no entity either.
  parser.ENTITIES = Object.assign(Object.create(null), { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });
  parser.onerror = () => fail('text must be well-formed XML');
  parser.onopentagstart = ({ name }) => {
    if (open.length >= maximumDepth) fail(`elements are nested deeper than ${maximumDepth}`, true);
    if (++items > maximumItems) fail('text has too many elements', true);
    const element: Growing = { name, attributes: new Map(), children: [], line: parser.line + 1 };
    (open.at(-1)?.children ?? outermost).push(element);
    open.push(element);
  };
  /** The beginning of an attribute's value, when it is longer than what is read at once. */
  const begun: string[] = [];
  parser.onattribute = ({ name, value: rest }) => {
    const value = begun.length === 0 ? rest : [...begun.splice(0), rest].join('');
    // Refused as soon as it is read: sax keeps attributes in an object with a prototype, and one might
    // be named after its members.
    if (!attributeNames.includes(name)) fail('an attribute must be tag, name, type or value');
    if (noCharacter.test(value)) fail('an attribute must not contain an invalid character');
    const attributes = open.at(-1)?.attributes;
    if (attributes?.has(name) === true) fail(`an element has the attribute ${name} twice`);
    attributes?.set(name, value);
    // Sax passes over an attribute that it has seen in the same element, without a word.
    parser.tag.attributes = {};
  };
  parser.onclosetag = () => void open.pop();
  const buffers = parser as unknown as Record<
    (typeof passedOver)[number] | (typeof short)[number] | 'attribValue',
    string
  >;
  for (let at = 0; at < text.length; at += readAtOnce) {
    parser.write(text.slice(at, at + readAtOnce));
    for (const name of passedOver) buffers[name] = '';
    if (short.some((name) => buffers[name].length > longestName)) fail('a name is too long');
    if (buffers.attribValue === '') continue;
    begun.push(flat(buffers.attribValue));
    buffers.attribValue = '';
  }
  parser.close();
  return outermost;
}

/**
 * Characters. Sax puts what it reads together one by one, in a string that takes some thirty bytes for each until it is
 * used: what it has is taken from it again and again.
 */
const readAtOnce = 16 * 1024;
/** What carries nothing here. */
const passedOver = ['textNode', 'comment', 'cdata', 'procInstBody'] as const;
/** What is never long. */
const short = ['tagName', 'attribName', 'procInstName', 'entity'] as const;
const longestName = 1024;

/** The same text in one piece. */
const flat = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');

export function xmlError(message: string, line: number, tooLarge = false): TtlvError {
  return new TtlvError(message, line, tooLarge, 'line');
}
