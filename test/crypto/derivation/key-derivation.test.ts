/** Key derivation against published vectors. */
import { expect } from 'chai';
import {
  awsSigningKey,
  counterMode,
  truncatedTo,
  doublePipelineMode,
  feedbackMode,
  digestOf,
  hkdf,
  hmacPrf,
  macPrf,
  pbkdf2,
  pbkdf2Work,
  type Prf,
} from '#crypto/derivation/key-derivation';
import { refusal } from '#test/protocol/refusal';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const reasonOf = (call: () => unknown): string => refusal(call)[0];
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('PBKDF2', () => {
  /** RFC 6070 §2. */
  const vectors: readonly (readonly [password: string, salt: string, iterations: number, derived: string])[] = [
    ['password', 'salt', 1, '0c60c80f961f0e71f3a9b524af6012062fe037a6'],
    ['password', 'salt', 2, 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957'],
    ['password', 'salt', 4096, '4b007901b765489abead49d926f721d065a429c1'],
    [
      'passwordPASSWORDpassword',
      'saltSALTsaltSALTsaltSALTsaltSALTsalt',
      4096,
      '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038',
    ],
    ['pass\0word', 'sa\0lt', 4096, '56fa6aa75548099dcc37d7f03425e0c3'],
  ];
  for (const [password, salt, iterations, derived] of vectors) {
    it(`makes ${derived} with ${iterations} iterations`, async () => {
      const input = { password: ascii(password), salt: ascii(salt), iterations };
      expect(toHex(pbkdf2('SHA_1', input, derived.length / 2))).to.equal(derived);
    });
  }

  it('tells its work in calls of HMAC, a long salt being some more for each block', () => {
    const salt = ascii('salt');
    expect(pbkdf2Work('SHA_1', { salt, iterations: 4096 }, 20)).to.equal(4096);
    expect(pbkdf2Work('SHA_1', { salt, iterations: 4096 }, 25)).to.equal(8192);
    expect(pbkdf2Work('SHA_512', { salt, iterations: 10 }, 64)).to.equal(10);
    expect(pbkdf2Work('SHA_1', { salt: new Uint8Array(64_000), iterations: 1 }, 40)).to.equal(2002);
  });
});

describe('HKDF', () => {
  const range = (from: number, to: number): string =>
    toHex(Uint8Array.from({ length: to - from + 1 }, (_, place) => from + place));

  /** RFC 5869 appendix A. */
  const vectors: readonly (readonly [algorithm: string, material: string, salt: string, info: string, okm: string])[] =
    [
      [
        'SHA_256',
        '0b'.repeat(22),
        range(0, 0x0c),
        range(0xf0, 0xf9),
        '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
      ],
      [
        'SHA_256',
        range(0, 0x4f),
        range(0x60, 0xaf),
        range(0xb0, 0xff),
        'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09' +
          'da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
      ],
      [
        'SHA_256',
        '0b'.repeat(22),
        '',
        '',
        '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
      ],
      [
        'SHA_1',
        '0b'.repeat(11),
        range(0, 0x0c),
        range(0xf0, 0xf9),
        '085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896',
      ],
    ];
  for (const [algorithm, material, salt, info, okm] of vectors) {
    it(`makes ${okm.slice(0, 16)}... with ${algorithm}`, () => {
      const input = { material: hex(material), salt: hex(salt), info: hex(info) };
      expect(toHex(hkdf(algorithm, input, okm.length / 2))).to.equal(okm);
    });
  }

  it('gives 255 blocks of the hash at most', () => {
    const input = { material: ascii('secret') };
    expect(hkdf('SHA_256', input, 255 * 32)).to.have.length(255 * 32);
    expect(reasonOf(() => hkdf('SHA_256', input, 255 * 32 + 1))).to.equal('CryptographicFailure');
  });

  it('takes information of up to 1024 bytes, and every hash', () => {
    const input = (length: number) => ({ material: ascii('secret'), info: new Uint8Array(length) });
    expect(hkdf('SHA3_512', input(1024), 16)).to.have.length(16);
    expect(reasonOf(() => hkdf('SHA_256', input(1025), 16))).to.equal('InvalidField');
  });
});

describe('the functions of SP 800-108', () => {
  type Mode = (prf: Prf, iterated: Parameters<typeof counterMode>[1]) => Uint8Array;
  interface Vector {
    readonly from: string;
    readonly mode: Mode;
    readonly prf: (key: Uint8Array) => Prf;
    readonly counterBits: number;
    readonly key: string;
    readonly fixed: string;
    readonly derived: string;
  }
  const hmacSha256 = (key: Uint8Array): Prf => hmacPrf('SHA_256', key);
  const cmacAes = (key: Uint8Array): Prf => macPrf('AES', key);
  const feedback =
    (iv: string): Mode =>
    (prf, iterated) =>
      feedbackMode(prf, hex(iv), iterated);

  /**
   * NIST CAVP, "Key Derivation Using Pseudorandom Functions": CounterMode, FeedbackMode with and without IV,
   * PipelineMode.
   */
  const vectors: readonly Vector[] = [
    {
      from: 'counter mode, HMAC_SHA256, BEFORE_FIXED, RLEN=32, COUNT=0',
      ...{ mode: counterMode, prf: hmacSha256, counterBits: 32 },
      key: 'dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0',
      fixed:
        '01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac',
      derived: '10621342bfb0fd40046c0e29f2cfdbf0',
    },
    {
      from: 'counter mode, HMAC_SHA256, BEFORE_FIXED, RLEN=32, COUNT=30, of two blocks',
      ...{ mode: counterMode, prf: hmacSha256, counterBits: 32 },
      key: 'c4bedbddb66493e7c7259a3bbbc25f8c7e0ca7fe284d92d431d9cd99a0d214ac',
      fixed:
        '1c69c54766791e315c2cc5c47ecd3ffab87d0d273dd920e70955814c220eacace6a5946542da3dfe24ff626b4897898cafb7db83bdff3c14fa46fd4b',
      derived: '1da47638d6c9c4d04d74d4640bbd42ab814d9e8cc22f4326695239f96b0693f12d0dd1152cf44430',
    },
    {
      from: 'counter mode, HMAC_SHA256, BEFORE_FIXED, RLEN=24, COUNT=0',
      ...{ mode: counterMode, prf: hmacSha256, counterBits: 24 },
      key: '388e93e0273e62f086f52f6f5369d9e4626d143dce3b6afc7caf2c6e7344276b',
      fixed:
        '697bb34b3fbe6853864cac3e1bc6c8c44a4335565479403d949fcbb5e2c1795f9a3849df743389d1a99fe75ef566e6227c591104122a6477dd8e8c8e',
      derived: 'd697442b3dd51f96cae949586357b9a6',
    },
    {
      from: 'counter mode, CMAC_AES128, BEFORE_FIXED, RLEN=32, COUNT=10, of two blocks',
      ...{ mode: counterMode, prf: cmacAes, counterBits: 32 },
      key: '695f1b1a16c949cea51cdf2554ec9d42',
      fixed:
        '4fce5942832a390aa1cbe8a0bf9d202cb799e986c9d6b51f45e4d597a6b57f06a4ebfec6467335d116b7f5f9c5b954062f661820f5db2a5bbb3e0625',
      derived: 'd34b601ec18c34dfa0f9e0b7523e218bdddb9befe8d08b6c0202d75ace0dba89',
    },
    {
      from: 'counter mode, CMAC_AES256, BEFORE_FIXED, RLEN=32, COUNT=0',
      ...{ mode: counterMode, prf: cmacAes, counterBits: 32 },
      key: 'd0b1b3b70b2393c48ca05159e7e28cbeadea93f28a7cdae964e5136070c45d5c',
      fixed:
        'dd2f151a3f173492a6fbbb602189d51ddf8ef79fc8e96b8fcbe6dabe73a35b48104f9dff2d63d48786d2b3af177091d646a9efae005bdfacb61a1214',
      derived: '8c449fb474d1c1d4d2a33827103b656a',
    },
    {
      from: 'feedback mode, HMAC_SHA256, AFTER_ITER, RLEN=32, COUNT=0',
      ...{
        mode: feedback('9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e'),
        prf: hmacSha256,
        counterBits: 32,
      },
      key: '93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b',
      fixed: '53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80',
      derived:
        'bd1476f43a4e315747cf5918e0ea5bc0d98769457477c3ab18b742def0e079a933b756365afb5541f253fee43c6fd788a44041038509e9eeb68f7d65ffbb5f95',
    },
    {
      from: 'feedback mode, CMAC_AES128, AFTER_ITER, RLEN=16, without IV',
      ...{ mode: feedback(''), prf: cmacAes, counterBits: 16 },
      key: 'd7f5fa7551645de0b36aecd46565f954',
      fixed: 'fb5294ed40a0e4aa70a7be13913070a4c5cfc05f89b9f7dd26a493b8c63889c7c3b0b60dd6d598ffa296a426224c727a501946',
      derived:
        '7164471f559812581a53aaf7fb6d6c53a1293115cda873887efcc7ce6b3a026b2d19f0d38db8590e218a2676df88f53cab3313ed63bd1e4828f3c066ea5eb1fd',
    },
    {
      from: 'feedback mode, CMAC_AES128, without a counter, COUNT=0',
      ...{ mode: feedback('28dc945cb8337ab5336c3e9b5bad21c7'), prf: cmacAes, counterBits: 0 },
      key: '5c996c922f65de97d4408373229814c6',
      fixed: '62afe5fed91e797221a854336b0aadd8a05ad0e3c8345729897b2efcec5a1178a2fa4c063007b67a7015e0d6b7271ea8d86b44',
      derived:
        '88a9aae193abdd3fe8143bab66014ae41dc2d12ea9d08f5871588fc5d827924eb9942989d7a36d4b3b107997566472cad5942bd13cb5cff32b9dae30f1bb6300',
    },
    {
      from: 'double pipeline mode, CMAC_AES256, AFTER_ITER, RLEN=32',
      ...{ mode: doublePipelineMode, prf: cmacAes, counterBits: 32 },
      key: '2451975a33ab0c7535e00abe7b57982335b0471ad857a093c6765e6c58443852',
      fixed: 'fb95eb3c47dcad3b783b045b29bcb6f5aefc0389735843b92b4d8fab97d61350b76b2a83442d7c5aa497aa1cf441760281a08b',
      derived:
        '2f157687f782c8b64325826e3c755194c70abffd9d78c4678924b9d73dcced86dcaf7dfa3bf56cf03fa45c7fca05ca1092c41bbd934131e95db2b204241a9d02',
    },
    {
      from: 'double pipeline mode, CMAC_AES128, without a counter, COUNT=0',
      ...{ mode: doublePipelineMode, prf: cmacAes, counterBits: 0 },
      key: 'ada2452f1f141a82c7a1b7d3e09ffed1',
      fixed: '335660eb265d2044efa06eacd848d3f9f57d219011343318f3a964df4a6fb1bf6cbdee711c7fcbe73b8f257f992e47e8b065af',
      derived:
        'a73bd29176e38e761222ae07d639181f4b2c555a3b261815cde5d88a67c8b95c58b6b66ea4f10608c6d799b051519fc8e89de00cdc556350a7d966475086f9af',
    },
  ];
  for (const { from, mode, prf, counterBits, key, fixed, derived } of vectors) {
    it(`derives as in ${from}`, () => {
      const iterated = { fixed: hex(fixed), length: derived.length / 2, counterBits };
      expect(toHex(mode(prf(hex(key)), iterated))).to.equal(derived);
    });
  }

  it('gives as many blocks as its counter counts', () => {
    const prf = hmacSha256(ascii('key'));
    const most = { fixed: ascii('fixed'), length: 255 * 32, counterBits: 8 };
    expect(counterMode(prf, most)).to.have.length(255 * 32);
    expect(reasonOf(() => counterMode(prf, { ...most, length: 255 * 32 + 1 }))).to.equal('CryptographicFailure');
  });
});

describe('the signing key of AWS Signature Version 4', () => {
  it('is that of the example in the documentation of its signing process', () => {
    const scope = ['20120215', 'us-east-1', 'iam'].map(ascii);
    expect(toHex(awsSigningKey(ascii('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), scope))).to.equal(
      'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d',
    );
  });
});

describe('what a method gives', () => {
  it('is cut to the length that is asked for, and wiped', () => {
    const given = digestOf('SHA_256', ascii('abc'));
    const whole = toHex(given);
    expect(toHex(truncatedTo(16, given))).to.equal(whole.slice(0, 32));
    expect(given.every((byte) => byte === 0)).to.equal(true);
  });

  it('is never made longer', () => {
    expect(reasonOf(() => truncatedTo(33, digestOf('SHA_256', ascii('abc'))))).to.equal('CryptographicFailure');
  });

  it('needs a hash and a MAC that are there', () => {
    expect(reasonOf(() => digestOf('Tiger', ascii('abc')))).to.equal('UnsupportedCryptographicParameters');
    expect(reasonOf(() => macPrf('RSA', ascii('key'))(ascii('abc')))).to.equal('BadCryptographicParameters');
  });
});
