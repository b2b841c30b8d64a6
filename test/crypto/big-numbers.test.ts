import { expect } from 'chai';
import fc from 'fast-check';
import { bitLength, inverse } from '#crypto/big-numbers';
import { bestOf, elapsed } from '#test/fixtures/timing';

const commonFactor = (a: bigint, b: bigint): bigint => (b === 0n ? a : commonFactor(b, a % b));

describe('the inverse of a number modulo another', () => {
  it('is the number of known examples: RSA with the primes 61 and 53, and a small field', () => {
    expect(inverse(17n, 3120n)).to.equal(2753n);
    expect(inverse(17n, 780n)).to.equal(413n);
    expect(inverse(3n, 11n)).to.equal(4n);
    expect(inverse(14n, 11n)).to.equal(4n);
  });

  it('gives 1 when it is multiplied with it, and exists for numbers without a common factor only', () => {
    const numbers = fc.tuple(fc.bigInt(0n, 1n << 2048n), fc.bigInt(2n, 1n << 2048n));
    fc.assert(
      fc.property(numbers, ([value, modulus]) => {
        const found = inverse(value, modulus);
        if (found === undefined) expect(commonFactor(modulus, value) > 1n).to.equal(true);
        else expect(found > 0n && found < modulus && (found * value) % modulus === 1n).to.equal(true);
      }),
    );
  });

  it('of a number of 16,384 bits takes milliseconds', async () => {
    const modulus = (1n << 16_384n) - 1n;
    expect(bitLength(modulus)).to.equal(16_384);
    const work = () =>
      elapsed(() => {
        expect(inverse(2n, modulus)).to.equal(1n << 16_383n);
        inverse((1n << 16_383n) / 3n, modulus);
      });
    expect(await bestOf(500, work)).to.be.below(500);
  });
});
