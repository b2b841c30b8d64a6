/** The message encodings of HTTPS, by their Content-Type (Additional Message Encodings 1.0 §2.5): each to and from TTLV. */
import { decode, type Limits } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { readJson, writeJson } from '#ttlv/json';
import type { Names } from '#ttlv/names';
import { readXml, writeXml } from '#ttlv/xml';
import { KmipError } from './kmip-error.ts';
import { versionAtStart } from './message.ts';
import { names } from './names.ts';
import { versionOf, type Version } from './versions.ts';

export interface Encoding {
  readonly name: 'ttlv' | 'xml' | 'json';
  readonly contentType: string;
  /** How many times as long as in TTLV a message may be. */
  readonly expansion: number;
  /**
   * What a body says, in TTLV; the body itself when it is that. Its length is the caller's to bound.
   * @param limits of items and depth, those of `decode` by default.
   * Rejects with TtlvError when the body is no item.
   */
  toTtlv(body: Uint8Array, limits?: Partial<Limits>): Promise<Uint8Array>;
  /**
   * The body for a message of our own; the message itself when it is that.
   * Rejects with RangeError when it holds what the encoding cannot carry, with KmipError ResponseTooLarge when it holds too
   * many items.
   */
  fromTtlv(message: Uint8Array): Promise<Uint8Array>;
  /** The version that a body names which cannot be read as a whole. */
  versionOf(body: Uint8Array): Version | undefined;
}

/** Hex doubles the bytes; names, quotes and indentation do the rest. */
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
  toTtlv: async (body, limits = {}) => encode(readText(textOf(body), names, { ...limits, maximumBytes: body.length })),
  fromTtlv: async (message) => Buffer.from(writeText(decoded(message), names)),
  versionOf: versionInText,
});

/** Of an answer that is written as text: their text, and all that it is made of, is in memory at once. */
const maximumItemsAsText = 400_000;

/**
 * The bounds of a message of our own, whose bytes are there already. What a client had kept in a structure of depth 32 may
 * lie deeper in an answer.
 */
const boundsOf = ({ length }: Uint8Array): Limits => ({
  maximumBytes: length,
  maximumItems: maximumItemsAsText,
  maximumDepth: 100,
});

/** @throws KmipError ResponseTooLarge. */
function decoded(message: Uint8Array): Item {
  try {
    return decode(message, boundsOf(message));
  } catch (error) {
    if (!(error instanceof TtlvError) || !error.tooLarge) throw error;
    throw new KmipError(
      'ResponseTooLarge',
      `the answer has more than ${maximumItemsAsText} items, too many for a text: ask for less at once, or in TTLV`,
    );
  }
}

/** Without a byte order mark. */
function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new TtlvError('text must be valid UTF-8', 0);
  }
}

/** How far into a text its version is looked for: the header comes first. */
const searched = 2048;

/** A number of one digit after the name of its tag, in the order in which XML and JSON are commonly written. */
const numberOf = (name: string, tag: string): RegExp =>
  new RegExp(`(?:${name}|${tag})\\b[^<>{}]{0,80}?\\bvalue["']?\\s{0,9}[=:]\\s{0,9}["']?(?:0x0{0,7})?(\\d)\\b`, 'i');
const major = numberOf('ProtocolVersionMajor', '0x42006a');
const minor = numberOf('ProtocolVersionMinor', '0x42006b');

function versionInText(body: Uint8Array): Version | undefined {
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
    toTtlv: (body) => Promise.resolve(body),
    fromTtlv: (message) => Promise.resolve(message),
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
