import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { sameAs, valueKey } from '#objects/value-key';

const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.string({ maxLength: 3 }),
    fc.integer({ min: -3, max: 3 }),
    fc.bigInt({ min: -3n, max: 3n }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 2 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ab'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe('the key of a value', () => {
  it('is that of every equal value, and of no other', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        expect(valueKey(one) === valueKey(other)).to.equal(isDeepStrictEqual(one, other));
        expect(sameAs(one)(other)).to.equal(isDeepStrictEqual(one, other));
      }),
      { numRuns: 3000 },
    );
  });

  it('is the same for a copy, for fields in another order, and for bytes in another view', () => {
    fc.assert(fc.property(values, (value) => valueKey(structuredClone(value)) === valueKey(value)));
    expect(valueKey({ a: 1, b: 'x' })).to.equal(valueKey({ b: 'x', a: 1, c: undefined }));
    expect(valueKey(Buffer.from('abc').subarray(1))).to.equal(valueKey(Uint8Array.from([98, 99])));
  });

  it('takes time for a large number that grows with its length', () => {
    const key = valueKey(1n << 4_000_000n);
    expect(key).to.have.length(1_000_003);
  });
});
