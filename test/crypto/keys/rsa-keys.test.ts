import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect } from 'chai';
import { commonDivisor, inverse, isPrime } from '#crypto/big-numbers';
import type { RsaParts, RsaPrivateKey } from '#crypto/keys/asymmetric-key';
import { checkKey, readKey } from '#crypto/keys/key-formats';
import { keyObjectOf } from '#crypto/keys/key-objects';
import { checkRsaPrivate } from '#crypto/keys/rsa-check';
import { completeParts, readRsaPrivate } from '#crypto/keys/rsa-keys';
import { newestVersion } from '#protocol/versions';
import { Tag, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';

const generated = (modulusLength: number): RsaPrivateKey =>
  readRsaPrivate(
    generateKeyPairSync('rsa', {
      modulusLength,
      publicKeyEncoding: { type: 'pkcs1', format: 'der' },
      privateKeyEncoding: { type: 'pkcs1', format: 'der' },
    }).privateKey,
  );
const big = (tag: TagName, value: bigint): Item => ({ tag: Tag[tag], type: ItemType.BigInteger, value });

describe('a transparent RSA private key without Public Exponent', () => {
  const { modulus, parts } = generated(2048);
  const { p, q, publicExponent } = parts as RsaParts;
  const product = (p - 1n) * (q - 1n);
  const least = product / commonDivisor(p - 1n, q - 1n);

  for (const [what, order] of [
    ['lcm(p - 1, q - 1)', least],
    ['(p - 1)(q - 1)', product],
  ] as const) {
    it(`is complete when its Private Exponent is the inverse modulo ${what}`, () => {
      const privateExponent = inverse(publicExponent, order) as bigint;
      expect(completeParts({ p, q, privateExponent })).to.include({ p, q, privateExponent, publicExponent });
      const items = [big('Modulus', modulus), big('PrivateExponent', privateExponent), big('P', p), big('Q', q)];
      const key = readKey('private', 'TransparentRSAPrivateKey', items, newestVersion);
      checkKey(key);
      const signature = sign('sha256', Buffer.from('data'), keyObjectOf(key));
      expect(verify('sha256', Buffer.from('data'), createPublicKey(keyObjectOf(key)), signature)).to.equal(true);
    });
  }

  it('is not complete when its Private Exponent has no inverse', () => {
    expect(completeParts({ p, q, privateExponent: 2n })).to.equal(undefined);
  });
});

describe('an RSA private key whose factor is composite', () => {
  /** A Carmichael number: it is as good as a prime for every signature. */
  const k = 0x7861f70d218b96c10cdb78d446678dd4c0031d49c0n;
  const factors = [6n * k + 1n, 12n * k + 1n, 18n * k + 1n];
  const p = factors.reduce((one, other) => one * other);
  const publicExponent = 65537n;

  function keyWith(q: bigint): RsaPrivateKey {
    const privateExponent = inverse(publicExponent, (p - 1n) * (q - 1n)) as bigint;
    const parts = completeParts({ p, q, publicExponent, privateExponent }) as RsaParts;
    return { family: 'RSA', half: 'private', modulus: p * q, parts };
  }

  it('is refused, though it signs', () => {
    expect(factors.every(isPrime)).to.equal(true);
    const key = keyWith((generated(1152).parts as RsaParts).q);
    const object = keyObjectOf(key);
    const signature = sign('sha256', Buffer.from('data'), object);
    expect(verify('sha256', Buffer.from('data'), createPublicKey(object), signature)).to.equal(true);
    expect(() => checkRsaPrivate(key)).to.throw('P and Q of the RSA key must be prime');
  });

  it('is taken when both factors are prime', () => {
    expect(() => checkRsaPrivate(generated(1024))).to.not.throw();
  });
});
