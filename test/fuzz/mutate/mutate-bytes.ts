/** Damages bytes: as bytes, and by the structure of the format that they are in (DER, PEM, TTLV, OpenPGP). */
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Chance } from './chance.ts';

/** How an item that stands in bytes is damaged; given by who knows Items. */
export type MutateItem = (item: ReturnType<typeof decode>, chance: Chance) => ReturnType<typeof decode>;

/** @param mutateItem for TTLV within bytes, as in a wrapped Key Value. */
export function mutateBytes(bytes: Uint8Array, chance: Chance, mutateItem: MutateItem): Buffer {
  const whole = Buffer.from(bytes);
  if (chance.oneIn(3)) return mutatePlain(whole, chance);
  if (whole.subarray(0, 5).equals(Buffer.from('-----'))) return mutatePem(whole, chance);
  if (whole[0] === 0x30 && whole.length > 2) return mutateDer(whole, chance);
  if (whole[0] === 0x42 && whole.length >= 8 && whole.length % 8 === 0) {
    try {
      return Buffer.from(encode(mutateItem(decode(whole), chance)));
    } catch {
      return mutatePlain(whole, chance);
    }
  }
  return mutatePlain(whole, chance);
}

const lengths = [0, 1, 7, 8, 15, 16, 17, 24, 32, 64, 255, 256, 4096, 70_000];

/** Without knowing what they are. */
export function mutatePlain(bytes: Buffer, chance: Chance): Buffer {
  const at = chance.below(bytes.length + 1);
  switch (chance.below(8)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), chance.bytes(chance.below(16)), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + chance.below(16))]);
    case 3:
      return Buffer.alloc(chance.pick(lengths), chance.below(256));
    case 4:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    default: {
      const copy = Buffer.from(bytes);
      for (let left = 1 + chance.below(4); left > 0 && copy.length > 0; left--) {
        const place = chance.below(copy.length);
        copy[place] = chance.oneIn(2) ? chance.below(256) : (copy[place] as number) ^ (1 << chance.below(8));
      }
      return copy;
    }
  }
}

function mutatePem(bytes: Buffer, chance: Chance): Buffer {
  const [, first = '', body = '', last = ''] = /^(-+[^\n]*\n)([^-]*)(-+[^\n]*\n?)/.exec(bytes.toString('latin1')) ?? [];
  const der = mutateDer(Buffer.from(body, 'base64'), chance);
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return Buffer.from(chance.oneIn(8) ? `${first}${first}${lines}\n${last}` : `${first}${lines}\n${last}`, 'latin1');
}

/** One element of DER, its content cut into elements when it is constructed. */
interface Der {
  readonly tag: number;
  readonly content: Buffer | readonly Der[];
}

const deepest = 24;

function readDer(bytes: Buffer, depth = 0): Der[] | undefined {
  const elements: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] ?? 256;
    let start = at + 2;
    if (length > 0x84 || length === 0x80) return undefined;
    if (length > 0x80) {
      const more = length - 0x80;
      if (start + more > bytes.length) return undefined;
      length = bytes.readUIntBE(start, more);
      start += more;
    }
    if (start + length > bytes.length) return undefined;
    const content = bytes.subarray(start, start + length);
    // Octet and bit strings hold DER more often than not: PKCS#8, extensions, PKCS#12.
    const hidden = tag === 0x04 && content[0] === 0x30;
    const within = depth < deepest && ((tag & 0x20) !== 0 || hidden) ? readDer(content, depth + 1) : undefined;
    elements.push({ tag, content: within ?? content });
    at = start + length;
  }
  return elements;
}

function writeDer({ tag, content }: Der, chance: Chance): Buffer {
  const body = Buffer.isBuffer(content) ? content : Buffer.concat(content.map((each) => writeDer(each, chance)));
  // Once in a while a length that is not the shortest, not the true one, or without end.
  const odd = chance.below(200);
  if (odd === 0) return Buffer.concat([Buffer.from([tag, 0x80]), body, Buffer.alloc(2)]);
  if (odd === 1) return Buffer.concat([Buffer.from([tag, 0x84, 0, 0, body.length >> 8, body.length & 255]), body]);
  if (odd === 2) return Buffer.concat([Buffer.from([tag, 0x84, 0xff, 0xff, 0xff, 0xff]), body]);
  const head =
    body.length < 0x80
      ? [tag, body.length]
      : body.length < 0x10000
        ? [tag, 0x82, body.length >> 8, body.length & 255]
        : [tag, 0x83, body.length >> 16, (body.length >> 8) & 255, body.length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

const tags = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0xa0, 0xa3, 0x80,
];
const contents = [
  ...[
    '',
    '00',
    '01',
    'ff',
    '7f',
    '80',
    '0080',
    'ffffffffffffffffff',
    '00ffffffffffffffff',
    '2a864886f70d010101',
    '2b',
  ].map((hex) => Buffer.from(hex, 'hex')),
  ...[
    '99991231235959Z',
    '20260230000000Z',
    '2026',
    '260101000000Z',
    '99999999999999Z',
    '20260101000000+0000',
    '*',
    'localhost',
    '',
  ].map((text) => Buffer.from(text)),
  Buffer.alloc(300, 0xff),
  Buffer.alloc(3000, 0x80),
];

/** What is no DER is damaged as bytes. */
function mutateDer(bytes: Buffer, chance: Chance): Buffer {
  const elements = readDer(bytes);
  if (elements === undefined || elements.length === 0) return mutatePlain(bytes, chance);
  const count = (each: Der): number =>
    1 + (Buffer.isBuffer(each.content) ? 0 : each.content.reduce((sum, child) => sum + count(child), 0));
  let damaged = elements;
  for (let left = 1 + chance.below(3); left > 0; left--) {
    let place = chance.below(damaged.reduce((sum, each) => sum + count(each), 0));
    const visit = (each: Der): readonly Der[] => {
      if (place-- === 0) return damagedDer(each, chance);
      if (Buffer.isBuffer(each.content)) return [each];
      return [{ ...each, content: each.content.flatMap(visit) }];
    };
    damaged = damaged.flatMap(visit);
  }
  return Buffer.concat(damaged.map((each) => writeDer(each, chance)));
}

function damagedDer(each: Der, chance: Chance): readonly Der[] {
  switch (chance.below(9)) {
    case 0:
      return [];
    case 1:
      return Array.from({ length: chance.pick([2, 2, 3, 50, 1000]) }, () => each);
    case 2:
      return [{ ...each, tag: chance.pick(tags) }];
    case 3:
      return [{ tag: chance.pick([0x30, 0x31, 0xa0, 0x04]), content: [each] }];
    case 4: {
      let nested: Der = each;
      for (let depth = chance.pick([5, 30, 200]); depth > 0; depth--) nested = { tag: 0x30, content: [nested] };
      return [nested];
    }
    case 5:
      return Buffer.isBuffer(each.content)
        ? [{ ...each, content: mutatePlain(each.content, chance) }]
        : [{ ...each, content: each.content.toReversed() }];
    case 6:
      return [each, { tag: chance.pick(tags), content: chance.pick(contents) }];
    default:
      return [{ ...each, content: chance.pick(contents) }];
  }
}
