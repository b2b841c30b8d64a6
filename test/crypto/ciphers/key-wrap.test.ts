import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { unwrapKey, wrapKey, type KeyWrapMode } from '#crypto/ciphers/key-wrap';
import { KmipError } from '#protocol/kmip-error';
import { useOpenSsl } from '#test/certs/openssl';

const unhex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof KmipError) return error.reason;
    throw error;
  }
  return 'nothing was thrown';
};

const kek = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, place) => place));
const kek5649 = unhex('5840df6e29b02af1 ab493b705bf16ea1 ae8338f4dcc176a8');
const data128 = '00112233445566778899aabbccddeeff';
const data192 = `${data128}0001020304050607`;

/** RFC 3394 §4.1 to §4.6; RFC 5649 §6. */
const vectors: readonly [string, KeyWrapMode, Buffer, string, string][] = [
  ['RFC 3394 4.1', 'NISTKeyWrap', kek(16), data128, '1fa68b0a8112b447 aef34bd8fb5a7b82 9d3e862371d2cfe5'],
  ['RFC 3394 4.2', 'NISTKeyWrap', kek(24), data128, '96778b25ae6ca435 f92b5b97c050aed2 468ab8a17ad84e5d'],
  ['RFC 3394 4.3', 'NISTKeyWrap', kek(32), data128, '64e8c3f9ce0f5ba2 63e9777905818a2a 93c8191e7d6e8ae7'],
  [
    'RFC 3394 4.4',
    'NISTKeyWrap',
    kek(24),
    data192,
    '031d33264e15d332 68f24ec260743edc e1c6c7ddee725a93 6ba814915c6762d2',
  ],
  [
    'RFC 3394 4.5',
    'NISTKeyWrap',
    kek(32),
    data192,
    'a8f9bc1612c68b3f f6e6f4fbe30e71e4 769c8b80a32cb895 8cd5d17d6b254da1',
  ],
  [
    'RFC 3394 4.6',
    'NISTKeyWrap',
    kek(32),
    `${data192}08090a0b0c0d0e0f`,
    '28c9f404c4b810f4 cbccb35cfb87f826 3f5786e2d80ed326 cbc7f0e71a99f43b fb988b9b7a02dd21',
  ],
  [
    'RFC 5649, 20 octets',
    'AESKeyWrapPadding',
    kek5649,
    'c37b7e6492584340 bed1220780894115 5068f738',
    '138bdeaa9b8fa7fc 61f97742e72248ee 5ae6ae5360d1ae6a 5f54f373fa543b6a',
  ],
  ['RFC 5649, 7 octets', 'AESKeyWrapPadding', kek5649, '466f7250617369', 'afbeb0f07dfbf541 9200f2ccb50bb24f'],
];

describe('AES key wrap', () => {
  for (const [name, mode, key, data, wrapped] of vectors) {
    it(`wraps and opens as ${name} has it`, () => {
      expect(Buffer.from(wrapKey(mode, key, unhex(data)))).to.deep.equal(unhex(wrapped));
      expect(Buffer.from(unwrapKey(mode, key, unhex(wrapped)))).to.deep.equal(unhex(data));
    });
  }

  it('refuses to open what was changed in any byte, cut, or wrapped with another key', () => {
    for (const mode of ['NISTKeyWrap', 'AESKeyWrapPadding'] as const) {
      const wrapped = wrapKey(mode, kek(32), unhex(data192));
      for (let place = 0; place < wrapped.length; place++) {
        const changed = Buffer.from(wrapped);
        changed[place] = (changed[place] as number) ^ 1;
        expect(refusal(() => unwrapKey(mode, kek(32), changed))).to.equal('CryptographicFailure');
      }
      for (let length = 0; length < wrapped.length; length++) {
        expect(refusal(() => unwrapKey(mode, kek(32), wrapped.subarray(0, length)))).to.equal('CryptographicFailure');
      }
      expect(refusal(() => unwrapKey(mode, kek(24), wrapped))).to.equal('CryptographicFailure');
    }
  });

  it('refuses lengths that it cannot wrap', () => {
    for (const length of [0, 8, 15, 17, 20]) {
      expect(refusal(() => wrapKey('NISTKeyWrap', kek(16), new Uint8Array(length)))).to.equal('InvalidField');
    }
    expect(refusal(() => wrapKey('AESKeyWrapPadding', kek(16), new Uint8Array(0)))).to.equal('InvalidField');
  });

  describe('beside openssl', () => {
    const openssl = useOpenSsl();
    const initialValues = { NISTKeyWrap: 'a6a6a6a6a6a6a6a6', AESKeyWrapPadding: 'a65959a6' } as const;
    const suffixes = { NISTKeyWrap: 'wrap', AESKeyWrapPadding: 'wrap-pad' } as const;
    const run = (mode: KeyWrapMode, way: '-e' | '-d', key: Buffer, input: Uint8Array): Buffer => {
      const cipher = `-id-aes${key.length * 8}-${suffixes[mode]}`;
      const material = ['-K', key.toString('hex'), '-iv', initialValues[mode]];
      return openssl.bytes('enc', cipher, way, ...material, '-in', openssl.file('input', input));
    };

    it('unwraps what openssl wrapped, and the other way round', () => {
      for (const mode of ['NISTKeyWrap', 'AESKeyWrapPadding'] as const) {
        for (const keyLength of [16, 24, 32]) {
          const key = randomBytes(keyLength);
          const data = randomBytes(mode === 'NISTKeyWrap' ? 40 : 37);
          expect(Buffer.from(unwrapKey(mode, key, run(mode, '-e', key, data)))).to.deep.equal(data);
          expect(run(mode, '-d', key, wrapKey(mode, key, data))).to.deep.equal(data);
        }
      }
    });
  });
});
