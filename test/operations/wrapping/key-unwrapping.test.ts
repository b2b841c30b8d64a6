/**
 * Import with Key Wrap Type Not Wrapped: the undoing of every way in which Get and Export wrap (KMIP 2.1 §3.3, §6.1.25;
 * 1.4 §4.41).
 */
import { createPublicKey, generateKeyPairSync, publicEncrypt, constants } from 'node:crypto';
import { expect } from 'chai';
import { ItemType, type Item } from '#ttlv/index';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, named, serverForEach, type Caller } from '#test/clients/caller';
import { at, bytes, date, enumerated, int, isOld, struct, text, value } from '#test/fixtures/items';
import {
  attributeOf,
  exported,
  importing,
  symmetricKey,
  versionsWithImport,
  type Exported,
} from '#test/operations/fetch/export-import';
import {
  activated,
  encryption,
  hex,
  inMode,
  kek,
  material,
  method,
  mode,
  noEncoding,
  parameters,
  register,
  signature,
  wrapped43,
  wrapping,
} from './wrapping.ts';
import { keyBlock } from '#test/fixtures/key-blocks';

const notWrapped = enumerated('KeyWrapType', 'NotWrapped');
const asRegistered = enumerated('KeyWrapType', 'AsRegistered');
const wrapsAndUnwraps = 0x30;
const macs = 0x180;
const signs = 0x3;
const pkcs5 = enumerated('PaddingMethod', 'PKCS5');
const cbc = parameters(enumerated('BlockCipherMode', mode.CBC), pkcs5);
const gcm = parameters(enumerated('BlockCipherMode', mode.GCM), int('TagLength', 16));
const sha256Id = enumerated('HashingAlgorithm', 'SHA_256');
const oaep = parameters(enumerated('PaddingMethod', 'OAEP'), sha256Id, enumerated('MaskGeneratorHashingAlgorithm', 6));
const sha256 = parameters(sha256Id, enumerated('DigitalSignatureAlgorithm', 'SHA_256WithRSAEncryption'));
const hmacSha256 = 9;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const changed = (item: Item): Item => {
  const flipped = Uint8Array.from(item.value as Uint8Array);
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] as number) ^ 1;
  return { ...item, value: flipped } as Item;
};
/** The item with every item of that tag in it replaced. */
const replaced = (item: Item, tag: TagName, by: (each: Item) => Item): Item =>
  item.tag === Tag[tag]
    ? by(item)
    : item.type === ItemType.Structure
      ? { ...item, value: item.value.map((each) => replaced(each, tag, by)) }
      : item;

