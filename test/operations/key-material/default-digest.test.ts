/**
 * The digests of a key: of the format that it is kept in, and in 2.x of its default one too (KMIP 2.1 §4.21, §4.26).
 */
import { hash } from 'node:crypto';
import { expect } from 'chai';
import { given, id, serverForEach, type Caller } from '#test/clients/caller';
import { makeKey, ownForms } from '#test/crypto/keys/keys-of-openssl';
import { at, bytes, enumerated, int, isOld, struct, value, versions } from '#test/fixtures/items';
import { Tag } from '#protocol/tags';
import { encode, type Item } from '#ttlv/index';
import { keyBlock } from '#test/fixtures/key-blocks';

const format = { raw: 1, pkcs1: 3, pkcs8: 4, x509: 5, transparentSymmetric: 7, transparentEcPublic: 0x15 } as const;
const sha256 = (data: Uint8Array): string => hash('sha256', data, 'hex');

describe('the digests of a key', () => {
  const server = serverForEach();

  /** Their formats and values. */
  async function digests(caller: Caller, key: string): Promise<(readonly [number, string])[]> {
    const found = await caller.attributes(key);
    return found.flatMap((each) => {
      const digest = isOld(caller.version) ? at(each, 'AttributeValue') : each;
      if (digest === undefined || at(digest, 'DigestValue') === undefined) return [];
      expect(value(digest, 'HashingAlgorithm')).to.equal(6);
      const keyFormat = at(digest, 'KeyFormatType')?.value as number;
      return [[keyFormat, Buffer.from(value(digest, 'DigestValue') as Uint8Array).toString('hex')] as const];
    });
  }

  async function register(
    caller: Caller,
    [type, tag]: readonly [number, 'PublicKey' | 'PrivateKey' | 'SymmetricKey'],
    keyFormat: number,
    material: Item,
    ...said: Item[]
  ): Promise<string> {
    const payload = await caller.call(
      'Register',
      enumerated('ObjectType', type),
      given(caller.version, int('CryptographicUsageMask', 3)),
      struct(tag, keyBlock(keyFormat, material, ...said)),
    );
    return value(payload, 'UniqueIdentifier') as string;
  }
  const material = (data: Buffer): Item => bytes('KeyMaterial', data.toString('hex'));
  const aes = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 128)];

  for (const version of versions.filter((each) => each !== '1.0')) {
    it(`are ${isOld(version) ? 'one' : 'two'} for formats that are not the default in ${version}`, async () => {
      const caller = server.caller(version);
      const rsa = makeKey('-algorithm RSA -pkeyopt rsa_keygen_bits:1024');
      const key = await register(caller, [4, 'PrivateKey'], format.pkcs8, material(rsa.privateKey));
      const expected = [
        [format.pkcs8, sha256(rsa.privateKey)],
        [format.pkcs1, sha256(ownForms.rsaPrivate(rsa))],
      ];
      expect(await digests(caller, key)).to.deep.equal(isOld(version) ? expected.slice(0, 1) : expected);
      const secret = '000102030405060708090a0b0c0d0e0f';
      const transparent = struct('KeyMaterial', bytes('Key', secret));
      const symmetric = await register(caller, [2, 'SymmetricKey'], format.transparentSymmetric, transparent, ...aes);
      const both = [
        [format.transparentSymmetric, sha256(encode(transparent))],
        [format.raw, sha256(Buffer.from(secret, 'hex'))],
      ];
      expect(await digests(caller, symmetric)).to.deep.equal(isOld(version) ? both.slice(0, 1) : both);
    });

    it(`are one for the default format in ${version}`, async () => {
      const caller = server.caller(version);
      const rsa = makeKey('-algorithm RSA -pkeyopt rsa_keygen_bits:1024');
      const pkcs1 = ownForms.rsaPublic(rsa);
      const key = await register(caller, [3, 'PublicKey'], format.pkcs1, material(pkcs1));
      expect(await digests(caller, key)).to.deep.equal([[format.pkcs1, sha256(pkcs1)]]);
      expect(await digests(caller, await caller.create())).to.have.length(1);
    });
  }

  it('say of an EC key what its Transparent structure encodes to', async () => {
    const caller = server.caller('2.1');
    const { publicKey } = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-256');
    const key = await register(caller, [3, 'PublicKey'], format.x509, material(publicKey));
    const got = await caller.call('Get', id(key), enumerated('KeyFormatType', format.transparentEcPublic));
    const structure = at(got, 'PublicKey', 'KeyBlock', 'KeyValue', 'KeyMaterial') as Item;
    expect(await digests(caller, key)).to.deep.equal([
      [format.x509, sha256(publicKey)],
      [format.transparentEcPublic, sha256(encode(structure))],
    ]);
  });

  it('are two for keys that are made in a format of the client', async () => {
    const caller = server.caller('2.1');
    const made = await caller.call('CreateKeyPair', {
      ...struct(
        'CommonAttributes',
        enumerated('CryptographicAlgorithm', 'RSA'),
        int('CryptographicLength', 1024),
        int('CryptographicUsageMask', 3),
        enumerated('KeyFormatType', format.pkcs8),
      ),
      tag: Tag.PrivateKeyAttributes,
    });
    const [privateKey, publicKey] = (['PrivateKeyUniqueIdentifier', 'PublicKeyUniqueIdentifier'] as const).map(
      (tag) => value(made, tag) as string,
    ) as [string, string];
    expect((await digests(caller, privateKey)).map(([keyFormat]) => keyFormat)).to.deep.equal([
      format.pkcs8,
      format.pkcs1,
    ]);
    expect((await digests(caller, publicKey)).map(([keyFormat]) => keyFormat)).to.deep.equal([format.pkcs1]);
    const symmetric = await caller.create(enumerated('KeyFormatType', format.transparentSymmetric));
    expect((await digests(caller, symmetric)).map(([keyFormat]) => keyFormat)).to.deep.equal([
      format.transparentSymmetric,
      format.raw,
    ]);
  });
});
