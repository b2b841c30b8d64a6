import { expect } from 'chai';
import fc from 'fast-check';
import { decode, decodeInTurns } from '#ttlv/decode';
import { encode, encodedLength, encodeInTurns, lengthInTurns } from '#ttlv/encode';
import { TtlvError, type Item } from '#ttlv/item';
import { struct, text } from '#test/fixtures/items';
import { items } from './arbitrary.ts';

const list = (count: number, length: number): Item =>
  struct(
    'RequestMessage',
    text('NameValue', 'first'),
    struct(
      'Attributes',
      ...Array.from({ length: count }, (_, place) => struct('Name', text('NameValue', 'x'.repeat(length) + place))),
    ),
    struct('BatchItem'),
  );
const limits = { maximumBytes: 2 ** 24, maximumItems: 2 ** 20 };

/** The turns that were given. */
function turns(): { readonly turn: () => Promise<void>; count: number } {
  const given = {
    count: 0,
    turn: () => {
      given.count++;
      return Promise.resolve();
    },
  };
  return given;
}

describe('what is done in turns', () => {
  it('gives the bytes and the length that are given at once, for every item', async () => {
    await fc.assert(
      fc.asyncProperty(items, async (item) => {
        const { turn } = turns();
        expect(Buffer.from(await encodeInTurns(item, turn)).equals(encode(item))).to.equal(true);
        expect(await lengthInTurns(item, turn)).to.equal(encodedLength(item));
      }),
      { numRuns: 200 },
    );
  });

  it('gives others their turns when there is much to write', async () => {
    const given = turns();
    const item = list(20_000, 10);
    expect(Buffer.from(await encodeInTurns(item, given.turn)).equals(encode(item))).to.equal(true);
    expect(given.count).to.be.at.least(8);
  });

  it('gives others their turns when there is much to read', async () => {
    const given = turns();
    const bytes = encode(list(1000, 2000));
    expect(await decodeInTurns(bytes, limits, given.turn)).to.deep.equal(decode(bytes, limits));
    expect(given.count).to.be.at.least(10);
  });

  it('takes and refuses the same bytes as what is done at once', async () => {
    const whole = encode(list(300, 1000));
    let refused = 0;
    for (let at = 0; at < whole.length; at += at < 200 ? 1 : 4093) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] as number) ^ 0x55;
      const [inTurns, atOnce] = [
        await decodeInTurns(bytes, limits, turns().turn).catch((error: unknown) => error),
        outcome(() => decode(bytes, limits)),
      ];
      if (!(atOnce instanceof TtlvError)) expect(inTurns, `byte ${at}`).to.deep.equal(atOnce);
      else {
        refused++;
        expect(inTurns, `byte ${at}`).to.be.instanceOf(TtlvError);
      }
    }
    expect(refused).to.be.above(20);
  });
});

function outcome<T>(call: () => T): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
