/** The message encodings of HTTPS, by their Content-Type (Additional Message Encodings 1.0 §2.5): each to and from TTLV. */
import { decode, type Limits } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { readJson, writeJson } from '#ttlv/json';
import type { Names } from '#ttlv/names';
import { readXml, writeXml } from '#ttlv/xml';
import { versionAtStart } from '#protocol/message';
import { names } from '#protocol/names';
import { versionOf, type Version } from '#protocol/versions';

export interface Encoding {
  readonly contentType: string;
  /** How many times as long as in TTLV a message may be. */
  readonly expansion: number;
  /**
   * A request in TTLV, whatever the body's length was.
   * @throws TtlvError when the body is no item.
   */
  read(body: Buffer): Uint8Array;
  /**
   * The answer itself, or what it says; it is wiped then.
   * @throws RangeError when it holds what the encoding cannot carry.
   */
  write(answer: Uint8Array): Uint8Array;
  /** The version that a body names which cannot be read as a whole. */
  versionOf(body: Buffer): Version | undefined;
}

const ttlv: Encoding = {
  contentType: 'application/octet-stream',
  expansion: 1,
  read: (body) => body,
  write: (answer) => answer,
  versionOf: versionAtStart,
};

/** Hex doubles the bytes; names, quotes and indentation do the rest. */
const expansionOfText = 4;

const inText = (
  contentType: string,
  readText: (text: string, names: Names, limits: Partial<Limits>) => Item,
  writeText: (item: Item, names: Names) => string,
): Encoding => ({
  contentType,
  expansion: expansionOfText,
  read: (body) => encode(readText(textOf(body), names, { maximumBytes: body.length })),
  write(answer) {
    try {
      // It is our own: its bound is its length, and an item has eight bytes at least.
      const item = decode(answer, { maximumBytes: answer.length, maximumItems: answer.length / 8 });
      return Buffer.from(writeText(item, names));
    } finally {
      answer.fill(0);
    }
  },
  versionOf: versionInText,
});

/** Without a byte order mark. */
function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new TtlvError('text is not valid UTF-8', 0);
  }
}

/** How far into a text its version is looked for: the header comes first. */
const searched = 2048;

/** A number of one digit after the name of its tag, in the order in which XML and JSON are commonly written. */
const numberOf = (name: string, tag: string): RegExp =>
  new RegExp(`(?:${name}|${tag})\\b[^<>{}]{0,80}?\\bvalue["']?\\s{0,9}[=:]\\s{0,9}["']?(?:0x0{0,7})?(\\d)\\b`, 'i');
const major = numberOf('ProtocolVersionMajor', '0x42006a');
const minor = numberOf('ProtocolVersionMinor', '0x42006b');

function versionInText(body: Buffer): Version | undefined {
  const beginning = body.toString('latin1', 0, searched);
  const numbers = [major, minor].map((pattern) => Number(pattern.exec(beginning)?.[1]));
  const [ofMajor = NaN, ofMinor = NaN] = numbers;
  return Number.isNaN(ofMajor + ofMinor) ? undefined : versionOf(ofMajor, ofMinor);
}

const encodings: readonly Encoding[] = [
  ttlv,
  inText('text/xml', readXml, writeXml),
  inText('application/json', readJson, writeJson),
];

const typeAndCharset = /^([\w.+-]{1,40}\/[\w.+-]{1,40})(?:\s*;\s*charset\s*=\s*"?([\w-]{1,20})"?)?$/i;

/** The encoding that a Content-Type names; none when it says a charset that is not read. */
export function encodingOf(header = ''): Encoding | undefined {
  const [, type, charset = 'utf-8'] = typeAndCharset.exec(header.trim()) ?? [];
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) return undefined;
  return encodings.find(({ contentType }) => contentType === type?.toLowerCase());
}
