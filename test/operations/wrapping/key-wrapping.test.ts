/** What Get wraps and how it says so, in every version (KMIP 2.1 §6.1.19, §7.18; 1.4 §2.1.6, §4.11, §11.12). */
import { expect } from 'chai';
import type { Item } from '#ttlv/index';
import { given, id, serverForEach, type Caller } from '#test/clients/caller';
import {
  at,
  attribute,
  bool,
  bytes,
  enumerated,
  int,
  isOld,
  struct,
  text,
  value,
  versions,
} from '#test/fixtures/items';
import {
  activated,
  blockOf,
  encryption,
  hex,
  inMode,
  kek,
  macGenerateBit,
  material,
  method,
  mode,
  noEncoding,
  opened,
  parameters,
  register,
  registerSecret,
  signature,
  ttlvEncoding,
  wrapKeyBit,
  wrapped43,
  wrapping,
} from './wrapping.ts';

describe('Get that wraps', () => {
  const server = serverForEach();
  const { caller } = server;

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
        struct('KeyWrappingData', enumerated('WrappingMethod', 'Encrypt'), asked),
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
        struct('KeyWrappingData', enumerated('WrappingMethod', 'Encrypt'), encryption(wrapper), noEncoding),
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
            attribute('Object Type', enumerated('ObjectType', 'SymmetricKey')),
          ]
        : [struct('Attributes', int('CryptographicUsageMask', 12), enumerated('ObjectType', 'SymmetricKey'))];
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
    const transparent = await here.refused(
      'Get',
      id(key),
      enumerated('KeyFormatType', 'TransparentSymmetricKey'),
      asked,
    );
    expect(transparent.reason).to.equal('EncodingOptionError');
    expect((await here.refused('Get', id(await registerSecret(here, '0102030405')), asked)).reason).to.equal(
      'InvalidField',
    );
  });

  it('wraps in the format asked for', async () => {
    const here = caller('1.4');
    const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
    const key = await register(here, { bytes: material, mask: 12 });
    const asked = wrapping(method.encrypt, encryption(wrapper));
    const block = blockOf(
      await here.call('Get', id(key), enumerated('KeyFormatType', 'TransparentSymmetricKey'), asked),
    );
    expect(at(block, 'KeyFormatType')?.value).to.equal(7);
    expect(opened(at(block, 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' })).to.deep.equal(
      struct('KeyValue', struct('KeyMaterial', bytes('Key', material))),
    );
  });

  it('wraps Secret Data too, with a fresh initialization vector each time', async () => {
    const here = caller('1.4');
    const gcm = [enumerated('BlockCipherMode', mode.GCM), int('IVLength', 96), int('TagLength', 16)];
    const wrapper = await register(here, {}, parameters(...gcm));
    const key = await registerSecret(here, '0102030405');
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
        [enumerated('KeyWrapType', 'NotWrapped')],
        [enumerated('KeyWrapType', 'AsRegistered')],
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
        enumerated('ObjectType', 'OpaqueObject'),
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
      enumerated('ObjectType', 'Template'),
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
      enumerated('WrappingMethod', 'Encrypt'),
      encryption('some-key-elsewhere', inMode(mode.NISTKeyWrap)),
    );
    const registerWrapped = (here: Caller, ...attributes: Item[]): Promise<string> =>
      registerWrappedBy(here, wrappingData, ...attributes);
    const registerWrappedBy = async (here: Caller, data: Item, ...attributes: Item[]): Promise<string> => {
      const payload = await here.call(
        'Register',
        enumerated('ObjectType', 'SymmetricKey'),
        given(here.version, int('CryptographicUsageMask', wrapKeyBit), activated, ...attributes),
        struct(
          'SymmetricKey',
          struct(
            'KeyBlock',
            enumerated('KeyFormatType', 'Raw'),
            bytes('KeyValue', wrapped43),
            enumerated('CryptographicAlgorithm', 'AES'),
            int('CryptographicLength', 128),
            data,
          ),
        ),
      );
      return value(payload, 'UniqueIdentifier') as string;
    };

    it('comes back as it was', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await registerWrapped(here);
        const types = version < '1.4' ? [[]] : [[], [enumerated('KeyWrapType', 'AsRegistered')]];
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

    it('is not opened without its key, nor wrapped again, and wraps nothing', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await registerWrapped(here, inMode(mode.NISTKeyWrap));
        const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
        const again = await here.refused('Get', id(key), wrapping(method.encrypt, encryption(wrapper)));
        expect(again.reason).to.equal('FeatureNotSupported');
        const by = await here.refused('Get', id(wrapper), wrapping(method.encrypt, encryption(key)));
        expect(by.reason).to.equal('InvalidField');
        if (version < '1.4') continue;
        const unwrapped = await here.refused('Get', id(key), enumerated('KeyWrapType', 'NotWrapped'));
        expect(unwrapped.reason).to.equal(isOld(version) ? 'ItemNotFound' : 'WrappingObjectNotFound');
      }
    });

    it('comes Not Wrapped when it is asked for so, its key is here, and it is not Sensitive', async () => {
      for (const version of versions.filter((each) => each >= '1.4')) {
        const here = caller(version);
        const wrapper = await register(here, { mask: wrapKeyBit | 0x20 });
        const by = struct(
          'KeyWrappingData',
          enumerated('WrappingMethod', 'Encrypt'),
          encryption(wrapper, inMode(mode.NISTKeyWrap)),
          noEncoding,
        );
        const key = await registerWrappedBy(here, by);
        const block = blockOf(await here.call('Get', id(key), enumerated('KeyWrapType', 'NotWrapped')));
        expect(hex(at(block, 'KeyValue', 'KeyMaterial'))).to.equal(material);
        expect(at(block, 'KeyWrappingData')).to.equal(undefined);
        const hidden = await registerWrappedBy(here, by, bool('Sensitive', true));
        const refused = await here.refused('Get', id(hidden), enumerated('KeyWrapType', 'NotWrapped'));
        expect(refused.reason).to.equal('Sensitive');
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
