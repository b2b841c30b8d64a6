import { expect } from 'chai';
import { createFramer, TtlvError } from '#ttlv/index';
import { bytes, hex } from './wire.ts';

const first = bytes('42007A 01 00000010  420020 02 00000004 00000008 00000000');
const empty = bytes('42007B 01 00000000');
const long = Buffer.concat([bytes('420078 01 00000800'), Buffer.alloc(0x800, 7)]);
const stream = Buffer.concat([first, empty, long, first]);
const messages = [first, empty, long, first].map(hex);

function faultOf(action: () => unknown): { offset: number; tooLarge: boolean } {
  try {
    action();
  } catch (error) {
    if (error instanceof TtlvError) return { offset: error.offset, tooLarge: error.tooLarge };
    throw error;
  }
  throw new Error('was accepted');
}

describe('the framer', () => {
  for (const size of [1, 2, 3, 5, 7, 8, 9, 16, 23, 24, 25, 100, 1000, stream.length]) {
    it(`cuts the same messages out of chunks of ${size} bytes`, () => {
      const framer = createFramer({ maximumBytes: long.length });
      const cut: string[] = [];
      for (let at = 0; at < stream.length; at += size)
        cut.push(...framer.push(stream.subarray(at, at + size)).map(hex));
      expect(cut).to.deep.equal(messages);
      expect(framer.end()).to.equal(false);
    });
  }

  it('copies nothing when a message lies within one chunk', () => {
    const [message] = createFramer({ maximumBytes: 1000 }).push(first);
    expect(message?.buffer).to.equal(first.buffer);
    expect(message?.byteOffset).to.equal(first.byteOffset);
  });

  it('cuts only so many messages at once, and the others in their order when it is asked for more', () => {
    const framer = createFramer({ maximumBytes: long.length, atOnce: 2 });
    const partial = first.subarray(0, 9);
    expect(framer.push(Buffer.concat([stream, partial])).map(hex)).to.deep.equal(messages.slice(0, 2));
    expect([framer.hasMore, framer.end()]).to.deep.equal([true, true]);
    // What comes meanwhile is behind what waits.
    expect(framer.push(first.subarray(9)).map(hex)).to.deep.equal(messages.slice(2));
    expect(framer.more().map(hex)).to.deep.equal([hex(first)]);
    expect([framer.hasMore, framer.end()]).to.deep.equal([false, false]);
  });

  it('tells a fault when the messages before it are cut', () => {
    const framer = createFramer({ maximumBytes: 1000, atOnce: 2 });
    expect(framer.push(Buffer.concat([first, empty, first, bytes('00')]))).to.have.length(2);
    expect(framer.fault).to.equal(undefined);
    expect(framer.more().map(hex)).to.deep.equal([hex(first)]);
    expect(framer.fault).to.be.instanceOf(TtlvError);
    expect(() => framer.more()).to.throw(TtlvError, 'offset 0');
  });

  it('takes empty chunks and says whether a message is pending', () => {
    const framer = createFramer({ maximumBytes: 1000 });
    expect(framer.push(new Uint8Array())).to.deep.equal([]);
    expect(framer.end()).to.equal(false);
    framer.push(first.subarray(0, 1));
    framer.push(new Uint8Array());
    expect(framer.end()).to.equal(true);
  });

  it('takes a message of exactly the bound', () => {
    expect(createFramer({ maximumBytes: first.length }).push(first)).to.have.length(1);
  });

  const faults: readonly [name: string, start: string, offset: number, tooLarge: boolean][] = [
    ['plain HTTP by its first byte', hex(Buffer.from('G')), 0, false],
    ['TLS within TLS by its first byte', '16', 0, false],
    ['an extension tag', '54', 0, false],
    ['an item that is no structure by its fourth byte', '420078 02', 3, false],
    ['a message beyond the bound by its eighth byte', '420078 01 00000020', 4, true],
    ['the longest length', '420078 01 FFFFFFFF', 4, true],
    ['a length that is no multiple of 8', '420078 01 00000004', 4, false],
  ];
  for (const [name, start, offset, tooLarge] of faults) {
    it(`refuses ${name}`, () => {
      const whole = createFramer({ maximumBytes: first.length });
      expect(faultOf(() => whole.push(bytes(start)))).to.deep.equal({ offset, tooLarge });

      const byteByByte = createFramer({ maximumBytes: first.length });
      for (const byte of bytes(start).subarray(0, -1)) byteByByte.push(Uint8Array.of(byte));
      expect(faultOf(() => byteByByte.push(bytes(start).subarray(-1)))).to.deep.equal({ offset, tooLarge });
      expect(byteByByte.end()).to.equal(true);
    });
  }

  it('returns the messages before a fault, then throws', () => {
    const framer = createFramer({ maximumBytes: 1000 });
    expect(framer.push(Buffer.concat([first, empty, bytes('00')])).map(hex)).to.deep.equal([first, empty].map(hex));
    expect(framer.fault).to.be.instanceOf(TtlvError);
    expect(() => framer.push(first)).to.throw(TtlvError, 'offset 0');
    expect(framer.end()).to.equal(true);
  });
});
