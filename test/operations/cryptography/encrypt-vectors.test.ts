/** Encrypt and Decrypt against the numbers that standards print, through the operations. */
import { expect } from 'chai';
import { serverForEach } from '#test/clients/caller';
import { ask, cipherKey, type Parameters } from './encryption.ts';

interface Vector {
  readonly source: string;
  /** AES unless named. */
  readonly algorithm?: string;
  readonly key: string;
  readonly parameters: Parameters;
  readonly iv?: string;
  readonly additional?: string;
  readonly plain: string;
  readonly enciphered: string;
  readonly tag?: string;
}

const upTo = (last: number, first = 0): string =>
  Buffer.from(Array.from({ length: last - first + 1 }, (_, place) => first + place)).toString('hex');

const keys38A = {
  128: '2b7e151628aed2a6abf7158809cf4f3c',
  192: '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
  256: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
} as const;
const plain38A =
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
  '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710';
/** SP 800-38A, appendix F: by mode and key length. */
const vectors38A: readonly Vector[] = (
  [
    [
      'F.1.1',
      'ECB',
      128,
      '3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4',
    ],
    [
      'F.1.3',
      'ECB',
      192,
      'bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eefef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e',
    ],
    [
      'F.1.5',
      'ECB',
      256,
      'f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7',
    ],
    [
      'F.2.1',
      'CBC',
      128,
      '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7',
    ],
    [
      'F.2.3',
      'CBC',
      192,
      '4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd',
    ],
    [
      'F.2.5',
      'CBC',
      256,
      'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b',
    ],
    [
      'F.3.13',
      'CFB',
      128,
      '3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6',
    ],
    [
      'F.3.15',
      'CFB',
      192,
      'cdc80d6fddf18cab34c25909c99a417467ce7f7f81173621961a2b70171d3d7a2e1e8a1dd59b88b1c8e60fed1efac4c9c05f9f9ca9834fa042ae8fba584b09ff',
    ],
    [
      'F.3.17',
      'CFB',
      256,
      'dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407bdf10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471',
    ],
    [
      'F.4.1',
      'OFB',
      128,
      '3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed8259740051e9c5fecf64344f7a82260edcc304c6528f659c77866a510d9c1d6ae5e',
    ],
    [
      'F.4.3',
      'OFB',
      192,
      'cdc80d6fddf18cab34c25909c99a4174fcc28b8d4c63837c09e81700c11004018d9a9aeac0f6596f559c6d4daf59a5f26d9f200857ca6c3e9cac524bd9acc92a',
    ],
    [
      'F.4.5',
      'OFB',
      256,
      'dc7e84bfda79164b7ecd8486985d38604febdc6740d20b3ac88f6ad82a4fb08d71ab47a086e86eedf39d1c5bba97c4080126141d67f37be8538f5a8be740e484',
    ],
    [
      'F.5.1',
      'CTR',
      128,
      '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee',
    ],
    [
      'F.5.3',
      'CTR',
      192,
      '1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050',
    ],
    [
      'F.5.5',
      'CTR',
      256,
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
    ],
  ] as const
).map(([section, mode, bits, enciphered]) => ({
  source: `SP 800-38A ${section}`,
  key: keys38A[bits],
  parameters: { mode },
  ...(mode === 'ECB' ? {} : { iv: mode === 'CTR' ? upTo(0xff, 0xf0) : upTo(15) }),
  plain: plain38A,
  enciphered,
}));

const oneBlock = (source: string, key: string, plain: string, enciphered: string, algorithm = 'AES'): Vector => ({
  ...{ source, key, plain, enciphered, algorithm },
  parameters: { mode: 'ECB' },
});
const counted = '00112233445566778899aabbccddeeff';
const camellia = '0123456789abcdeffedcba9876543210';

