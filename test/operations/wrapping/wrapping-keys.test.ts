/** Which keys wrap for Get, and which do not (KMIP 2.1 §3.3, §6.1.19.1, §7.18; 1.4 §2.1.6, §11.12). */
import { createHmac, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { unwrapKey } from '#crypto/ciphers/key-wrap';
import { rsaDecrypt } from '#crypto/ciphers/rsa-encryption';
import { decode, type Item } from '#ttlv/index';
import { callerOf, given, id, serverForEach, type Caller } from '#test/clients/caller';
import {
  all,
  at,
  attribute,
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
  opened,
  parameters,
  register,
  registerSecret,
  signature,
  wrapKeyBit,
  wrapping,
} from './wrapping.ts';

describe('A key that wraps', () => {
  const server = serverForEach();
  const { caller } = server;
  const now = (): number => server.fixture.clock.now / 1000;

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
                parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 'PKCS5')),
                1,
              ),
            ]
          : [parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 'PKCS5'))]),
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

  it('refuses parameters that the key has not', async () => {
    for (const version of versions) {
      const here = caller(version);
      const reason = isOld(version) ? 'ItemNotFound' : 'BadCryptographicParameters';
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await here.create();
      const asked = encryption(wrapper, inMode(mode.CBC));
      expect((await here.refused('Get', id(key), wrapping(method.encrypt, asked))).reason).to.equal(reason);
    }
  });

  it('wraps as asked with a key that has no parameters, and by NIST key wrap unless asked otherwise', async () => {
    for (const version of versions) {
      const here = caller(version);
      const bare = await register(here, {});
      const key = await register(here, { bytes: material, mask: 12 });
      const expected = struct('KeyValue', bytes('KeyMaterial', material));
      const wrappedBy = async (...asked: Item[]): Promise<Item> =>
        blockOf(await here.call('Get', id(key), wrapping(method.encrypt, encryption(bare, ...asked))));
      const byItself = await wrappedBy();
      expect(opened(at(byItself, 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' })).to.deep.equal(expected);
      const asAsked = await wrappedBy(
        parameters(enumerated('BlockCipherMode', mode.CBC), enumerated('PaddingMethod', 'PKCS5')),
      );
      const iv = at(asAsked, 'KeyWrappingData', 'IVCounterNonce');
      expect(opened(at(asAsked, 'KeyValue'), { blockCipherMode: 'CBC', paddingMethod: 'PKCS5' }, iv)).to.deep.equal(
        expected,
      );
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
        [await registerSecret(here, '01'), 'InvalidObjectType', 'IllegalOperation'],
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
    const limits = struct('UsageLimits', long('UsageLimitsTotal', 2n), enumerated('UsageLimitsUnit', 'Object'));
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

  describe('of a pair', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const oaep256 = parameters(enumerated('PaddingMethod', 'OAEP'), enumerated('HashingAlgorithm', 'SHA_256'));
    const pkcs1 = parameters(enumerated('PaddingMethod', 'PKCS1V1_5'));
    const sha256 = parameters(enumerated('HashingAlgorithm', 'SHA_256'));
    const signBit = 1;

    async function registerHalf(here: Caller, key: KeyObject, mask: number, ...attributes: Item[]): Promise<string> {
      const isPublic = key.type === 'public';
      const der = isPublic ? key.export({ format: 'der', type: 'spki' }) : key.export({ format: 'der', type: 'pkcs8' });
      const keyBlock = struct(
        'KeyBlock',
        enumerated('KeyFormatType', isPublic ? 5 : 4),
        struct('KeyValue', bytes('KeyMaterial', der.toString('hex'))),
      );
      const payload = await here.call(
        'Register',
        enumerated('ObjectType', isPublic ? 3 : 4),
        given(
          here.version,
          int('CryptographicUsageMask', mask),
          activated,
          enumerated('CryptographicAlgorithm', key.asymmetricKeyType === 'rsa' ? 4 : 6),
          int('CryptographicLength', key.asymmetricKeyType === 'rsa' ? 2048 : 256),
          ...attributes,
        ),
        struct(isPublic ? 'PublicKey' : 'PrivateKey', keyBlock),
      );
      return value(payload, 'UniqueIdentifier') as string;
    }

    const clear = struct('KeyValue', bytes('KeyMaterial', material));
    const keyValueOf = (payload: Item): Uint8Array => at(blockOf(payload), 'KeyValue')?.value as Uint8Array;

    it('wrap-to-registered-key: a public RSA key wraps what only its owner opens, whatever the padding', async () => {
      const paddings = [
        [oaep256, { paddingMethod: 'OAEP', hashingAlgorithm: 'SHA_256' }],
        [pkcs1, { paddingMethod: 'PKCS1V1_5' }],
      ] as const;
      for (const version of versions) {
        const here = caller(version);
        const key = await register(here, { bytes: material, mask: 12 });
        for (const [held, by] of paddings) {
          const wrapper = await registerHalf(here, rsa.publicKey, wrapKeyBit, held);
          const payload = await here.call('Get', id(key), wrapping(method.encrypt, encryption(wrapper, held)));
          expect(decode(rsaDecrypt(rsa.privateKey, keyValueOf(payload), by))).to.deep.equal(clear);
          expect(at(blockOf(payload), 'KeyWrappingData', 'IVCounterNonce')).to.equal(undefined);
        }
      }
    });

    it('signs with the private half, also when the public one is named', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await register(here, { bytes: material, mask: 12 });
        for (const pair of [rsa, ec]) {
          const signer = await registerHalf(here, pair.privateKey, signBit, sha256);
          const link = struct('Link', enumerated('LinkType', 'PrivateKeyLink'), text('LinkedObjectIdentifier', signer));
          const shown = await registerHalf(here, pair.publicKey, 2, link);
          for (const named of [signer, shown]) {
            const payload = await here.call('Get', id(key), wrapping(method.macSign, signature(named, sha256)));
            const data = at(blockOf(payload), 'KeyWrappingData') as Item;
            expect(at(data, 'MACSignatureKeyInformation', 'UniqueIdentifier')?.value).to.equal(signer);
            const made = at(data, 'MACSignature')?.value as Uint8Array;
            expect(verify('sha256', keyValueOf(payload), pair.publicKey, made)).to.equal(true);
          }
        }
      }
    });

    it('wraps no more than fits under RSA', async () => {
      const here = caller('2.1');
      const wrapper = await registerHalf(here, rsa.publicKey, wrapKeyBit, pkcs1);
      const long = await registerSecret(here, '00'.repeat(246));
      const answer = await here.refused('Get', id(long), wrapping(method.encrypt, encryption(wrapper)));
      expect(answer.reason).to.equal('InvalidField');
    });

    it('is refused where it cannot or may not, each with its reason', async () => {
      for (const version of versions) {
        const here = caller(version);
        const key = await register(here, { bytes: material, mask: 12 });
        const reasonOf = async (how: number, information: Item): Promise<string | undefined> =>
          (await here.refused('Get', id(key), wrapping(how, information))).reason;
        const cases: [number, Item, string, string][] = [
          [
            method.encrypt,
            encryption(await registerHalf(here, rsa.privateKey, wrapKeyBit, pkcs1)),
            'InvalidObjectType',
            'IllegalOperation',
          ],
          [
            method.encrypt,
            encryption(await registerHalf(here, rsa.publicKey, 4, pkcs1)),
            'IncompatibleCryptographicUsageMask',
            'PermissionDenied',
          ],
          [
            method.encrypt,
            encryption(await registerHalf(here, ec.publicKey, wrapKeyBit, pkcs1)),
            'FeatureNotSupported',
            'FeatureNotSupported',
          ],
          [
            method.encrypt,
            encryption(await registerHalf(here, rsa.publicKey, wrapKeyBit, sha256)),
            'BadCryptographicParameters',
            'ItemNotFound',
          ],
          [
            method.macSign,
            signature(await registerHalf(here, rsa.publicKey, signBit, sha256)),
            'InvalidObjectType',
            'IllegalOperation',
          ],
          [
            method.macSign,
            signature(await registerHalf(here, rsa.privateKey, 2, sha256)),
            'IncompatibleCryptographicUsageMask',
            'PermissionDenied',
          ],
        ];
        for (const [how, information, reason, older] of cases) {
          expect(await reasonOf(how, information), `${reason} in ${version}`).to.equal(isOld(version) ? older : reason);
        }
      }
    });
  });
});
