import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { blockCipher, decipher, encipher } from '#crypto/ciphers/block-cipher';
import { decryptMaterial, encryptMaterial } from '#crypto/ciphers/material-cipher';
import { mac } from '#crypto/ciphers/mac';
import { paddingFor, unpadded, type Random } from '#crypto/padding';
import { KmipError } from '#protocol/kmip-error';
import type { CryptographicParameters } from '#protocol/structures';

const unhex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof KmipError) return error.reason;
    throw error;
  }
  return 'nothing was thrown';
};
const aes = (bits: number) => ({ algorithm: 'AES', bytes: randomBytes(bits / 8) });

/** SP 800-38A appendix F: AES-128, first blocks. */
const key38A = '2b7e151628aed2a6abf7158809cf4f3c';
const plain38A = '6bc1bee22e409f96e93d7e117393172a';
const iv38A = '000102030405060708090a0b0c0d0e0f';

describe('Block ciphers', () => {
  it('encrypt as SP 800-38A appendix F has it', () => {
    const vectors = {
      ECB: ['', '3ad77bb40d7a3660a89ecaf32466ef97'],
      CBC: [iv38A, '7649abac8119b246cee98e9b12e9197d'],
      CFB: [iv38A, '3b3fd92eb72dad20333449f8e83cfb4a'],
      OFB: [iv38A, '3b3fd92eb72dad20333449f8e83cfb4a'],
      CTR: ['f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', '874d6191b620e3261bef6864990db6ce'],
    };
    for (const [mode, [iv = '', expected]] of Object.entries(vectors)) {
      const cipher = blockCipher('AES', 16, mode);
      if (cipher === undefined) throw new Error(`no ${mode}`);
      const use = { key: unhex(key38A), iv: unhex(iv) };
      const { data, tag } = encipher(cipher, unhex(plain38A), use, randomBytes);
      expect([hex(data), tag], mode).to.deep.equal([expected, undefined]);
      expect(hex(decipher(cipher, { data }, use)), mode).to.equal(plain38A);
    }
  });

  it('encrypt in CCM and GCM as SP 800-38C example 1 and the GCM test case 2 have it', () => {
    const gcm = blockCipher('AES', 16, 'GCM');
    const ccm = blockCipher('AES', 16, 'CCM');
    if (gcm === undefined || ccm === undefined) throw new Error('no GCM or CCM');
    const zeros = { key: new Uint8Array(16), iv: new Uint8Array(12) };
    const enciphered = encipher(gcm, new Uint8Array(16), zeros, randomBytes);
    expect(hex(enciphered.data)).to.equal('0388dace60b6a392f328c2b971b2fe78');
    expect(hex(enciphered.tag as Uint8Array)).to.equal('ab6e47d42cec13bdf53a67b21257bddf');
    const example1 = {
      key: unhex('404142434445464748494a4b4c4d4e4f'),
      iv: unhex('10111213141516'),
      tagLength: 4,
      additionalData: unhex('0001020304050607'),
    };
    const { data, tag } = encipher(ccm, unhex('20212223'), example1, randomBytes);
    expect(hex(data) + hex(tag as Uint8Array)).to.equal('7162015b4dac255d');
    expect(hex(decipher(ccm, { data, tag: tag as Uint8Array }, example1))).to.equal('20212223');
  });

  it('are known by algorithm, key length and mode, and no others', () => {
    const known = (algorithm: string, bits: number, mode: string) => blockCipher(algorithm, bits / 8, mode)?.name;
    expect(known('DES3', 192, 'CBC')).to.equal('des-ede3-cbc');
    expect(known('DES3', 128, 'CBC')).to.equal('des-ede-cbc');
    expect(known('Camellia', 256, 'CTR')).to.equal('camellia-256-ctr');
    expect(known('ARIA', 128, 'GCM')).to.equal('aria-128-gcm');
    expect(known('SM4', 128, 'OFB')).to.equal('sm4-ofb');
    expect(known('AES', 256, 'XTS')).to.equal('aes-128-xts');
    for (const [algorithm, bits, mode] of [
      ['AES', 256, 'PCBC'],
      ['AES', 128, 'XTS'],
      ['DES3', 192, 'CTR'],
      ['Camellia', 128, 'GCM'],
      ['Twofish', 128, 'CBC'],
      ['RSA', 2048, 'CBC'],
    ] as const) {
      expect(known(algorithm, bits, mode), `${algorithm} ${mode}`).to.equal(undefined);
    }
  });

  it('open nothing that was changed, in the modes that can tell', () => {
    for (const mode of ['GCM', 'CCM']) {
      const cipher = blockCipher('AES', 16, mode);
      if (cipher === undefined) throw new Error(`no ${mode}`);
      const use = { key: randomBytes(16), iv: randomBytes(12) };
      const { data, tag = new Uint8Array(0) } = encipher(cipher, randomBytes(20), use, randomBytes);
      const other = Buffer.from(data);
      other[0] = (other[0] as number) ^ 1;
      expect(refusal(() => decipher(cipher, { data: other, tag }, use))).to.equal('CryptographicFailure');
      expect(refusal(() => decipher(cipher, { data, tag: tag.subarray(1) }, use))).to.equal('CryptographicFailure');
      expect(refusal(() => decipher(cipher, { data }, use))).to.equal('CryptographicFailure');
    }
  });
});

