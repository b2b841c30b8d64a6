import { expect } from 'chai';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFramer, decode, encode, encodedLength, TtlvError } from '#ttlv/index';
import { items } from './arbitrary.ts';
import { hex, plain } from './wire.ts';

/**
 * Whether the bytes were accepted, after checking that nothing but TtlvError is thrown and that what
 * was read is written alike.
 */
function survives(bytes: Uint8Array): boolean {
  let item;
  try {
    item = decode(bytes);
  } catch (error) {
    if (!(error instanceof TtlvError)) throw error;
    expect(error.offset).to.be.within(0, bytes.length);
    return false;
  }
  expect(hex(encode(item))).to.equal(hex(bytes));
  return true;
}

/** Bytes that look like an item: a tag of the range, any type near the known ones, any small length. */
const nearItems = fc
  .tuple(
    fc.constantFrom(0x42, 0x54),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 0, max: 24 }),
    fc.uint8Array({ maxLength: 32 }),
  )
  .map(([tag, type, length, value]) => Buffer.concat([Buffer.of(tag, 0, 0x20, type, 0, 0, 0, length), value]));

const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });

describe('the binary encoding, of anything', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(items, (item) => {
        const bytes = encode(item);
        expect(bytes.length).to.equal(encodedLength(item));
        expect(plain(decode(bytes))).to.deep.equal(plain(item));
      }),
      { numRuns: 1000 },
    );
  });

  it('throws nothing but TtlvError on random bytes, and writes what it accepts alike', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void survives(bytes)));
    fc.assert(
      fc.property(nearItems, (bytes) => void survives(bytes)),
      { numRuns: 5000 },
    );
  });

  it('throws nothing but TtlvError on mutated messages, and writes what it accepts alike', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(items, mutations, (item, changes) => {
        const bytes = Uint8Array.from(encode(item));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        if (survives(bytes)) accepted++;
        else refused++;
      }),
      { numRuns: 3000 },
    );
    expect(accepted).to.be.greaterThan(0);
    expect(refused).to.be.greaterThan(0);
  });

  it('refuses every message that is cut off', () => {
    fc.assert(
      fc.property(items, (item) => {
        const bytes = encode(item);
        for (let length = 0; length < bytes.length; length++)
          expect(survives(bytes.subarray(0, length))).to.equal(false);
      }),
    );
  });

  it('comes out of the framer the same, however the stream is chunked', () => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 50 })), (bodies, sizes) => {
        const messages = bodies.map((body) => encode({ tag: 0x420078, type: 0x01, value: [body] }));
        const stream = Buffer.concat(messages);
        const framer = createFramer({ maximumBytes: 1024 * 1024 });
        const cut: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn] ?? stream.length;
          cut.push(...framer.push(stream.subarray(at, at + size)));
          at += size;
        }
        expect(cut.map(hex)).to.deep.equal(messages.map(hex));
        expect(framer.end()).to.equal(false);
      }),
    );
  });
});

describe('the memory that reading takes', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  /** The costliest inputs: items without content, flat and as deep as allowed. */
  const crowds: readonly [name: string, type: number][] = [
    ['empty structures', 0x01],
    ['empty text strings', 0x07],
    ['empty byte strings', 0x08],
  ];
  for (const [name, type] of crowds) {
    it(`is a small multiple of a message that is full of ${name}`, () => {
      const count = 19_999;
      const message = Buffer.alloc(8 + count * 8);
      message.writeUInt32BE(0x42007801, 0);
      message.writeUInt32BE(count * 8, 4);
      for (let at = 8; at < message.length; at += 8) message.writeUInt32BE(0x42002000 + type, at);

      collect();
      const before = process.memoryUsage();
      const item = decode(message);
      collect();
      const after = process.memoryUsage();
      const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
      expect(item.value).to.have.length(count);
      expect(taken / message.length).to.be.lessThan(32);
    });
  }

  it('is nothing when a length lies', () => {
    const message = Buffer.alloc(64);
    for (const type of [0x01, 0x04, 0x07, 0x08]) {
      message.writeUInt32BE(0x42002000 + type, 0);
      message.writeUInt32BE(0x7ffffff8, 4);
      const before = process.memoryUsage().arrayBuffers;
      expect(() => decode(message)).to.throw(TtlvError, 'longer than the structure');
      expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(1024 * 1024);
    }
  });

  it('does not grow with what a header announces, in the framer', () => {
    const before = process.memoryUsage().arrayBuffers;
    const framers = Array.from({ length: 200 }, () => {
      const framer = createFramer({ maximumBytes: 1024 * 1024 });
      framer.push(Buffer.from('42007801000ffff0', 'hex'));
      return framer;
    });
    expect(framers.every((framer) => framer.end())).to.equal(true);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(1024 * 1024);
  });
});
