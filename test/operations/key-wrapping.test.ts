/**
 * Get with a Key Wrapping Specification or a Key Wrap Type, in every version (KMIP 2.1 §6.1.19, §7.18;
 * 1.4 §2.1.6, §4.11, §11.12).
 */
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { decryptMaterial } from '#crypto/material-cipher';
import { unwrapKey } from '#crypto/key-wrap';
import type { CryptographicParameters } from '#protocol/structures';
import { decode, type Item } from '#ttlv/index';
import { callerOf, given, id, type Caller, serverForEach } from '#test/clients/caller';
import {
  all,
  at,
  attribute,
  bool,
  bytes,
  date,
  enumerated,
  int,
  isOld,
  long,
  struct,
  text,
  value,
  versions,
} from '#test/server/items';

const mode = { CBC: 1, GCM: 9, CMAC: 7, AESKeyWrapPadding: 0xc, NISTKeyWrap: 0xd } as const;
const method = { encrypt: 1, macSign: 2, encryptThenMACSign: 3, macSignThenEncrypt: 4, tr31: 5 } as const;
const noEncoding = enumerated('EncodingOption', 1);
const ttlvEncoding = enumerated('EncodingOption', 2);
const wrapKeyBit = 0x10;
const macGenerateBit = 0x80;

const kek = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const material = '00112233445566778899aabbccddeeff';
/** RFC 3394 §4.3. */
const wrapped43 = '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7';

const hex = (item: Item | undefined): string => Buffer.from(item?.value as Uint8Array).toString('hex');
const parameters = (...fields: Item[]): Item => struct('CryptographicParameters', ...fields);
const inMode = (which: number): Item => parameters(enumerated('BlockCipherMode', which));
const encryption = (key: string, ...more: Item[]): Item => struct('EncryptionKeyInformation', id(key), ...more);
const signature = (key: string, ...more: Item[]): Item => struct('MACSignatureKeyInformation', id(key), ...more);
const wrapping = (how: number, ...more: Item[]): Item =>
  struct('KeyWrappingSpecification', enumerated('WrappingMethod', how), ...more);

