/** What clients rely on when they have key pairs made, or bring their own. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import { at, enumerated, int, struct, versions } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/index';
import { Tag } from '#protocol/tags';
import { given, id, name, pairSet, serverForEach, type Caller } from './caller.ts';
import { keyBlock } from '#test/fixtures/key-blocks';

const format = { pkcs1: 3, pkcs8: 4, x509: 5 } as const;
const objectType = { publicKey: 3, privateKey: 4 } as const;
const rsa = 4;

const rsaOf = (bits: number): Item[] => [enumerated('CryptographicAlgorithm', rsa), int('CryptographicLength', bits)];

const material = (block: Item): Buffer => Buffer.from(at(block, 'KeyValue', 'KeyMaterial')?.value as Uint8Array);

describe('a client with key pairs', () => {
  const server = serverForEach();
  const { caller } = server;

  async function made(
    here: Caller,
    ...sets: Item[]
  ): Promise<{ readonly privateId: string; readonly publicId: string }> {
    const payload = await here.call('CreateKeyPair', ...sets);
    return {
      privateId: at(payload, 'PrivateKeyUniqueIdentifier')?.value as string,
      publicId: at(payload, 'PublicKeyUniqueIdentifier')?.value as string,
    };
  }

  const blockOf = async (here: Caller, key: string, ...asked: Item[]): Promise<Item> => {
    const payload = await here.call('Get', id(key), ...asked);
    return (at(payload, 'PublicKey', 'KeyBlock') ?? at(payload, 'PrivateKey', 'KeyBlock')) as Item;
  };

  it('veeam-key-pair: RSA pairs of 2048 and 4096 bits, both halves fetched', async () => {
    const here = caller('1.4');
    for (const bits of [2048, 4096]) {
      const { privateId, publicId } = await made(
        here,
        pairSet('1.4', 'Common', ...rsaOf(bits)),
        pairSet('1.4', 'PrivateKey', name('private'), int('CryptographicUsageMask', 2)),
        pairSet('1.4', 'PublicKey', name('public'), int('CryptographicUsageMask', 1)),
      );
      const privateKey = createPrivateKey({
        key: material(await blockOf(here, privateId)),
        format: 'der',
        type: 'pkcs1',
      });
      const publicKey = createPublicKey({ key: material(await blockOf(here, publicId)), format: 'der', type: 'pkcs1' });
      expect(publicKey.asymmetricKeyDetails?.modulusLength).to.equal(bits);
      expect(createPublicKey(privateKey).equals(publicKey)).to.equal(true);
    }
  });

  it('default-key-formats: RSA public keys as PKCS#1, private keys as they were registered', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const kept = [
      ['PublicKey', format.x509, pair.publicKey.export({ type: 'spki', format: 'der' }), format.pkcs1],
      ['PublicKey', format.pkcs1, pair.publicKey.export({ type: 'pkcs1', format: 'der' }), format.pkcs1],
      ['PrivateKey', format.pkcs1, pair.privateKey.export({ type: 'pkcs1', format: 'der' }), format.pkcs1],
      ['PrivateKey', format.pkcs8, pair.privateKey.export({ type: 'pkcs8', format: 'der' }), format.pkcs8],
    ] as const;
    for (const version of versions) {
      const here = caller(version);
      for (const [half, registered, der, expected] of kept) {
        const key: KeyObject = half === 'PublicKey' ? pair.publicKey : pair.privateKey;
        const payload = await here.call(
          'Register',
          enumerated('ObjectType', half === 'PublicKey' ? objectType.publicKey : objectType.privateKey),
          given(version, int('CryptographicUsageMask', 3)),
          struct(
            half,
            keyBlock(registered, { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der }, ...rsaOf(2048)),
          ),
        );
        const which = at(payload, 'UniqueIdentifier')?.value as string;
        const block = await blockOf(here, which);
        expect(at(block, 'KeyFormatType')?.value, `${half} ${registered} in ${version}`).to.equal(expected);
        const type = expected === format.pkcs8 ? 'pkcs8' : 'pkcs1';
        expect(material(block)).to.deep.equal(key.export({ type: type as 'pkcs1', format: 'der' }));
        // As it was registered it comes back all the same.
        const asRegistered = await blockOf(here, which, enumerated('KeyFormatType', registered));
        expect(material(asRegistered)).to.deep.equal(der);
      }
    }
  });

  it('mask-zero-and-nameless-pairs: pairs with neither mask nor name', async () => {
    for (const version of versions) {
      const here = caller(version);
      const { privateId, publicId } = await made(here, pairSet(version, 'Common', ...rsaOf(1024)));
      const [privateBlock, publicBlock] = [await blockOf(here, privateId), await blockOf(here, publicId)];
      const privateKey = createPrivateKey({ key: material(privateBlock), format: 'der', type: 'pkcs1' });
      const publicKey = createPublicKey({ key: material(publicBlock), format: 'der', type: 'pkcs1' });
      expect(createPublicKey(privateKey).equals(publicKey)).to.equal(true);
    }
  });
});