const blocks: readonly Vector[] = [
  oneBlock('FIPS 197 C.1', upTo(15), counted, '69c4e0d86a7b0430d8cdb78070b4c55a'),
  oneBlock('FIPS 197 C.2', upTo(23), counted, 'dda97ca4864cdfe06eaf70a0ec0d7191'),
  oneBlock('FIPS 197 C.3', upTo(31), counted, '8ea2b7ca516745bfeafc49904b496089'),
  oneBlock('RFC 3713 A, 128 bits', camellia, camellia, '67673138549669730857065648eabe43', 'Camellia'),
  oneBlock(
    'RFC 3713 A, 192 bits',
    `${camellia}0011223344556677`,
    camellia,
    'b4993401b3e996f84ee5cee7d79b09b9',
    'Camellia',
  ),
  oneBlock('RFC 3713 A, 256 bits', `${camellia}${counted}`, camellia, '9acc237dff16d76c20ef7c919e3a7509', 'Camellia'),
  oneBlock('RFC 5794 A.1', upTo(15), counted, 'd718fbd6ab644c739da95f3be6451778', 'ARIA'),
  oneBlock('RFC 5794 A.2', upTo(23), counted, '26449c1805dbe7aa25a468ce263a9e79', 'ARIA'),
  oneBlock('RFC 5794 A.3', upTo(31), counted, 'f92bd7c79fb72e2f2b8f80c1972d24fc', 'ARIA'),
  oneBlock('GB/T 32907 A.1', camellia, camellia, '681edf34d206965e86b3e94f536e4246', 'SM4'),
  oneBlock(
    'SP 800-67 B.1',
    '0123456789abcdef23456789abcdef01456789abcdef0123',
    '5468652071756663 6b2062726f776e20 666f78206a756d70',
    'a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900',
    'DES3',
  ),
];

const key38C = upTo(0x4f, 0x40);
const gcm = 'feffe9928665731c6d6a8f9467308308';
const sunscreen = Buffer.from(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
).toString('hex');