describe('Get that wraps', () => {
  const server = serverForEach();
  const { caller } = server;

  const now = (): number => server.fixture.clock.now / 1000;

  interface KeyOf {
    readonly bytes?: string;
    readonly mask?: number;
    /** CryptographicAlgorithm; AES unless given. */
    readonly algorithm?: number;
    readonly active?: boolean;
  }

  async function register(here: Caller, key: KeyOf, ...attributes: Item[]): Promise<string> {
    const { bytes: held = kek, mask = wrapKeyBit, algorithm = 3, active = true } = key;
    const payload = await here.call(
      'Register',
      enumerated('ObjectType', 2),
      given(
        here.version,
        int('CryptographicUsageMask', mask),
        ...(active ? [date('ActivationDate', now() - 10)] : []),
        ...attributes,
      ),
      struct(
        'SymmetricKey',
        struct(
          'KeyBlock',
          enumerated('KeyFormatType', 1),
          struct('KeyValue', bytes('KeyMaterial', held)),
          enumerated('CryptographicAlgorithm', algorithm),
          int('CryptographicLength', held.length * 4),
        ),
      ),
    );
    return value(payload, 'UniqueIdentifier') as string;
  }

  const secret = async (here: Caller, material: string, ...attributes: Item[]): Promise<string> => {
    const keyBlock = struct(
      'KeyBlock',
      enumerated('KeyFormatType', 2),
      struct('KeyValue', bytes('KeyMaterial', material)),
    );
    const payload = await here.call(
      'Register',
      enumerated('ObjectType', 7),
      given(here.version, int('CryptographicUsageMask', 0), ...attributes),
      struct('SecretData', enumerated('SecretDataType', 1), keyBlock),
    );
    return value(payload, 'UniqueIdentifier') as string;
  };

  const blockOf = (payload: Item): Item => at(payload, 'SymmetricKey', 'KeyBlock') as Item;
  const opened = (item: Item | undefined, by: CryptographicParameters, iv?: Item): Item =>
    decode(
      decryptMaterial(
        { algorithm: 'AES', bytes: Buffer.from(kek, 'hex') },
        { data: item?.value as Uint8Array, ...(iv === undefined ? {} : { iv: iv.value as Uint8Array }) },
        by,
      ),
    );

  it('wrap-to-registered-key, wrapped-key-value-is-bytes: the TTLV of the Key Value, under the key asked for', async () => {
    for (const version of versions) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await register(here, { bytes: material, mask: 12 });
      const asked = encryption(wrapper, inMode(mode.NISTKeyWrap));
      const payload = await here.call('Get', id(key), wrapping(method.encrypt, asked));
      expect(at(payload, 'UniqueIdentifier')?.value).to.equal(key);
      const block = blockOf(payload);
      expect(at(block, 'KeyFormatType')?.value).to.equal(1);
      expect(at(block, 'CryptographicLength')?.value).to.equal(128);
      expect(at(block, 'KeyWrappingData')).to.deep.equal(
        struct('KeyWrappingData', enumerated('WrappingMethod', 1), asked),
      );
      const keyValue = opened(at(block, 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' });
      expect(keyValue).to.deep.equal(struct('KeyValue', bytes('KeyMaterial', material)));
    }
  });

  it('wraps the bytes alone with No Encoding, as RFC 3394 4.3 has it', async () => {
    for (const version of versions.filter((each) => each !== '1.0')) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await register(here, { bytes: material, mask: 12 });
      const block = blockOf(await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper), noEncoding)));
      expect(hex(at(block, 'KeyValue'))).to.equal(wrapped43);
      expect(at(block, 'KeyWrappingData')).to.deep.equal(
        struct('KeyWrappingData', enumerated('WrappingMethod', 1), encryption(wrapper), noEncoding),
      );
    }
  });

  it('says the same in 1.0, where there is no Encoding Option', async () => {
    const here = caller('1.0');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const key = await here.create();
    const answer = await here.refused('Get', id(key), wrapping(method.encrypt, encryption(wrapper), ttlvEncoding));
    expect(answer.reason).to.equal('InvalidField');
  });

  it('wraps the attributes asked for with the key, in the shape of the version', async () => {
    for (const version of versions) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.AESKeyWrapPadding));
      const key = await register(here, { bytes: material, mask: 12 });
      const names = ['Cryptographic Usage Mask', 'Object Type', 'Contact Information'].map((each) =>
        text('AttributeName', each),
      );
      const asked = wrapping(method.encrypt, encryption(wrapper), ...names);
      const block = blockOf(await here.call('Get', id(key), asked));
      const keyValue = opened(at(block, 'KeyValue'), { blockCipherMode: 'AESKeyWrapPadding' });
      const attributes = isOld(version)
        ? [
            attribute('Cryptographic Usage Mask', int('CryptographicUsageMask', 12)),
            attribute('Object Type', enumerated('ObjectType', 2)),
          ]
        : [struct('Attributes', int('CryptographicUsageMask', 12), enumerated('ObjectType', 2))];
      expect(keyValue).to.deep.equal(struct('KeyValue', bytes('KeyMaterial', material), ...attributes));
    }
  });

  it('refuses attributes with No Encoding, and names that are none', async () => {
    for (const version of versions.filter((each) => each !== '1.0')) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await here.create();
      const refused = async (...more: Item[]) =>
        (await here.refused('Get', id(key), wrapping(method.encrypt, encryption(wrapper), ...more))).reason;
      expect(await refused(text('AttributeName', 'Object Type'), noEncoding)).to.equal('EncodingOptionError');
      expect(await refused(text('AttributeName', 'Colour'))).to.equal(
        isOld(version) ? 'InvalidField' : 'InvalidAttribute',
      );
    }
    const here = caller('2.1');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const refused = await here.refused(
      'Get',
      id(await here.create()),
      wrapping(method.encrypt, encryption(wrapper), text('AttributeName', 'Operation Policy Name')),
    );
    expect(refused.reason).to.equal('InvalidAttribute');
  });

  it('refuses No Encoding for a Transparent key, and for bytes that the mode cannot wrap', async () => {
    const here = caller('2.1');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const asked = wrapping(method.encrypt, encryption(wrapper), noEncoding);
    const key = await here.create();
    const transparent = await here.refused('Get', id(key), enumerated('KeyFormatType', 7), asked);
    expect(transparent.reason).to.equal('EncodingOptionError');
    expect((await here.refused('Get', id(await secret(here, '0102030405')), asked)).reason).to.equal('InvalidField');
  });

  it('wraps in the format asked for', async () => {
    const here = caller('1.4');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const key = await register(here, { bytes: material, mask: 12 });
    const asked = wrapping(method.encrypt, encryption(wrapper));
    const block = blockOf(await here.call('Get', id(key), enumerated('KeyFormatType', 7), asked));
    expect(at(block, 'KeyFormatType')?.value).to.equal(7);
    expect(opened(at(block, 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' })).to.deep.equal(
      struct('KeyValue', struct('KeyMaterial', bytes('Key', material))),
    );
  });

  it('wraps Secret Data too, with a fresh initialization vector each time', async () => {
    const here = caller('1.4');
    const gcm = [enumerated('BlockCipherMode', mode.GCM), int('IVLength', 96), int('TagLength', 16)];
    const wrapper = await register(here, {}, parameters(...gcm));
    const key = await secret(here, '0102030405');
    const seen = new Set<string>();
    for (let time = 0; time < 3; time++) {
      const payload = await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper)));
      const block = at(payload, 'SecretData', 'KeyBlock') as Item;
      const iv = at(block, 'KeyWrappingData', 'IVCounterNonce') as Item;
      const keyValue = opened(at(block, 'KeyValue'), { blockCipherMode: 'GCM', tagLength: 16 }, iv);
      expect(keyValue).to.deep.equal(struct('KeyValue', bytes('KeyMaterial', '0102030405')));
      seen.add(hex(iv));
    }
    expect(seen.size).to.equal(3);
  });

  it('takes the first Cryptographic Parameters of the key, or those that match what is asked', async () => {
    for (const version of versions) {
      const here = caller(version);
      const wrapper = await register(
        here,
        {},
        inMode(mode.NISTKeyWrap),
        ...(isOld(version)
          ? [
              attribute(
                'Cryptographic Parameters',
                parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 3)),
                1,
              ),
            ]
          : [parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 3))]),
      );
      const key = await register(here, { bytes: material, mask: 12 });
      const wrappedBy = async (...asked: Item[]): Promise<Item> =>
        blockOf(await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper, ...asked))));
      const expected = struct('KeyValue', bytes('KeyMaterial', material));
      const first = await wrappedBy();
      expect(opened(at(first, 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' })).to.deep.equal(expected);
      const second = await wrappedBy(inMode(mode.CBC));
      const iv = at(second, 'KeyWrappingData', 'IVCounterNonce');
      expect(opened(at(second, 'KeyValue'), { blockCipherMode: 'CBC', paddingMethod: 'PKCS5' }, iv)).to.deep.equal(
        expected,
      );
    }
  });

  it('refuses parameters that the key has not, and a key without any', async () => {
    for (const version of versions) {
      const here = caller(version);
      const reason = isOld(version) ? 'ItemNotFound' : 'BadCryptographicParameters';
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const bare = await register(here, {});
      const key = await here.create();
      for (const asked of [
        encryption(wrapper, inMode(mode.CBC)),
        encryption(bare),
        encryption(bare, inMode(mode.CBC)),
      ]) {
        expect((await here.refused('Get', id(key), wrapping(method.encrypt, asked))).reason).to.equal(reason);
      }
    }
  });

  it('refuses a wrapping key that may not wrap, each with its reason', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create();
      const reasonOf = async (wrapper: string): Promise<string | undefined> =>
        (await here.refused('Get', id(key), wrapping(method.encrypt, encryption(wrapper)))).reason;
      const cases: [string, string, string][] = [
        ['a25a4b7d-13a3-4f4a-9a3c-2f5a5d1a6f00', 'WrappingObjectNotFound', 'ItemNotFound'],
        [await secret(here, '01'), 'InvalidObjectType', 'IllegalOperation'],
        [
          await register(here, { mask: 12 }, inMode(mode.NISTKeyWrap)),
          'IncompatibleCryptographicUsageMask',
          'PermissionDenied',
        ],
        [
          await register(here, { active: false }, inMode(mode.NISTKeyWrap)),
          'WrongKeyLifecycleState',
          'PermissionDenied',
        ],
        [
          await register(here, {}, inMode(mode.NISTKeyWrap), date('ProtectStopDate', now() - 1)),
          'WrongKeyLifecycleState',
          'PermissionDenied',
        ],
        [
          await register(here, {}, inMode(mode.NISTKeyWrap), date('DeactivationDate', now() - 1)),
          'WrongKeyLifecycleState',
          'PermissionDenied',
        ],
        [key, 'WrongKeyLifecycleState', 'PermissionDenied'],
      ];
      const destroyed = await register(here, { active: false }, inMode(mode.NISTKeyWrap));
      await here.call('Destroy', id(destroyed));
      cases.push([destroyed, 'WrappingObjectDestroyed', 'PermissionDenied']);
      for (const [wrapper, reason, older] of cases) {
        expect(await reasonOf(wrapper), `${reason} in ${version}`).to.equal(isOld(version) ? older : reason);
      }
      const itself = await register(here, {}, inMode(mode.NISTKeyWrap));
      const answer = await here.refused('Get', id(itself), wrapping(method.encrypt, encryption(itself)));
      expect(answer.reason).to.equal('InvalidField');
    }
  });

  it('uses nobody else\u2019s key to wrap, and tells nothing of it', async () => {
    const stranger = callerOf(server.fixture.handler, server.fixture.session('client-2'), '2.1');
    const theirs = await register(stranger, {}, inMode(mode.NISTKeyWrap));
    const here = caller('2.1');
    const key = await here.create();
    const [foreign, absent] = await Promise.all(
      [theirs, 'a25a4b7d-13a3-4f4a-9a3c-2f5a5d1a6f00'].map((each) =>
        here.refused('Get', id(key), wrapping(method.encrypt, encryption(each))),
      ),
    );
    expect(foreign).to.deep.equal(absent);
    expect(foreign?.reason).to.equal('WrappingObjectNotFound');
  });

  it('wraps until the very Protect Stop Date', async () => {
    const here = caller('2.1');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap), date('ProtectStopDate', now() + 5));
    const get = [id(await here.create()), wrapping(method.encrypt, encryption(wrapper))];
    server.fixture.clock.now += 5000;
    await here.call('Get', ...get);
    server.fixture.clock.now += 1000;
    expect((await here.refused('Get', ...get)).reason).to.equal('WrongKeyLifecycleState');
  });

  it('counts what it wraps against the Usage Limits of the wrapping key', async () => {
    for (const [unit, total, left] of [
      [1, 100n, 52n],
      [2, 2n, 1n],
    ] as const) {
      const here = caller('2.1');
      const limits = struct('UsageLimits', long('UsageLimitsTotal', total), enumerated('UsageLimitsUnit', unit));
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap), limits);
      const get = [id(await here.create()), wrapping(method.encrypt, encryption(wrapper))];
      const count = async () => {
        const [held] = await here.attributes(wrapper, enumerated('AttributeReference', 0x420095));
        return value(held as Item, 'UsageLimitsCount');
      };
      await here.call('Get', ...get);
      expect(await count()).to.equal(left);
      await here.call('Get', ...get);
      expect((await here.refused('Get', ...get)).reason).to.equal('UsageLimitExceeded');
    }
  });

  it('gives a Sensitive key encrypted, and in no other way', async () => {
    for (const version of ['1.4', '2.0', '2.1']) {
      const here = caller(version);
      const wrapper = await register(here, { mask: wrapKeyBit | macGenerateBit }, inMode(mode.NISTKeyWrap));
      const macKey = await register(here, { algorithm: 9, mask: macGenerateBit }, parameters());
      const key = await here.create(bool('Sensitive', true));
      await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper)));
      await here.call('Get', id(key), wrapping(method.macSignThenEncrypt, encryption(wrapper), signature(macKey)));
      const asked: Item[][] = [
        [],
        [enumerated('KeyWrapType', 1)],
        [enumerated('KeyWrapType', 2)],
        [wrapping(method.macSign, signature(macKey))],
        [wrapping(0x80000001, encryption(wrapper))],
      ];
      for (const each of asked) expect((await here.refused('Get', id(key), ...each)).reason).to.equal('Sensitive');
    }
  });

  it('gives a key that is not Extractable in no way at all', async () => {
    for (const version of ['1.4', '2.1']) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await here.create(bool('Extractable', false));
      for (const each of [[], [wrapping(method.encrypt, encryption(wrapper))]]) {
        expect((await here.refused('Get', id(key), ...each)).reason).to.equal('NotExtractable');
      }
    }
  });

  it('MACs the Key Value before or after it encrypts, as the method says', async () => {
    for (const version of versions) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const macKey = await register(here, { algorithm: 9, mask: macGenerateBit }, parameters());
      const key = await register(here, { bytes: material, mask: 12 });
      const hmac = (data: Uint8Array): string =>
        createHmac('sha256', Buffer.from(kek, 'hex')).update(data).digest('hex');
      const clear = Buffer.from(`420045010000001842004308000000${'10'}${material}`, 'hex');
      const get = async (how: number, ...information: Item[]): Promise<[Uint8Array, string]> => {
        const block = blockOf(await here.call('Get', id(key), wrapping(how, ...information)));
        expect(all(at(block, 'KeyWrappingData') as Item, 'MACSignatureKeyInformation')).to.have.length(1);
        return [at(block, 'KeyValue')?.value as Uint8Array, hex(at(block, 'KeyWrappingData', 'MACSignature'))];
      };
      const [signed, itsMac] = await get(method.macSign, signature(macKey));
      expect([Buffer.from(signed), itsMac]).to.deep.equal([clear, hmac(clear)]);
      const both = [encryption(wrapper), signature(macKey)];
      const [outer, outerMac] = await get(method.encryptThenMACSign, ...both);
      expect(outerMac).to.equal(hmac(outer));
      const [inner, innerMac] = await get(method.macSignThenEncrypt, ...both);
      expect(innerMac).to.equal(hmac(clear));
      for (const each of [outer, inner]) {
        expect(Buffer.from(unwrapKey('NISTKeyWrap', Buffer.from(kek, 'hex'), each))).to.deep.equal(clear);
      }
    }
  });

  it('counts a key that encrypts and MACs twice', async () => {
    const here = caller('2.1');
    const limits = struct('UsageLimits', long('UsageLimitsTotal', 2n), enumerated('UsageLimitsUnit', 2));
    const both = await register(
      here,
      { mask: wrapKeyBit | macGenerateBit },
      inMode(mode.NISTKeyWrap),
      inMode(mode.CMAC),
      limits,
    );
    const asked = wrapping(method.encryptThenMACSign, encryption(both), signature(both, inMode(mode.CMAC)));
    const key = await here.create();
    await here.call('Get', id(key), asked);
    expect((await here.refused('Get', id(key), asked)).reason).to.equal('UsageLimitExceeded');
  });

  it('refuses methods with too little or too much, TR-31, and what has no Key Block', async () => {
    for (const version of versions) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await here.create();
      const reasonOf = async (of: string, specification: Item): Promise<string | undefined> =>
        (await here.refused('Get', id(of), specification)).reason;
      for (const wrong of [
        wrapping(method.encrypt),
        wrapping(method.encrypt, encryption(wrapper), signature(wrapper)),
        wrapping(method.macSign, encryption(wrapper)),
        wrapping(method.encryptThenMACSign, encryption(wrapper)),
        wrapping(method.macSignThenEncrypt, signature(wrapper)),
      ]) {
        expect(await reasonOf(key, wrong)).to.equal('InvalidField');
      }
      expect(await reasonOf(key, wrapping(method.tr31, encryption(wrapper)))).to.equal('FeatureNotSupported');
      const opaque = await here.call(
        'Register',
        enumerated('ObjectType', 8),
        given(version),
        struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '00')),
      );
      expect(
        await reasonOf(value(opaque, 'UniqueIdentifier') as string, wrapping(method.encrypt, encryption(wrapper))),
      ).to.equal(isOld(version) ? 'IllegalOperation' : 'InvalidObjectType');
    }
    const here = caller('1.0');
    const template = await here.call(
      'Register',
      enumerated('ObjectType', 6),
      given('1.0'),
      struct('Template', attribute('Object Group', text('ObjectGroup', 'disks'))),
    );
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const asked = wrapping(method.encrypt, encryption(wrapper));
    const answer = await here.refused('Get', id(value(template, 'UniqueIdentifier') as string), asked);
    expect(answer.reason).to.equal('IllegalOperation');
  });

  describe('of a key that was registered wrapped', () => {
    const wrappingData = struct(
      'KeyWrappingData',
      enumerated('WrappingMethod', 1),
      encryption('some-key-elsewhere', inMode(mode.NISTKeyWrap)),
    );
    const registerWrapped = async (here: Caller, ...attributes: Item[]): Promise<string> => {
      const payload = await here.call(
        'Register',
        enumerated('ObjectType', 2),
        given(
          here.version,
          int('CryptographicUsageMask', wrapKeyBit),
          date('ActivationDate', now() - 10),
          ...attributes,
        ),
        struct(
          'SymmetricKey',
          struct(
            'KeyBlock',
            enumerated('KeyFormatType', 1),
            bytes('KeyValue', wrapped43),
            enumerated('CryptographicAlgorithm', 3),
            int('CryptographicLength', 128),
            wrappingData,
          ),
        ),
      );
      return value(payload, 'UniqueIdentifier') as string;
    };

    it('comes back as it was', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await registerWrapped(here);
        const types = version < '1.4' ? [[]] : [[], [enumerated('KeyWrapType', 2)]];
        for (const asked of types) {
          const block = blockOf(await here.call('Get', id(key), ...asked));
          expect(hex(at(block, 'KeyValue'))).to.equal(wrapped43);
          expect(at(block, 'KeyWrappingData')).to.deep.equal(wrappingData);
        }
      }
    });

    it('comes back though it is Sensitive: it is encrypted', async () => {
      const here = caller('2.1');
      const key = await registerWrapped(here, bool('Sensitive', true));
      expect(hex(at(blockOf(await here.call('Get', id(key))), 'KeyValue'))).to.equal(wrapped43);
    });

    it('is neither opened nor wrapped again, and wraps nothing', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await registerWrapped(here, inMode(mode.NISTKeyWrap));
        const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
        const again = await here.refused('Get', id(key), wrapping(method.encrypt, encryption(wrapper)));
        expect(again.reason).to.equal('FeatureNotSupported');
        const by = await here.refused('Get', id(wrapper), wrapping(method.encrypt, encryption(key)));
        expect(by.reason).to.equal('InvalidField');
        if (version < '1.4') continue;
        const unwrapped = await here.refused('Get', id(key), enumerated('KeyWrapType', 1));
        expect(unwrapped.reason).to.equal(isOld(version) ? 'FeatureNotSupported' : 'KeyWrapTypeNotSupported');
      }
    });
  });

  it('takes both Key Wrap Types for a key that is not wrapped, but no Specification besides', async () => {
    for (const version of ['1.4', '2.0', '2.1']) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await register(here, { bytes: material, mask: 12 });
      for (const wrapType of [1, 2]) {
        const block = blockOf(await here.call('Get', id(key), enumerated('KeyWrapType', wrapType)));
        expect(hex(at(block, 'KeyValue', 'KeyMaterial'))).to.equal(material);
        const asked = [enumerated('KeyWrapType', wrapType), wrapping(method.encrypt, encryption(wrapper))];
        expect((await here.refused('Get', id(key), ...asked)).reason).to.equal('InvalidField');
      }
      const other = await here.refused('Get', id(key), enumerated('KeyWrapType', 0x80000001));
      expect(other.reason).to.equal(isOld(version) ? 'FeatureNotSupported' : 'KeyWrapTypeNotSupported');
    }
  });

  it('makes a fresh key served, and the log holds nothing of it', async () => {
    const here = caller('2.1');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const key = await register(here, { bytes: material, mask: 12 });
    await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper)));
    const [fresh] = await here.attributes(key, enumerated('AttributeReference', 0x4200a8));
    expect(fresh?.value).to.equal(false);
    expect(server.fixture.logged.join('\n')).to.not.match(new RegExp(`${material}|${kek}`, 'i'));
  });
});