describe('Import that unwraps', () => {
  const server = serverForEach();
  const { caller } = server;

  /** Of a pair, linked to one another: private and public. */
  async function registerPair(
    here: Caller,
    publicMask: number,
    privateMask: number,
    held: Item,
  ): Promise<[string, string]> {
    const place = async (tag: 'PublicKey' | 'PrivateKey', format: number, der: Buffer, mask: number, ...more: Item[]) =>
      value(
        await here.call(
          'Register',
          enumerated('ObjectType', tag === 'PublicKey' ? 3 : 4),
          given(here.version, int('CryptographicUsageMask', mask), activated, held, ...more),
          struct(
            tag,
            keyBlock(
              format,
              { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der },
              enumerated('CryptographicAlgorithm', 'RSA'),
              int('CryptographicLength', 2048),
            ),
          ),
        ),
        'UniqueIdentifier',
      ) as string;
    const link = (type: number, to: string): Item =>
      struct('Link', enumerated('LinkType', type), text('LinkedObjectIdentifier', to));
    const secret = await place('PrivateKey', 4, privateKey.export({ type: 'pkcs8', format: 'der' }), privateMask);
    const open = await place(
      'PublicKey',
      5,
      publicKey.export({ type: 'spki', format: 'der' }),
      publicMask,
      link(0x103, secret),
    );
    const added = isOld(here.version) ? named(link(0x102, open)) : struct('NewAttribute', link(0x102, open));
    await here.call('AddAttribute', id(secret), added);
    return [secret, open];
  }

  /** The same key under another identifier, which is no attribute of it then. */
  const renamed = (found: Exported): Exported => ({
    ...found,
    id: `${found.id}-again`,
    attributes: found.attributes.filter(
      (each) => each.tag !== Tag.UniqueIdentifier && at(each, 'AttributeName')?.value !== 'Unique Identifier',
    ),
  });

  type Ways = { readonly [name: string]: (here: Caller) => Promise<Item> };
  const kekIn = (here: Caller, ...held: Item[]): Promise<string> => register(here, { mask: wrapsAndUnwraps }, ...held);
  const macKey = (here: Caller): Promise<string> => register(here, { mask: macs, algorithm: hmacSha256 });
  const ways: Ways = {
    'NIST key wrap': async (here) => wrapping(method.encrypt, encryption(await kekIn(here, inMode(mode.NISTKeyWrap)))),
    'key wrap without encoding': async (here) =>
      wrapping(method.encrypt, encryption(await kekIn(here, inMode(mode.NISTKeyWrap))), noEncoding),
    'key wrap with padding': async (here) =>
      wrapping(method.encrypt, encryption(await kekIn(here, inMode(mode.AESKeyWrapPadding)))),
    CBC: async (here) => wrapping(method.encrypt, encryption(await kekIn(here, cbc))),
    GCM: async (here) => wrapping(method.encrypt, encryption(await kekIn(here, gcm))),
    'GCM, as the request says': async (here) => wrapping(method.encrypt, encryption(await kekIn(here), gcm)),
    RSA: async (here) => {
      const [, open] = await registerPair(here, 0x10, 0x20, oaep);
      return wrapping(method.encrypt, encryption(open), noEncoding);
    },
    HMAC: async (here) => wrapping(method.macSign, signature(await macKey(here))),
    'an RSA signature': async (here) => {
      const [secret] = await registerPair(here, 0x2, 0x1, sha256);
      return wrapping(method.macSign, signature(secret));
    },
    'an RSA signature, by the public key': async (here) => {
      const [, open] = await registerPair(here, 0x2, 0x1, sha256);
      return wrapping(method.macSign, signature(open), noEncoding);
    },
    'encryption, then MAC': async (here) =>
      wrapping(method.encryptThenMACSign, encryption(await kekIn(here, cbc)), signature(await macKey(here))),
    'MAC, then encryption': async (here) =>
      wrapping(method.macSignThenEncrypt, encryption(await kekIn(here, cbc)), signature(await macKey(here))),
    'a signature, then encryption': async (here) => {
      const [secret] = await registerPair(here, signs, signs, sha256);
      return wrapping(method.macSignThenEncrypt, encryption(await kekIn(here, cbc)), signature(secret));
    },
  };

  for (const [way, specification] of Object.entries(ways)) {
    for (const version of versionsWithImport) {
      it(`opens ${way} in ${version}, and stores what was wrapped unless asked to`, async () => {
        const here = caller(version);
        const key = await register(here, { bytes: material, mask: 12 });
        const found = renamed(await exported(here, key, await specification(here)));
        expect(at(found.object, 'KeyBlock', 'KeyWrappingData')).to.not.equal(undefined);
        await here.call('Import', ...importing(here, found, notWrapped));
        const opened = await exported(here, found.id);
        expect(opened.object).to.deep.equal((await exported(here, key)).object);
        const kept = { ...found, id: `${found.id}-kept` };
        await here.call('Import', ...importing(here, kept, asRegistered));
        expect((await exported(here, kept.id)).object).to.deep.equal(found.object);
      });

      it(`opens ${way} in ${version} only as it was`, async () => {
        const here = caller(version);
        const key = await register(here, { bytes: material, mask: 12 });
        const found = renamed(await exported(here, key, await specification(here)));
        const encrypts = value(found.object, 'KeyBlock', 'KeyWrappingData', 'WrappingMethod') !== method.macSign;
        const signed = at(found.object, 'KeyBlock', 'KeyWrappingData', 'MACSignature') !== undefined;
        const answers: unknown[] = [];
        for (const tag of ['KeyValue', ...(signed ? ['MACSignature'] : [])] as TagName[]) {
          const object = replaced(found.object, tag, changed);
          const answer = await here.refused('Import', ...importing(here, { ...found, object }, notWrapped));
          answers.push(answer.message);
          expect(answer.reason, tag).to.equal('CryptographicFailure');
        }
        expect(new Set(answers)).to.have.length(1);
        expect(encrypts || signed).to.equal(true);
        expect((await here.refused('Get', id(found.id))).reason).to.match(/NotFound/);
      });
    }
  }

  it('takes over the attributes that were wrapped with the key', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await register(here, { bytes: material, mask: 12 }, date('ProtectStopDate', 1_900_000_000));
      const names = ['Cryptographic Usage Mask', 'Initial Date', 'Protect Stop Date'];
      const asked = wrapping(
        method.encrypt,
        encryption(await kekIn(here, cbc)),
        ...names.map((each) => text('AttributeName', each)),
      );
      const { object } = await exported(here, key, asked);
      const bare = symmetricKey(`${key}-bare`, [enumerated('State', 'Active')], object);
      await here.call('Import', ...importing(here, bare, notWrapped));
      for (const [tag, called] of [
        ['CryptographicUsageMask', 'Cryptographic Usage Mask'],
        ['InitialDate', 'Initial Date'],
        ['ProtectStopDate', 'Protect Stop Date'],
      ] as const) {
        const [mine, its] = [await exported(here, bare.id), await exported(here, key)];
        expect(attributeOf(mine, tag, called)).to.deep.equal(attributeOf(its, tag, called));
      }
    }
  });

  const wrappedBy = (wrapper: string, keyValue: Item, ...more: Item[]): Item =>
    struct(
      'SymmetricKey',
      struct(
        'KeyBlock',
        enumerated('KeyFormatType', 'Raw'),
        keyValue,
        enumerated('CryptographicAlgorithm', 'AES'),
        int('CryptographicLength', 128),
        struct(
          'KeyWrappingData',
          enumerated('WrappingMethod', method.encrypt),
          encryption(wrapper),
          ...more,
          noEncoding,
        ),
      ),
    );

  it('opens what others wrapped: RFC 3394 4.3, and OAEP of OpenSSL', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const wrapper = await kekIn(here, inMode(mode.NISTKeyWrap));
      const mask = [int('CryptographicUsageMask', 12)];
      const byKey = wrappedBy(wrapper, bytes('KeyValue', wrapped43));
      await here.call('Import', ...importing(here, symmetricKey(`rfc-${version}`, mask, byKey), notWrapped));
      const { object } = await exported(here, `rfc-${version}`);
      expect(hex(at(object, 'KeyBlock', 'KeyValue', 'KeyMaterial'))).to.equal(material);
      const [secret, open] = await registerPair(here, 0x10, 0x20, oaep);
      const sealed = publicEncrypt(
        {
          key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
          padding: constants.RSA_PKCS1_OAEP_PADDING,
          oaepHash: 'sha256',
        },
        Buffer.from(material, 'hex'),
      );
      const keyValue: Item = { tag: Tag.KeyValue, type: ItemType.ByteString, value: sealed };
      for (const wrapper of [secret, open]) {
        const which = `oaep-${wrapper}`;
        await here.call(
          'Import',
          ...importing(here, symmetricKey(which, mask, wrappedBy(wrapper, keyValue)), notWrapped),
        );
        expect(hex(at((await exported(here, which)).object, 'KeyBlock', 'KeyValue', 'KeyMaterial'))).to.equal(material);
      }
    }
  });

  it('refuses when the key that wrapped is not there to be used, and keeps nothing', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const old = isOld(version);
      const refused = async (wrapper: string): Promise<unknown> => {
        const object = wrappedBy(wrapper, bytes('KeyValue', wrapped43));
        const what = symmetricKey('sealed', [int('CryptographicUsageMask', 12)], object);
        return (await here.refused('Import', ...importing(here, what, notWrapped))).reason;
      };
      expect(await refused('nothing')).to.equal(old ? 'ItemNotFound' : 'WrappingObjectNotFound');
      expect(await refused(await register(here, { mask: 0x10 }, inMode(mode.NISTKeyWrap)))).to.equal(
        old ? 'PermissionDenied' : 'IncompatibleCryptographicUsageMask',
      );
      expect(await refused(await register(here, { mask: 0x20, active: false }))).to.equal(
        old ? 'PermissionDenied' : 'WrongKeyLifecycleState',
      );
      const gone = await register(here, { mask: 0x20, active: false });
      await here.call('Destroy', id(gone));
      expect(await refused(gone)).to.equal(old ? 'PermissionDenied' : 'WrappingObjectDestroyed');
      const other = await register(here, { bytes: kek.replaceAll('0', '1'), mask: 0x20 }, inMode(mode.NISTKeyWrap));
      expect(await refused(other)).to.equal('CryptographicFailure');
      expect((await here.refused('Get', id('sealed'))).reason).to.match(/NotFound/);
    }
  });

  it('refuses an encoding that it has not whether or not the key opens', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const wrapper = await kekIn(here, inMode(mode.NISTKeyWrap));
      const object = wrappedBy(wrapper, bytes('KeyValue', wrapped43));
      const foreign = replaced(object, 'EncodingOption', () => enumerated('EncodingOption', 0x80000001));
      const answers: unknown[] = [];
      for (const given of [foreign, replaced(foreign, 'KeyValue', changed)]) {
        const what = symmetricKey('strange', [int('CryptographicUsageMask', 12)], given);
        const { reason, message } = await here.refused('Import', ...importing(here, what, notWrapped));
        answers.push([reason, message]);
      }
      expect(answers[1]).to.deep.equal(answers[0]);
      expect(answers[0]).to.include('EncodingOptionError');
    }
  });

  it('has nothing to open where nothing is wrapped', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const found = renamed(await exported(here, await here.create()));
      await here.call('Import', ...importing(here, found, notWrapped));
      expect((await exported(here, found.id)).object).to.deep.equal(found.object);
    }
  });
});