describe('Padding', () => {
  const pad = (data: Uint8Array, blockSize: number, method: string, random: Random): Buffer =>
    Buffer.concat([data, paddingFor(data.length, blockSize, method, random)]);
  it('is undone at every length, whatever the method', () => {
    for (const method of ['PKCS5', 'ANSIX9_23', 'ISO10126', 'SSL3']) {
      for (let length = 0; length <= 33; length++) {
        const data = randomBytes(length);
        const padded = pad(data, 16, method, randomBytes);
        expect(padded.length % 16, method).to.equal(0);
        expect(padded.length, method).to.be.greaterThan(length);
        expect(unpadded(padded, 16, method), `${method} ${length}`).to.deep.equal(data);
      }
    }
    expect(hex(pad(unhex('0102'), 8, 'Zeros', randomBytes))).to.equal('0102000000000000');
    expect(hex(pad(unhex('0102'), 8, 'ANSIX9_23', randomBytes))).to.equal('0102000000000006');
    expect(hex(pad(unhex('0102'), 8, 'PKCS5', randomBytes))).to.equal('0102060606060606');
    expect(hex(unpadded(unhex('0102000000000000'), 8, 'Zeros') as Uint8Array)).to.equal('0102');
  });

  it('is refused where it is none', () => {
    for (const broken of ['0101010101010100', '0101010101010109', '0101010101010302', '']) {
      expect(unpadded(unhex(broken), 8, 'PKCS5'), broken).to.equal(undefined);
    }
    expect(refusal(() => pad(unhex('01'), 8, 'None', randomBytes))).to.equal('InvalidField');
    expect(refusal(() => pad(unhex('01'), 8, 'PSS', randomBytes))).to.equal('FeatureNotSupported');
  });
});

