/** Every kind of asymmetric key, made by OpenSSL: Registered, fetched in every other format, and read back by OpenSSL as the same key. */
import { expect } from 'chai';
import { formatsOf, lengthOf, readKey, writeKey } from '#crypto/key-formats';
import type { AsymmetricKey, Half, KeyMaterial } from '#crypto/asymmetric-key';
import { enumerationHas, enumerationNumber } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { V1_4, V2_1 } from '#protocol/versions';
import { ItemType, type Item } from '#ttlv/item';
import { callerOf, type Caller } from '#test/clients/caller';
import { makeKey, makeKeyOfGroup, readBackPrivate, readBackPublic, type MadeKey } from '#test/crypto/keys-of-openssl';
import { openFixture, type Fixture } from '#test/server/fixture';
import { all, at, attribute, enumerated, int, struct, text, value } from '#test/server/items';

const curves = [
  ...['prime192v1', 'secp224r1', 'P-256', 'P-384', 'P-521', 'secp256k1', 'secp160r1', 'prime239v1'],
  ...['sect163k1', 'sect163r2', 'sect233k1', 'sect233r1', 'sect283k1', 'sect283r1', 'sect409k1', 'sect409r1'],
  ...['sect571k1', 'sect571r1', 'c2pnb176v1', 'c2tnb431r1', 'secp112r2'],
  ...['brainpoolP160r1', 'brainpoolP224t1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'],
];

const kinds: readonly (readonly [name: string, algorithm: string, make: () => MadeKey])[] = [
  ...[1024, 2048, 4096].map(
    (bits) => [`RSA ${bits}`, 'RSA', () => makeKey(`-algorithm RSA -pkeyopt rsa_keygen_bits:${bits}`)] as const,
  ),
  ...curves.map((curve) => [curve, 'EC', () => makeKey(`-algorithm EC -pkeyopt ec_paramgen_curve:${curve}`)] as const),
  ['X25519', 'ECDH', () => makeKey('-algorithm X25519')],
  ['X448', 'ECDH', () => makeKey('-algorithm X448')],
  ['Ed25519', 'Ed25519', () => makeKey('-algorithm ED25519')],
  ['Ed448', 'Ed448', () => makeKey('-algorithm ED448')],
  [
    'DSA',
    'DSA',
    () => makeKeyOfGroup('-algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -pkeyopt dsa_paramgen_q_bits:160'),
  ],
  ['DH of RFC 3526', 'DH', () => makeKey('-algorithm DH -pkeyopt group:modp_2048')],
  ['DH of RFC 5114, with a subgroup', 'DH', () => makeKey('-algorithm DH -pkeyopt dh_rfc5114:2')],
];

const halves = [
  ['public', 'PublicKey', 'X_509'],
  ['private', 'PrivateKey', 'PKCS_8'],
] as const;

const numberOf = (
  enumeration: 'ObjectType' | 'KeyFormatType' | 'KeyCompressionType' | 'CryptographicAlgorithm',
  name: string,
) => enumerationNumber(enumeration, name) as number;

const materialItem = (material: KeyMaterial): Item =>
  material instanceof Uint8Array
    ? { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: material }
    : { tag: Tag.KeyMaterial, type: ItemType.Structure, value: material };
const materialOf = (item: Item): KeyMaterial => item.value as KeyMaterial;

