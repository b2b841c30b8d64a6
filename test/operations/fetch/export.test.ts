/** What Export gives out (KMIP 2.1 §6.1.18; 1.4 §4.40, §11.41). */
import { expect } from 'chai';
import { hasMaterial } from '#test/operations/create/kept';
import { Tag } from '#protocol/tags';
import type { Item } from '#ttlv/index';
import { callerOf, id, serverForEach } from '#test/clients/caller';
import { at, bool, enumerated, isOld, value, item } from '#test/fixtures/items';
import { attributeOf, exported, versionsWithImport } from './export-import.ts';
import {
  encryption,
  inMode,
  kek,
  material,
  method,
  mode,
  opened,
  register,
  wrapping,
} from '#test/operations/wrapping/wrapping';

describe('Export', () => {
  const server = serverForEach();
  const { caller } = server;

  it('gives the object as Get does, with all its attributes', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      const { object, attributes, objectType, id: said } = await exported(here, key);
      expect([said, objectType]).to.deep.equal([key, 2]);
      expect(object).to.deep.equal(at(await here.call('Get', id(key)), 'SymmetricKey'));
      // Get has served it meanwhile, which Fresh tells.
      expect(attributes).to.deep.include.members((await here.attributes(key)).filter((each) => !isFresh(each)));
    }
  });

  it('tells the Random Number Generator too, which Get Attributes keeps back', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const found = await exported(here, await here.create());
      expect(attributeOf(found, 'RandomNumberGenerator', 'Random Number Generator')).to.not.equal(undefined);
    }
  });

  it('leaves the object Fresh, for it was not served by Get', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      await exported(here, key);
      const again = attributeOf(await exported(here, key), 'Fresh', 'Fresh');
      expect(isOld(version) ? at(again as Item, 'AttributeValue')?.value : again?.value).to.equal(true);
    }
  });

  it('fills the ID Placeholder', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      const [, answer] = await here.send([item('Export', [id(key)], '01'), item('GetAttributes', [], '02')]);
      expect(answer?.status, answer?.message).to.equal('Success');
      expect(value(answer?.payload as Item, 'UniqueIdentifier')).to.equal(key);
    }
  });

  it('gives the format and the wrapping asked for', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const key = await register(here, { bytes: material, mask: 12 });
      const asked = [
        enumerated('KeyFormatType', 'TransparentSymmetricKey'),
        wrapping(method.encrypt, encryption(wrapper)),
      ];
      const { object } = await exported(here, key, ...asked);
      expect(value(object, 'KeyBlock', 'KeyFormatType')).to.equal(7);
      expect(at(opened(at(object, 'KeyBlock', 'KeyValue'), { blockCipherMode: 'NISTKeyWrap' }), 'KeyMaterial')?.value)
        .to.be.an('array')
        .with.length(1);
      const plain = await exported(here, key, enumerated('KeyWrapType', 'NotWrapped'));
      expect(at(plain.object, 'KeyBlock', 'KeyWrappingData')).to.equal(undefined);
    }
  });

  it('gives of a destroyed object the attributes, and no key material', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      await here.call('Destroy', id(key));
      expect(await hasMaterial(server.fixture, key)).to.equal(false);
      const found = await exported(here, key);
      expect(at(found.object, 'KeyBlock', 'KeyValue')).to.equal(undefined);
      expect(value(found.object, 'KeyBlock', 'KeyFormatType')).to.equal(1);
      const state = attributeOf(found, 'State', 'State');
      expect(isOld(version) ? at(state as Item, 'AttributeValue')?.value : state?.value).to.equal(5);
    }
  });

  it('guards what is Sensitive or not Extractable as Get does', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const wrapper = await register(here, {}, inMode(mode.NISTKeyWrap));
      const sensitive = await here.create(bool('Sensitive', true));
      expect((await here.refused('Export', id(sensitive))).reason).to.equal('Sensitive');
      await here.call('Export', id(sensitive), wrapping(method.encrypt, encryption(wrapper)));
      const kept = await here.create(bool('Extractable', false));
      expect((await here.refused('Export', id(kept))).reason).to.equal('NotExtractable');
    }
  });

  it('refuses with the reasons of its table', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const old = isOld(version);
      const key = await here.create();
      const reasonOf = async (...payload: Item[]) => (await here.refused('Export', ...payload)).reason;
      expect(await reasonOf(id('nothing'))).to.equal(old ? 'ItemNotFound' : 'ObjectNotFound');
      expect(await reasonOf(id(key), enumerated('KeyFormatType', 'PKCS_1'))).to.equal('KeyFormatTypeNotSupported');
      expect(await reasonOf(id(key), enumerated('KeyCompressionType', 'ECPublicKeyTypeUncompressed'))).to.equal(
        'KeyCompressionTypeNotSupported',
      );
      expect(await reasonOf(id(key), wrapping(method.encrypt, encryption('nothing')))).to.equal(
        old ? 'ItemNotFound' : 'WrappingObjectNotFound',
      );
      const wrong = await register(here, { mask: 4 }, inMode(mode.NISTKeyWrap));
      expect(await reasonOf(id(key), wrapping(method.encrypt, encryption(wrong)))).to.equal(
        old ? 'PermissionDenied' : 'IncompatibleCryptographicUsageMask',
      );
      const wrapper = await register(here, { bytes: kek }, inMode(mode.NISTKeyWrap));
      expect(await reasonOf(id(key), wrapping(method.encrypt, encryption(wrapper, inMode(mode.CBC))))).to.equal(
        old ? 'ItemNotFound' : 'BadCryptographicParameters',
      );
      const both = [enumerated('KeyWrapType', 'NotWrapped'), wrapping(method.encrypt, encryption(wrapper))];
      expect(await reasonOf(id(key), ...both)).to.equal('InvalidField');
      expect(await reasonOf(id(key), enumerated('KeyWrapType', 0x80000001))).to.equal(
        old ? 'FeatureNotSupported' : 'KeyWrapTypeNotSupported',
      );
      const other = callerOf(server.fixture.handler, server.fixture.session('client-2'), version);
      expect(await other.refused('Export', id(key))).to.deep.equal(await other.refused('Export', id('nothing')));
    }
  });
});

const isFresh = (each: Item): boolean => each.tag === Tag.Fresh || at(each, 'AttributeName')?.value === 'Fresh';
