/**
 * The message encodings of HTTPS by their Content-Type (Additional Message Encodings 1.0 §2.5): each to and from TTLV.
 */
import { decode, type Limits } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { readJson, writeJson } from '#ttlv/json';
import type { Names } from '#ttlv/names';
import { readXml, writeXml } from '#ttlv/xml';
import { versionAtStart } from './message.ts';
import { names } from './names.ts';
import { versionOf, type WireVersion } from './versions.ts';

export interface Encoding {
  readonly name: 'ttlv' | 'xml' | 'json';
  readonly contentType: string;
  /** How many times as long as in TTLV a message may be. */
  readonly expansion: number;
  /**
   * The item that a body holds. Byte strings of TTLV are views of the body; of texts they are copies.
   * @param limits of items and depth, those of `decode` by default; the length of a text is the caller's to bound.
   * @throws TtlvError when the body is no item.
   */
  read(body: Uint8Array, limits?: Partial<Limits>): Item;
  /**
   * The body for a message of our own.
   * @throws RangeError when it holds what the encoding cannot carry.
   */
  write(message: Item): Uint8Array;
  /** The version that a body names, for a body that cannot be decoded. */
  versionOf(body: Uint8Array): WireVersion | undefined;
}

/** Hex doubles the bytes; names, quotes and indentation double the result again. */
const expansionOfText = 4;

const inText = (
  name: Encoding['name'],
  contentType: string,
  readText: (text: string, names: Names, limits: Partial<Limits>) => Item,
  writeText: (item: Item, names: Names) => string,
): Encoding => ({
  name,
  contentType,
  expansion: expansionOfText,
  read: (body, limits = {}) => readText(textOf(body), names, { ...limits, maximumBytes: body.length }),
  write: (message) => Buffer.from(writeText(message, names)),
  versionOf: versionInText,
});

/** Without a byte order mark. */
function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new TtlvError('text must be valid UTF-8', 0);
  }
}

/** How many bytes of a text are searched for the version: the header comes first. */
const searched = 2048;

/** A number of one digit after the name of its tag, in the order in which XML and JSON are commonly written. */
const numberOf = (name: string, tag: string): RegExp =>
  new RegExp(`(?:${name}|${tag})\\b[^<>{}]{0,80}?\\bvalue["']?\\s{0,9}[=:]\\s{0,9}["']?(?:0x0{0,7})?(\\d)\\b`, 'i');
const major = numberOf('ProtocolVersionMajor', '0x42006a');
const minor = numberOf('ProtocolVersionMinor', '0x42006b');

function versionInText(body: Uint8Array): WireVersion | undefined {
  const beginning = Buffer.from(body.subarray(0, searched)).toString('latin1');
  const [, ofMajor] = major.exec(beginning) ?? [];
  const [, ofMinor] = minor.exec(beginning) ?? [];
  return ofMajor === undefined || ofMinor === undefined ? undefined : versionOf(Number(ofMajor), Number(ofMinor));
}

export const encodings = {
  ttlv: {
    name: 'ttlv',
    contentType: 'application/octet-stream',
    expansion: 1,
    read: (body, limits = {}) => decode(body, { maximumBytes: body.length, ...limits }),
    write: encode,
    versionOf: versionAtStart,
  },
  xml: inText('xml', 'text/xml', readXml, writeXml),
  json: inText('json', 'application/json', readJson, writeJson),
} as const satisfies Readonly<Record<string, Encoding>>;
export type EncodingName = keyof typeof encodings;

const typeAndCharset = /^([\w.+-]{1,40}\/[\w.+-]{1,40})(?:\s*;\s*charset\s*=\s*"?([\w-]{1,20})"?)?$/i;

/** The encoding that a Content-Type names; none when it says a charset that is not read. */
export function encodingOf(header = ''): Encoding | undefined {
  const [, type, charset = 'utf-8'] = typeAndCharset.exec(header.trim()) ?? [];
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) return undefined;
  return Object.values<Encoding>(encodings).find(({ contentType }) => contentType === type?.toLowerCase());
}
