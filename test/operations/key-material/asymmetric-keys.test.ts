/**
 * Forms of points, and what the server finds out about a key by itself. The formats have a test of their own:
 * every-key.
 */
import { expect } from 'chai';
import type { Half, KeyMaterial } from '#crypto/keys/asymmetric-key';
import { enumerationNumber } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { callerOf, type Caller } from '#test/clients/caller';
import { makeKey } from '#test/crypto/keys/keys-of-openssl';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, enumerated, int, struct, text, value } from '#test/fixtures/items';
import { keyBlock } from '#test/fixtures/key-blocks';

const numberOf = (
  enumeration: 'ObjectType' | 'KeyFormatType' | 'KeyCompressionType' | 'CryptographicAlgorithm',
  name: string,
) => enumerationNumber(enumeration, name) as number;

const materialItem = (material: KeyMaterial): Item =>
  material instanceof Uint8Array
    ? { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: material }
    : { tag: Tag.KeyMaterial, type: ItemType.Structure, value: material };
const materialOf = (item: Item): KeyMaterial => item.value as KeyMaterial;

/** The payload of Register; `more` goes into the Key Block. */
function registration(half: Half, format: string, material: KeyMaterial, ...more: Item[]): Item[] {
  const objectType = half === 'public' ? 'PublicKey' : 'PrivateKey';
  return [
    enumerated('ObjectType', numberOf('ObjectType', objectType)),
    struct('Attributes', int('CryptographicUsageMask', 3)),
    struct(objectType, keyBlock(numberOf('KeyFormatType', format), materialItem(material), ...more)),
  ];
}

describe('asymmetric keys', () => {
  let fixture: Fixture;
  let client: Caller;

  before(async () => {
    fixture = await openFixture();
    client = callerOf(fixture.handler, fixture.session(), '2.1');
  });
  after(() => fixture.close());

  async function fetched(id: string, ...more: Item[]): Promise<Item> {
    const payload = await client.call('Get', text('UniqueIdentifier', id), ...more);
    return (at(payload, 'PublicKey', 'KeyBlock') ?? at(payload, 'PrivateKey', 'KeyBlock')) as Item;
  }

  it('gives EC public keys in every form of their points', async () => {
    const forms = [
      ['P-256', 'ECPublicKeyTypeX9_62CompressedPrime', [2, 3], 33],
      ['P-256', 'ECPublicKeyTypeX9_62Hybrid', [6, 7], 65],
      ['P-256', 'ECPublicKeyTypeUncompressed', [4], 65],
      ['sect233k1', 'ECPublicKeyTypeX9_62CompressedChar2', [2, 3], 31],
    ] as const;
    for (const [curve, type, starts, length] of forms) {
      const { publicKey } = makeKey(`-algorithm EC -pkeyopt ec_paramgen_curve:${curve}`);
      const first = await client.call('Register', ...registration('public', 'X_509', publicKey));
      const compression = enumerated('KeyCompressionType', numberOf('KeyCompressionType', type));
      const transparent = enumerated('KeyFormatType', numberOf('KeyFormatType', 'TransparentECPublicKey'));
      const block = await fetched(value(first, 'UniqueIdentifier') as string, transparent, compression);
      expect(value(block, 'KeyCompressionType')).to.equal(compression.value);
      const point = value(block, 'KeyValue', 'KeyMaterial', 'QString') as Uint8Array;
      expect([starts as readonly number[], point.length]).to.satisfy(
        ([allowed, found]: [readonly number[], number]) => allowed.includes(point[0] as number) && found === length,
      );
      const again = await client.call(
        'Register',
        ...registration(
          'public',
          'TransparentECPublicKey',
          materialOf(at(block, 'KeyValue', 'KeyMaterial') as Item),
          compression,
        ),
      );
      const back = await fetched(value(again, 'UniqueIdentifier') as string, enumerated('KeyFormatType', 'X_509'));
      expect(value(back, 'KeyValue', 'KeyMaterial')).to.deep.equal(publicKey);
    }
  });

  it('refuses a compression for keys and curves that have none', async () => {
    const { publicKey } = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-256');
    const first = await client.call('Register', ...registration('public', 'X_509', publicKey));
    const id = text('UniqueIdentifier', value(first, 'UniqueIdentifier') as string);
    const answer = await client.refused(
      'Get',
      id,
      enumerated('KeyCompressionType', 'ECPublicKeyTypeX9_62CompressedChar2'),
    );
    expect(answer.reason).to.equal('KeyCompressionTypeNotSupported');
    const rsa = makeKey('-algorithm RSA -pkeyopt rsa_keygen_bits:1024');
    const second = await client.call('Register', ...registration('public', 'X_509', rsa.publicKey));
    const other = text('UniqueIdentifier', value(second, 'UniqueIdentifier') as string);
    expect(
      (await client.refused('Get', other, enumerated('KeyCompressionType', 'ECPublicKeyTypeX9_62CompressedPrime')))
        .reason,
    ).to.equal('KeyCompressionTypeNotSupported');
    expect((await client.refused('Get', other, enumerated('KeyFormatType', 0x80000001))).reason).to.equal(
      'KeyFormatTypeNotSupported',
    );
  });

  it('finds out algorithm, length, curve and digest by itself', async () => {
    const { privateKey } = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-384');
    const first = await client.call('Register', ...registration('private', 'PKCS_8', privateKey));
    const held = await client.attributes(value(first, 'UniqueIdentifier') as string);
    const named = (tag: 'CryptographicLength' | 'CryptographicAlgorithm' | 'KeyFormatType' | 'Digest'): Item =>
      all(struct('Attributes', ...held), tag)[0] as Item;
    expect(named('CryptographicLength').value).to.equal(384);
    expect(named('CryptographicAlgorithm').value).to.equal(numberOf('CryptographicAlgorithm', 'EC'));
    expect(named('KeyFormatType').value).to.equal(4);
    expect(value(named('Digest'), 'KeyFormatType')).to.equal(4);
    expect(value(struct('Attributes', ...held), 'CryptographicDomainParameters', 'RecommendedCurve')).to.equal(0x0a);
  });
});