const others: readonly Vector[] = [
  {
    source: 'SP 800-38C C.1',
    key: key38C,
    parameters: { mode: 'CCM', tagLength: 4 },
    iv: upTo(0x16, 0x10),
    additional: upTo(7),
    plain: upTo(0x23, 0x20),
    enciphered: '7162015b',
    tag: '4dac255d',
  },
  {
    source: 'SP 800-38C C.2',
    key: key38C,
    parameters: { mode: 'CCM', tagLength: 6 },
    iv: upTo(0x17, 0x10),
    additional: upTo(15),
    plain: upTo(0x2f, 0x20),
    enciphered: 'd2a1f0e051ea5f62081a7792073d593d',
    tag: '1fc64fbfaccd',
  },
  {
    source: 'SP 800-38C C.3',
    key: key38C,
    parameters: { mode: 'CCM', tagLength: 8 },
    iv: upTo(0x1b, 0x10),
    additional: upTo(0x13),
    plain: upTo(0x37, 0x20),
    enciphered: 'e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5',
    tag: '484392fbc1b09951',
  },
  {
    source: 'The Galois/Counter Mode of Operation (SP 800-38D), test case 4',
    key: gcm,
    parameters: { mode: 'GCM', tagLength: 16, ivLength: 96 },
    iv: 'cafebabefacedbaddecaf888',
    additional: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    enciphered:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e' +
      '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091',
    tag: '5bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    source: 'IEEE 1619 (SP 800-38E), vector 2',
    key: '11'.repeat(16) + '22'.repeat(16),
    parameters: { mode: 'XTS' },
    iv: '3333333333' + '00'.repeat(11),
    plain: '44'.repeat(32),
    enciphered: 'c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0',
  },
  {
    source: 'IEEE 1619 (SP 800-38E), vector 15, 17 bytes',
    key: 'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0',
    parameters: { mode: 'XTS' },
    iv: '9a78563412' + '00'.repeat(11),
    plain: upTo(16),
    enciphered: '6c1625db4671522d3d7599601de7ca09ed',
  },
  {
    source: 'RFC 3394 (SP 800-38F) 4.1',
    key: upTo(15),
    parameters: { mode: 'NISTKeyWrap' },
    plain: counted,
    enciphered: '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5',
  },
  {
    source: 'RFC 3394 (SP 800-38F) 4.6',
    key: upTo(31),
    parameters: { mode: 'NISTKeyWrap' },
    plain: counted + upTo(15),
    enciphered: '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
  },
  {
    source: 'RFC 5649 6, 20 bytes',
    key: '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8',
    parameters: { mode: 'AESKeyWrapPadding' },
    plain: 'c37b7e6492584340bed12207808941155068f738',
    enciphered: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  },
  {
    source: 'RFC 5649 6, 7 bytes',
    key: '5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8',
    parameters: { mode: 'AESKeyWrapPadding' },
    plain: '466f7250617369',
    enciphered: 'afbeb0f07dfbf5419200f2ccb50bb24f',
  },
  {
    source: 'RFC 3686 6, #1: nonce and IV, the counter from 1',
    key: 'ae6852f8121067cc4bf7a5765577f39e',
    parameters: { mode: 'CTR', initialCounterValue: 1 },
    iv: '000000300000000000000000',
    plain: '53696e676c6520626c6f636b206d7367',
    enciphered: 'e4095d4fb7a7b3792d6175a3261311b8',
  },
  {
    source: 'RFC 3686 6, #2: the whole block, its counter named',
    key: '7e24067817fae0d743d6ce1f32539163',
    parameters: { mode: 'CTR', ivLength: 128, counterLength: 32, initialCounterValue: 1 },
    iv: '006cb6dbc0543b59da48d90b00000000',
    plain: upTo(31),
    enciphered: '5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28',
  },
  {
    source: 'RFC 7539 2.4.2',
    algorithm: 'ChaCha20',
    key: upTo(31),
    parameters: { initialCounterValue: 1 },
    iv: '000000000000004a00000000',
    plain: sunscreen,
    enciphered:
      '6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b' +
      'f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8' +
      '07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736' +
      '5af90bbf74a35be6b40b8eedf2785e42874d',
  },
  {
    source: 'RFC 7539 2.8.2',
    algorithm: 'ChaCha20Poly1305',
    key: upTo(0x9f, 0x80),
    parameters: {},
    iv: '070000004041424344454647',
    additional: '50515253c0c1c2c3c4c5c6c7',
    plain: sunscreen,
    enciphered:
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b6116',
    tag: '1ae10b594f09e26a7e902ecbd0600691',
  },
];

describe('published vectors', () => {
  const server = serverForEach();

  for (const vector of [...vectors38A, ...blocks, ...others]) {
    const { source, algorithm, key: keyBytes, parameters, iv, additional, enciphered, tag } = vector;
    const plain = vector.plain.replaceAll(' ', '');
    it(`${source} comes out, at once and in parts`, async () => {
      const here = server.caller('2.1');
      const key = await cipherKey(here, keyBytes, algorithm);
      const first = { iv, additional };
      const whole = await ask(here, 'Encrypt', key, parameters, { ...first, data: plain });
      expect(whole).to.deep.equal({ data: enciphered, iv: undefined, correlation: undefined, tag });
      const opened = await ask(here, 'Decrypt', key, parameters, { ...first, tag, data: enciphered });
      expect(opened.data).to.equal(plain);
      if (['CCM', 'XTS', 'NISTKeyWrap', 'AESKeyWrapPadding'].includes(parameters.mode ?? '')) return;
      for (const [operation, input, output, checked] of [
        ['Encrypt', plain, enciphered, undefined],
        ['Decrypt', enciphered, plain, tag],
      ] as const) {
        for (const cut of [0, 2, 14, 34]) {
          const begun = await ask(here, operation, key, parameters, {
            ...first,
            tag: checked,
            data: input.slice(0, cut),
            init: true,
          });
          const ended = await ask(here, operation, key, undefined, {
            data: input.slice(cut),
            correlation: begun.correlation,
            final: true,
          });
          expect(`${begun.data}${ended.data}`, `${operation}, ${cut}`).to.equal(output);
          if (operation === 'Encrypt') expect(ended.tag).to.equal(tag);
        }
      }
    });
  }
});
