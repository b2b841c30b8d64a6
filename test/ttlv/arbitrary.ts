/** Items of every type and shape, for the properties. */
import fc from 'fast-check';
import { ItemType } from '#ttlv/index';
import type { Item } from '#ttlv/index';

const tags = fc.oneof(
  fc.integer({ min: 0x420001, max: 0x420160 }),
  fc.integer({ min: 0x420000, max: 0x42ffff }),
  fc.integer({ min: 0x540000, max: 0x54ffff }),
);

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** Near the borders of the 8 byte blocks, where the sign decides the length. */
const bigIntegers = fc.oneof(
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(-1n, 1n), fc.constantFrom(-1n, 0n, 1n))
    .map(([bytes, sign, step]) => sign * 2n ** BigInt(bytes * 8 - 1) + step),
);

/** @param texts what Text Strings hold: not every encoding can carry every character. */
export function itemsWith(texts: fc.Arbitrary<string>): fc.Arbitrary<Item> {
  return fc.letrec<{ item: Item; structure: Item }>((tie) => {
    const scalar = <T extends Item['type'], V>(type: T, value: fc.Arbitrary<V>) =>
      fc.record(
        { tag: tags, type: fc.constant(type), value },
        { noNullPrototype: true },
      ) as unknown as fc.Arbitrary<Item>;
    return {
      item: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        scalar(ItemType.Integer, fc.integer({ min: -0x80000000, max: 0x7fffffff })),
        scalar(ItemType.LongInteger, int64),
        scalar(ItemType.BigInteger, bigIntegers),
        scalar(ItemType.Enumeration, uint32),
        scalar(ItemType.Boolean, fc.boolean()),
        scalar(ItemType.TextString, texts),
        scalar(ItemType.ByteString, fc.uint8Array({ maxLength: 40 })),
        scalar(ItemType.DateTime, fc.oneof(int64, fc.bigInt({ min: -(10n ** 10n), max: 10n ** 12n }))),
        scalar(ItemType.Interval, uint32),
        scalar(ItemType.DateTimeExtended, fc.oneof(int64, fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }))),
        tie('structure'),
      ),
      structure: scalar(ItemType.Structure, fc.array(tie('item'), { maxLength: 8 })),
    };
  }).item;
}

export const items = itemsWith(fc.string({ unit: 'binary', maxLength: 30 }));