describe('asymmetric keys', () => {
  let fixture: Fixture;
  let clients: { readonly [version: string]: Caller };

  before(async () => {
    fixture = await openFixture();
    const caller = (version: string): Caller => callerOf(fixture.handler, fixture.session(), version);
    clients = { '1.4': caller('1.4'), '2.1': caller('2.1') };
  });
  after(() => fixture.close());

  const versions = { '1.4': V1_4, '2.1': V2_1 } as const;
  type Said = keyof typeof versions;

  /** The attributes that go with the key, and the object. */
  function registration(
    version: Said,
    half: Half,
    format: string,
    material: KeyMaterial,
    more: Item[],
    domain?: Item,
  ): Item[] {
    const objectType = half === 'public' ? 'PublicKey' : 'PrivateKey';
    const mask = int('CryptographicUsageMask', 3);
    const attributes =
      version === '1.4'
        ? struct(
            'TemplateAttribute',
            attribute('Cryptographic Usage Mask', mask),
            ...(domain === undefined ? [] : [attribute('Cryptographic Domain Parameters', domain)]),
          )
        : struct('Attributes', mask, ...(domain === undefined ? [] : [domain]));
    return [
      enumerated('ObjectType', numberOf('ObjectType', objectType)),
      attributes,
      struct(
        objectType,
        struct(
          'KeyBlock',
          enumerated('KeyFormatType', numberOf('KeyFormatType', format)),
          struct('KeyValue', materialItem(material)),
          ...more,
        ),
      ),
    ];
  }

  const saidOf = (version: Said, algorithm: string, bits: number): Item[] =>
    enumerationHas('CryptographicAlgorithm', algorithm, versions[version])
      ? [
          enumerated('CryptographicAlgorithm', numberOf('CryptographicAlgorithm', algorithm)),
          int('CryptographicLength', bits),
        ]
      : [];

  async function fetched(version: Said, id: string, ...more: Item[]): Promise<Item> {
    const payload = await clients[version]!.call('Get', text('UniqueIdentifier', id), ...more);
    return (at(payload, 'PublicKey', 'KeyBlock') ?? at(payload, 'PrivateKey', 'KeyBlock')) as Item;
  }

  for (const [name, algorithm, make] of kinds) {
    it(`gives ${name} in every format, and takes it back`, async () => {
      const made = make();
      for (const [half, , container] of halves) {
        const der = half === 'public' ? made.publicKey : made.privateKey;
        const key: AsymmetricKey = readKey(half, container, der, V2_1);
        let formats = 0;
        for (const version of ['1.4', '2.1'] as const) {
          const said = saidOf(version, algorithm, lengthOf(key));
          const first = await clients[version]!.call('Register', ...registration(version, half, container, der, said));
          const id = value(first, 'UniqueIdentifier') as string;
          for (const format of formatsOf(half)) {
            const written = writeKey(key, format, versions[version]);
            if (written === undefined) continue;
            formats++;
            const block = await fetched(version, id, enumerated('KeyFormatType', numberOf('KeyFormatType', format)));
            expect(value(block, 'KeyFormatType'), format).to.equal(numberOf('KeyFormatType', format));
            const material = materialOf(at(block, 'KeyValue', 'KeyMaterial') as Item);
            // Registered in that format it is the same key, byte for byte.
            const domain =
              format === 'Raw' && key.family === 'EC'
                ? struct(
                    'CryptographicDomainParameters',
                    enumerated('RecommendedCurve', enumerationNumber('RecommendedCurve', key.curve.name) as number),
                  )
                : undefined;
            if (
              domain !== undefined &&
              !enumerationHas('RecommendedCurve', key.family === 'EC' ? key.curve.name : '', versions[version])
            )
              continue;
            const again = await clients[version]!.call(
              'Register',
              ...registration(version, half, format, material, said, domain),
            );
            const asContainer = await fetched(
              version,
              value(again, 'UniqueIdentifier') as string,
              enumerated('KeyFormatType', numberOf('KeyFormatType', container)),
            );
            const bytes = materialOf(at(asContainer, 'KeyValue', 'KeyMaterial') as Item) as Uint8Array;
            expect(Buffer.from(bytes).toString('hex'), `${half} ${format} ${version}`).to.equal(der.toString('hex'));
          }
        }
        expect(formats, `formats of the ${half} half`).to.be.at.least(4);
      }
    });
  }

  it('writes PKCS#1 and ECPrivateKey that OpenSSL reads as the same key', () => {
    const rsa = makeKey('-algorithm RSA -pkeyopt rsa_keygen_bits:2048');
    const ec = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:sect283k1');
    const turned = (half: Half, from: string, to: string, der: Buffer): Uint8Array =>
      writeKey(readKey(half, from, der, V2_1), to, V2_1) as Uint8Array;
    expect(readBackPublic('pkcs1', turned('public', 'X_509', 'PKCS_1', rsa.publicKey))).to.deep.equal(rsa.publicKey);
    expect(readBackPrivate(turned('private', 'PKCS_8', 'PKCS_1', rsa.privateKey))).to.deep.equal(rsa.privateKey);
    expect(readBackPrivate(turned('private', 'PKCS_8', 'ECPrivateKey', ec.privateKey))).to.deep.equal(ec.privateKey);
  });

  it('gives EC public keys in every form of their points', async () => {
    const forms = [
      ['P-256', 'ECPublicKeyTypeX9_62CompressedPrime', [2, 3], 33],
      ['P-256', 'ECPublicKeyTypeX9_62Hybrid', [6, 7], 65],
      ['P-256', 'ECPublicKeyTypeUncompressed', [4], 65],
      ['sect233k1', 'ECPublicKeyTypeX9_62CompressedChar2', [2, 3], 31],
    ] as const;
    for (const [curve, type, starts, length] of forms) {
      const { publicKey } = makeKey(`-algorithm EC -pkeyopt ec_paramgen_curve:${curve}`);
      const first = await clients['2.1']!.call('Register', ...registration('2.1', 'public', 'X_509', publicKey, []));
      const compression = enumerated('KeyCompressionType', numberOf('KeyCompressionType', type));
      const transparent = enumerated('KeyFormatType', numberOf('KeyFormatType', 'TransparentECPublicKey'));
      const block = await fetched('2.1', value(first, 'UniqueIdentifier') as string, transparent, compression);
      expect(value(block, 'KeyCompressionType')).to.equal(compression.value);
      const point = value(block, 'KeyValue', 'KeyMaterial', 'QString') as Uint8Array;
      expect([starts as readonly number[], point.length]).to.satisfy(
        ([allowed, found]: [readonly number[], number]) => allowed.includes(point[0] as number) && found === length,
      );
      const again = await clients['2.1']!.call(
        'Register',
        ...registration(
          '2.1',
          'public',
          'TransparentECPublicKey',
          materialOf(at(block, 'KeyValue', 'KeyMaterial') as Item),
          [compression],
        ),
      );
      const back = await fetched('2.1', value(again, 'UniqueIdentifier') as string, enumerated('KeyFormatType', 5));
      expect(value(back, 'KeyValue', 'KeyMaterial')).to.deep.equal(publicKey);
    }
  });

  it('refuses a compression for keys and curves that have none', async () => {
    const { publicKey } = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-256');
    const first = await clients['2.1']!.call('Register', ...registration('2.1', 'public', 'X_509', publicKey, []));
    const id = text('UniqueIdentifier', value(first, 'UniqueIdentifier') as string);
    const answer = await clients['2.1']!.refused('Get', id, enumerated('KeyCompressionType', 3));
    expect(answer.reason).to.equal('KeyCompressionTypeNotSupported');
    const rsa = makeKey('-algorithm RSA -pkeyopt rsa_keygen_bits:1024');
    const second = await clients['2.1']!.call('Register', ...registration('2.1', 'public', 'X_509', rsa.publicKey, []));
    const other = text('UniqueIdentifier', value(second, 'UniqueIdentifier') as string);
    expect((await clients['2.1']!.refused('Get', other, enumerated('KeyCompressionType', 2))).reason).to.equal(
      'KeyCompressionTypeNotSupported',
    );
    expect((await clients['2.1']!.refused('Get', other, enumerated('KeyFormatType', 0x80000001))).reason).to.equal(
      'KeyFormatTypeNotSupported',
    );
  });

  it('finds out algorithm, length, curve and digest by itself', async () => {
    const { privateKey } = makeKey('-algorithm EC -pkeyopt ec_paramgen_curve:P-384');
    const first = await clients['2.1']!.call('Register', ...registration('2.1', 'private', 'PKCS_8', privateKey, []));
    const held = await clients['2.1']!.attributes(value(first, 'UniqueIdentifier') as string);
    const named = (tag: 'CryptographicLength' | 'CryptographicAlgorithm' | 'KeyFormatType' | 'Digest'): Item =>
      all(struct('Attributes', ...held), tag)[0] as Item;
    expect(named('CryptographicLength').value).to.equal(384);
    expect(named('CryptographicAlgorithm').value).to.equal(numberOf('CryptographicAlgorithm', 'EC'));
    expect(named('KeyFormatType').value).to.equal(4);
    expect(value(named('Digest'), 'KeyFormatType')).to.equal(4);
    expect(value(struct('Attributes', ...held), 'CryptographicDomainParameters', 'RecommendedCurve')).to.equal(0x0a);
  });
});
