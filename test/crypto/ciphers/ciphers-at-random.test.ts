/** Ciphers and padding over whatever comes: parts, and every bit that can be wrong. */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  blockCipher,
  chaCha20,
  chaCha20Poly1305,
  deciphering,
  enciphering,
  type Cipher,
} from '#crypto/ciphers/block-cipher';
import { randomVector } from '#crypto/ciphers/initialization-vector';
import { KmipError } from '#protocol/kmip-error';

const random = (length: number): Uint8Array => randomBytes(length);
const ofAes = (mode: string): Cipher => blockCipher('AES', mode === 'XTS' ? 64 : 32, mode) as Cipher;
const keyFor = (cipher: Cipher): Uint8Array => randomBytes(cipher.halvesKey ? 64 : 32);

/** Cut at places that are taken modulo its length. */
function cut(data: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (data.length + 1)).sort((a, b) => a - b), data.length];
  return edges.slice(1).map((edge, index) => data.subarray(edges[index], edge));
}

const places = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });
const content = fc.uint8Array({ maxLength: 100 });

describe('a cipher', () => {
  const paddings = ['PKCS5', 'ANSIX9_23', 'ISO10126', 'SSL3'];
  const ways: readonly (readonly [string, Cipher, string | undefined])[] = [
    ...['ECB', 'CBC'].flatMap((mode) => paddings.map((padding) => [mode, ofAes(mode), padding] as const)),
    ...['CFB', 'OFB', 'CTR', 'GCM'].map((mode) => [mode, ofAes(mode), undefined] as const),
    ['ChaCha20', chaCha20, undefined],
    ['ChaCha20-Poly1305', chaCha20Poly1305, undefined],
  ];
  for (const [label, cipher, padding] of ways) {
    it(`of ${label}${padding === undefined ? '' : ` and ${padding}`} gives the same in parts as at once, and opens so`, () => {
      const isRandom = padding === 'ISO10126' || padding === 'SSL3';
      fc.assert(
        fc.property(content, places, places, (data, cuts, otherCuts) => {
          const use = { key: keyFor(cipher), iv: randomBytes(cipher.ivLength), padding };
          const whole = enciphering(cipher, use, random).take(data, true);
          const running = enciphering(cipher, use, random);
          const parts = cut(data, cuts).map((part, place, { length }) => running.take(part, place === length - 1));
          const hidden = Buffer.concat(parts.map((part) => part.data));
          const { tag } = parts.at(-1) as (typeof parts)[number];
          if (!isRandom) expect(hidden).to.deep.equal(Buffer.from(whole.data));
          expect(tag).to.deep.equal(whole.tag);
          const opening = deciphering(cipher, use);
          const opened = cut(hidden, otherCuts).map((part, place, { length }) =>
            opening.take(part, place === length - 1, tag),
          );
          expect(Buffer.concat(opened)).to.deep.equal(Buffer.from(data));
        }),
        { numRuns: 60 },
      );
    });
  }

  for (const [label, cipher] of [
    ['GCM', ofAes('GCM')],
    ['CCM', ofAes('CCM')],
    ['ChaCha20-Poly1305', chaCha20Poly1305],
  ] as const) {
    it(`of ${label} opens nothing in which one bit is another, always in the same words`, () => {
      const [data, additionalData] = [randomBytes(20), randomBytes(9)];
      const use = { key: keyFor(cipher), iv: randomBytes(cipher.ivLength), additionalData };
      const { data: hidden, tag = new Uint8Array(0) } = enciphering(cipher, use, random, data.length).take(data, true);
      const sound = { hidden, tag, additionalData, iv: use.iv };
      const open = (given: typeof sound) =>
        deciphering(cipher, { ...use, iv: given.iv, additionalData: given.additionalData }, given.hidden.length).take(
          given.hidden,
          true,
          given.tag,
        );
      expect([...open(sound)]).to.deep.equal([...data]);
      const messages = new Set<string>();
      for (const field of ['hidden', 'tag', 'additionalData', 'iv'] as const) {
        for (let bit = 0; bit < 8 * sound[field].length; bit++) {
          const spoilt = Buffer.from(sound[field]);
          spoilt[bit >> 3] = (spoilt[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(() => open({ ...sound, [field]: spoilt }), `${field} ${bit}`)
            .to.throw(KmipError)
            .with.property('reason', 'CryptographicFailure');
        }
      }
      for (let length = 0; length < tag.length; length++) {
        try {
          open({ ...sound, tag: tag.subarray(0, length) });
          expect.fail(`a tag of ${length} bytes is taken`);
        } catch (error) {
          messages.add((error as Error).message);
        }
      }
      expect(messages.size).to.equal(1);
    });
  }

  it('has no vector by chance that comes twice too soon', () => {
    for (const [cipher, ivLength, counterLength] of [
      [ofAes('GCM'), 88, undefined],
      [ofAes('CCM'), 56, undefined],
      [ofAes('CTR'), undefined, 96],
      [ofAes('CTR'), 8, undefined],
    ] as const) {
      expect(() => randomVector(cipher, { ivLength, counterLength }, random)).to.throw('must have at least');
    }
    expect(randomVector(ofAes('GCM'), { ivLength: 96 }, random)).to.have.length(12);
    expect(randomVector(ofAes('CTR'), { counterLength: 64 }, random)).to.have.length(8);
    expect(randomVector(chaCha20, { ivLength: 64 }, random)).to.have.length(8);
    expect(randomVector(blockCipher('DES3', 24, 'CBC') as Cipher, {}, random)).to.have.length(8);
  });
});