describe('Key material under a symmetric key', () => {
  it('comes back in every mode, from keys of every kind', () => {
    const cases: [{ algorithm: string; bytes: Uint8Array }, CryptographicParameters, number][] = [
      [aes(256), { blockCipherMode: 'NISTKeyWrap' }, 0],
      [aes(192), { blockCipherMode: 'AESKeyWrapPadding' }, 0],
      [aes(256), { blockCipherMode: 'ECB' }, 0],
      [aes(128), { blockCipherMode: 'CBC', paddingMethod: 'PKCS5' }, 16],
      [aes(256), { blockCipherMode: 'CFB' }, 16],
      [aes(256), { blockCipherMode: 'OFB' }, 16],
      [aes(256), { blockCipherMode: 'CTR' }, 16],
      [aes(256), { blockCipherMode: 'GCM', ivLength: 96, tagLength: 12 }, 12],
      [aes(256), { blockCipherMode: 'GCM', ivLength: 256 }, 32],
      [aes(256), { blockCipherMode: 'CCM', ivLength: 104 }, 13],
      [aes(256), { blockCipherMode: 'XTS' }, 16],
      [{ algorithm: 'DES3', bytes: randomBytes(24) }, { blockCipherMode: 'CBC' }, 8],
      [{ algorithm: 'Camellia', bytes: randomBytes(32) }, { blockCipherMode: 'CBC', paddingMethod: 'ISO10126' }, 16],
    ];
    for (const [key, parameters, ivBytes] of cases) {
      const data = randomBytes(32);
      const wrapped = encryptMaterial(key, data, parameters, randomBytes);
      expect(wrapped.iv?.length ?? 0, parameters.blockCipherMode).to.equal(ivBytes);
      expect(wrapped.data.includes(data[0] as number) && Buffer.from(wrapped.data).includes(data)).to.equal(false);
      expect(Buffer.from(decryptMaterial(key, wrapped, parameters)), parameters.blockCipherMode).to.deep.equal(data);
    }
  });

  it('has its tag behind it in GCM and CCM', () => {
    const wrapped = encryptMaterial(aes(128), randomBytes(20), { blockCipherMode: 'GCM', tagLength: 13 }, randomBytes);
    expect(wrapped.data.length).to.equal(33);
  });

  it('is refused by reasons that tell what is wrong', () => {
    const data = randomBytes(32);
    const encrypt = (parameters: CryptographicParameters, key = aes(256)) =>
      refusal(() => encryptMaterial(key, data, parameters, randomBytes));
    expect(encrypt({})).to.equal('BadCryptographicParameters');
    expect(encrypt({ blockCipherMode: 'PCBC' })).to.equal('FeatureNotSupported');
    expect(encrypt({ blockCipherMode: 'X9_102TDKW' })).to.equal('FeatureNotSupported');
    expect(encrypt({ blockCipherMode: 'NISTKeyWrap' }, { algorithm: 'Camellia', bytes: randomBytes(32) })).to.equal(
      'FeatureNotSupported',
    );
    for (const ivLength of [-8, 4, 104, 8, 0, 1032, 2 ** 31 - 8]) {
      expect(encrypt({ blockCipherMode: 'CBC', ivLength }), String(ivLength)).to.equal('InvalidField');
    }
    expect(encrypt({ blockCipherMode: 'GCM', tagLength: 3 })).to.equal('InvalidField');
    expect(encrypt({ blockCipherMode: 'GCM', tagLength: -1 })).to.equal('InvalidField');
    expect(encrypt({ blockCipherMode: 'CCM', ivLength: 128 })).to.equal('InvalidField');
    // SP 800-38D §8.2.2: shorter random ones come twice too soon.
    expect(encrypt({ blockCipherMode: 'GCM', ivLength: 88 })).to.equal('InvalidField');
  });

  it('does not open when cut or changed, or with another key, in a mode that can tell', () => {
    const parameters: CryptographicParameters = { blockCipherMode: 'GCM' };
    const key = aes(256);
    const wrapped = encryptMaterial(key, randomBytes(32), parameters, randomBytes);
    const opens = (changes: object, by = key) =>
      refusal(() => decryptMaterial(by, { ...wrapped, ...changes }, parameters));
    expect(opens({})).to.equal('nothing was thrown');
    expect(opens({ data: wrapped.data.subarray(1) })).to.equal('CryptographicFailure');
    expect(opens({ data: wrapped.data.subarray(0, 5) })).to.equal('CryptographicFailure');
    expect(opens({ iv: randomBytes(12) })).to.equal('CryptographicFailure');
    expect(opens({}, aes(256))).to.equal('CryptographicFailure');
  });
});

describe('MAC', () => {
  it('is the HMAC of RFC 4231 test case 1, by the algorithm of the key', () => {
    const made = (algorithm: string) =>
      hex(mac({ algorithm, bytes: new Uint8Array(20).fill(0x0b) }, Buffer.from('Hi There'), {}));
    expect(made('HMAC_SHA224')).to.equal('896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22');
    expect(made('HMAC_SHA256')).to.equal('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
    // RFC 2202, test case 1 of SHA-1.
    expect(made('HMAC_SHA1')).to.equal('b617318655057264e28bc0b6fb378c8ef146be00');
    for (const algorithm of ['HMAC_SHA384', 'HMAC_SHA512', 'HMAC_MD5', 'HMAC_SHA3_224', 'HMAC_SHA3_512']) {
      expect(made(algorithm), algorithm).to.match(/^[0-9a-f]{32,128}$/);
    }
  });

  it('is the CMAC of SP 800-38B, examples of AES-128, in that mode', () => {
    const message =
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710';
    const made = (length: number) =>
      hex(
        mac({ algorithm: 'AES', bytes: unhex(key38A) }, unhex(message).subarray(0, length), {
          blockCipherMode: 'CMAC',
        }),
      );
    expect(made(0)).to.equal('bb1d6929e95937287fa37d129b756746');
    expect(made(16)).to.equal('070a16b46b4d4144f79bdd9dd04a287c');
    expect(made(40)).to.equal('dfa66747de9ae63030ca32611497c827');
    expect(made(64)).to.equal('51f0bebf7e3b9d92fc49741779363cfe');
  });

  it('is not made of a cipher\u2019s key without its mode, nor of what does not have the mode', () => {
    const data = randomBytes(8);
    expect(refusal(() => mac(aes(128), data, {}))).to.equal('BadCryptographicParameters');
    expect(refusal(() => mac(aes(128), data, { blockCipherMode: 'CBC' }))).to.equal('BadCryptographicParameters');
    const poly = { algorithm: 'Poly1305', bytes: randomBytes(32) };
    expect(refusal(() => mac(poly, data, { blockCipherMode: 'CMAC' }))).to.equal('BadCryptographicParameters');
  });
});
