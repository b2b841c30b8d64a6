/**
 * Changes DER by its structure: times, lengths, tags, values, order, depth. What comes out is mostly whole DER that no
 * writer would make.
 */

/** One encoding: its tag, and what it holds, as encodings or as bytes. */
interface Node {
  readonly tag: number;
  readonly content: Buffer | readonly Node[];
}

export interface Chance {
  /** From 0 to below `limit`. */
  below(limit: number): number;
  of<T>(values: readonly T[]): T;
}

/** The same numbers for the same seed (mulberry32). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, of: (values) => values[below(values.length)] as (typeof values)[number] };
}

/** Undefined for what is no whole DER. */
function read(bytes: Buffer, depth = 0): readonly Node[] | undefined {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (more > 4 || first === 0x80 || at + 2 + more > bytes.length) return undefined;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const start = at + 2 + more;
    if (start + length > bytes.length) return undefined;
    const held = bytes.subarray(start, start + length);
    nodes.push({ tag, content: childrenIn(tag, held, depth) ?? held });
    at = start + length;
  }
  return nodes;
}

/** Octet and bit strings hold encodings too: extensions, keys. */
function childrenIn(tag: number, held: Buffer, depth: number): readonly Node[] | undefined {
  if (depth > 20 || held.length < 2) return undefined;
  if ((tag & 0x20) !== 0 || tag === 0x04) return read(held, depth + 1);
  return undefined;
}

const write = ({ tag, content }: Node): Buffer => {
  const held = Buffer.isBuffer(content) ? content : Buffer.concat(content.map(write));
  return Buffer.concat([Buffer.of(tag), lengthOf(held.length), held]);
};

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const size = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const bytes = Buffer.alloc(1 + size, 0x80 | size);
  bytes.writeUIntBE(length, 1, size);
  return bytes;
}

const isTime = (tag: number): boolean => tag === 0x17 || tag === 0x18;
const brokenTimes = [
  ...['', 'Z', '99', '20261332999999Z', '990230250000Z', '20260101000000', '20260101000000.Z', '2026010100Z'],
  ...[
    '20260101000000+9999',
    '\u00002260101000000Z',
    'aaaaaaaaaaaaZ',
    '-0260101000000Z',
    '9'.repeat(400),
    '000000000000Z',
  ],
].map((text) => Buffer.from(text, 'latin1'));

/**
 * Every variant of the encoding in which one of its times is broken, or, where it has none, one value is a time that is
 * none.
 */
export function withBrokenTimes(der: Buffer): Buffer[] {
  const nodes = read(der);
  if (nodes === undefined) return [];
  const places = pathsOf(nodes).filter((path) => Buffer.isBuffer(nodeAt(nodes, path).content));
  const times = places.filter((path) => isTime(nodeAt(nodes, path).tag));
  const some = times.length > 0 ? times : places.slice(0, 1);
  const contents = times.length > 0 ? brokenTimes : brokenTimes.slice(0, 4);
  // Each time as one of the two kinds, in turn.
  return some.flatMap((path) =>
    contents.map((content, place) =>
      Buffer.concat(replaced(nodes, path, [{ tag: 0x17 + (place % 2), content }]).map(write)),
    ),
  );
}

/** One change, sometimes several, by chance. */
export function mutant(der: Buffer, chance: Chance): Buffer {
  let bytes = der;
  for (let times = 1 + (chance.below(4) === 0 ? chance.below(4) : 0); times > 0; times--) bytes = once(bytes, chance);
  return bytes;
}

function once(der: Buffer, chance: Chance): Buffer {
  const nodes = read(der);
  if (nodes === undefined || nodes.length === 0 || chance.below(6) === 0) return changedBytes(der, chance);
  const path = chance.of(pathsOf(nodes));
  const node = nodeAt(nodes, path);
  return Buffer.concat(replaced(nodes, path, changes(node, chance)).map(write));
}

function changes(node: Node, chance: Chance): readonly Node[] {
  const held = Buffer.isBuffer(node.content) ? node.content : Buffer.concat(node.content.map(write));
  const asBytes = (content: Buffer): Node => ({ tag: node.tag, content });
  const kinds: (() => readonly Node[])[] = [
    () => [],
    () => [node, node],
    () => [{ ...node, tag: chance.below(256) }],
    () => [
      { ...node, tag: chance.of([2, 3, 4, 5, 6, 0xa, 0xc, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0xa0, 0xa3]) },
    ],
    () => [{ tag: chance.of([0x17, 0x18]), content: chance.of(brokenTimes) }],
    () => [asBytes(Buffer.alloc(0))],
    () => [asBytes(Buffer.alloc(1 + chance.below(300), chance.of([0, 1, 0x7f, 0x80, 0xff])))],
    () => [asBytes(Buffer.alloc(3000, 0xff))],
    () => [asBytes(changedBytes(held, chance))],
    () => [asBytes(held.subarray(0, chance.below(held.length + 1)))],
    () => [asBytes(Buffer.concat([Buffer.of(0), held]))],
    () => [{ tag: 0x30, content: [node] }],
    () => [nested(node, 1 + chance.below(40))],
    () => (Buffer.isBuffer(node.content) ? [node] : [{ ...node, content: [...node.content].reverse() }]),
    () =>
      Buffer.isBuffer(node.content) ? [node] : [{ ...node, content: node.content.flatMap((each) => [each, each]) }],
    () => [
      { tag: 0x06, content: Buffer.from(chance.of(['', '80', 'ff', '2a8648ce3d0301', '55', '2b0601040182']), 'hex') },
    ],
  ];
  return chance.of(kinds)();
}

const nested = (node: Node, depth: number): Node =>
  depth === 0 ? node : { tag: 0x30, content: [nested(node, depth - 1)] };

/** Lengths and tags are among them. */
function changedBytes(bytes: Buffer, chance: Chance): Buffer {
  const changed = Buffer.from(bytes);
  if (changed.length === 0) return Buffer.of(chance.below(256));
  if (chance.below(8) === 0) return changed.subarray(0, chance.below(changed.length));
  changed[chance.below(changed.length)] = chance.of([0, 1, 0x7f, 0x80, 0x84, 0xff, chance.below(256)]);
  return changed;
}

type Path = readonly number[];

const pathsOf = (nodes: readonly Node[], prefix: Path = []): Path[] =>
  nodes.flatMap(({ content }, place) => [
    [...prefix, place],
    ...(Buffer.isBuffer(content) ? [] : pathsOf(content, [...prefix, place])),
  ]);

function nodeAt(nodes: readonly Node[], [first = 0, ...rest]: Path): Node {
  const node = nodes[first] as Node;
  return rest.length === 0 ? node : nodeAt(node.content as readonly Node[], rest);
}

function replaced(nodes: readonly Node[], [first = 0, ...rest]: Path, by: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node, place) => {
    if (place !== first) return [node];
    if (rest.length === 0) return by;
    return [{ ...node, content: replaced(node.content as readonly Node[], rest, by) }];
  });
}
