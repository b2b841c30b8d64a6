/**
 * Create Key Pair (KMIP 2.1 §6.1.9; 1.4 §4.2): every family and curve, both generations of attribute sets, and what is
 * refused.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { enumerationNumber, enumerationValue, enumerationValues, type EnumerationName } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { atRest } from '#protocol/versions';
import { callerOf, id, name, pairSet, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, enumerated, int, isOld, struct, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';

const named = (tag: TagName, enumeration: EnumerationName, label: string): Item =>
  enumerated(tag, enumerationNumber(enumeration, label) as number);
const algorithm = (label: string): Item => named('CryptographicAlgorithm', 'CryptographicAlgorithm', label);
const length = (bits: number): Item => int('CryptographicLength', bits);
const curve = (label: string): Item =>
  struct('CryptographicDomainParameters', named('RecommendedCurve', 'RecommendedCurve', label));
const qlength = (bits: number): Item => struct('CryptographicDomainParameters', int('Qlength', bits));
const asFormat = (label: string): Item => named('KeyFormatType', 'KeyFormatType', label);

/** All that KMIP has a word for; OpenSSL has every one of them. */
const curves = enumerationValues('RecommendedCurve', atRest).filter((label) => !label.startsWith('CURVE'));

/** What is asked for, and the Cryptographic Length that it has then. */
const pairs: readonly (readonly [what: string, attributes: readonly Item[], bits: number])[] = [
  ['RSA 2048', [algorithm('RSA'), length(2048)], 2048],
  ...curves.map((label) => {
    const bits = Number(/\d{3}/.exec(label)?.[0]);
    return [`ECDSA on ${label}`, [algorithm('ECDSA'), curve(label)], bits] as const;
  }),
  ['EC by its length alone', [algorithm('EC'), length(384)], 384],
  ['X25519', [algorithm('ECDH'), curve('CURVE25519')], 256],
  ['X448', [algorithm('ECDH'), curve('CURVE448')], 448],
  ['Ed25519', [algorithm('Ed25519')], 256],
  ['Ed448', [algorithm('Ed448')], 456],
  ['DSA 1024', [algorithm('DSA'), length(1024)], 1024],
  ['DH 2048', [algorithm('DH'), length(2048)], 2048],
];

describe('Create Key Pair', () => {
  let fixture: Fixture;
  let caller: (version: string) => Caller;

  beforeEach(async () => {
    fixture = await openFixture();
    caller = (version) => callerOf(fixture.handler, fixture.session(), version);
  });
  afterEach(() => fixture.close());

  async function made(here: Caller, ...sets: Item[]): Promise<[privateId: string, publicId: string]> {
    const payload = await here.call('CreateKeyPair', ...sets);
    return [
      value(payload, 'PrivateKeyUniqueIdentifier') as string,
      value(payload, 'PublicKeyUniqueIdentifier') as string,
    ];
  }

  const held = async (here: Caller, which: string): Promise<Item> =>
    struct('Attributes', ...(await here.attributes(which)));

  const derOf = async (
    here: Caller,
    which: string,
    half: 'PublicKey' | 'PrivateKey',
    format: string,
  ): Promise<Buffer> => {
    const payload = await here.call('Get', id(which), asFormat(format));
    return Buffer.from(value(payload, half, 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array);
  };

  for (const [what, attributes, bits] of pairs) {
    it(`makes ${what}, two halves that belong together`, async () => {
      const here = caller('2.1');
      const [privateId, publicId] = await made(here, pairSet('2.1', 'Common', ...attributes));
      for (const which of [privateId, publicId]) {
        expect(value(await held(here, which), 'CryptographicLength')).to.equal(bits);
      }
      const pkcs8 = await derOf(here, privateId, 'PrivateKey', 'PKCS_8');
      const spki = await derOf(here, publicId, 'PublicKey', 'X_509');
      const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
      const own = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
      expect(own.export({ type: 'spki', format: 'der' })).to.deep.equal(spki);
      expect(publicKey.equals(own)).to.equal(true);
    });
  }

  it('makes pairs in every version, linked both ways, each half with its own attributes', async () => {
    for (const version of versions) {
      const here = caller(version);
      const [privateId, publicId] = await made(
        here,
        pairSet(version, 'Common', algorithm('ECDSA'), curve('P_256')),
        pairSet(version, 'PrivateKey', name(`private of ${version}`), int('CryptographicUsageMask', 1)),
        pairSet(version, 'PublicKey', name(`public of ${version}`), int('CryptographicUsageMask', 2)),
      );
      expect(await here.locate(name(`private of ${version}`))).to.deep.equal([privateId]);
      expect(await here.locate(name(`public of ${version}`))).to.deep.equal([publicId]);
      for (const [which, type, other, mask] of [
        [privateId, 'PublicKeyLink', publicId, 1],
        [publicId, 'PrivateKeyLink', privateId, 2],
      ] as const) {
        const attributes = await here.attributes(which);
        const found = (tag: TagName, label: string): Item =>
          isOld(version)
            ? (at(
                attributes.find((each) => at(each, 'AttributeName')?.value === label) as Item,
                'AttributeValue',
              ) as Item)
            : (attributes.find((each) => each.tag === Tag[tag]) as Item);
        const link = found('Link', 'Link');
        expect(enumerationValue('LinkType', value(link, 'LinkType') as number)).to.equal(type);
        expect(value(link, 'LinkedObjectIdentifier')).to.equal(other);
        expect(found('CryptographicUsageMask', 'Cryptographic Usage Mask').value).to.equal(mask);
        expect(found('Digest', 'Digest').value).to.have.length.above(1);
      }
    }
  });

  it('gives the formats of the default table in 2.x, and those that others know in 1.x', async () => {
    const formats = async (version: string, ...attributes: Item[]): Promise<unknown[]> => {
      const here = caller(version);
      const [privateId, publicId] = await made(here, pairSet(version, 'Common', ...attributes));
      const of = async (which: string, half: 'PublicKey' | 'PrivateKey'): Promise<unknown> =>
        enumerationValue(
          'KeyFormatType',
          value(await here.call('Get', id(which)), half, 'KeyBlock', 'KeyFormatType') as number,
        );
      return [await of(privateId, 'PrivateKey'), await of(publicId, 'PublicKey')];
    };
    const ec = [algorithm('ECDSA'), curve('P_256')];
    const rsa = [algorithm('RSA'), length(1024)];
    expect(await formats('2.1', ...ec)).to.deep.equal(['TransparentECPrivateKey', 'TransparentECPublicKey']);
    expect(await formats('1.2', ...ec)).to.deep.equal(['ECPrivateKey', 'X_509']);
    expect(await formats('2.1', ...rsa)).to.deep.equal(['PKCS_1', 'PKCS_1']);
    expect(await formats('1.0', ...rsa)).to.deep.equal(['PKCS_1', 'PKCS_1']);
  });

  it('turns what a newer version made into what an older one can say', async () => {
    const [privateId, publicId] = await made(
      caller('2.1'),
      pairSet('2.1', 'Common', algorithm('ECDSA'), curve('P_256')),
    );
    const here = caller('1.0');
    expect(value(await here.call('Get', id(privateId)), 'PrivateKey', 'KeyBlock', 'KeyFormatType')).to.equal(6);
    expect(value(await here.call('Get', id(publicId)), 'PublicKey', 'KeyBlock', 'KeyFormatType')).to.equal(5);
  });

  it('makes the halves in the Key Format Types that a client of 2.x asks for', async () => {
    const here = caller('2.1');
    const [privateId, publicId] = await made(
      here,
      pairSet('2.1', 'Common', algorithm('RSA'), length(1024), asFormat('PKCS_8')),
      pairSet('2.1', 'PublicKey', asFormat('X_509')),
    );
    expect(value(await held(here, privateId), 'KeyFormatType')).to.equal(4);
    expect(value(await held(here, publicId), 'KeyFormatType')).to.equal(5);
    const refusal = await here.refused(
      'CreateKeyPair',
      pairSet('2.1', 'Common', algorithm('RSA'), length(1024), asFormat('ECPrivateKey')),
    );
    expect(refusal.reason).to.equal('InvalidAttributeValue');
  });

  it('sets the ID Placeholder to the private key', async () => {
    const [, answer] = await caller('2.1').send([
      item('CreateKeyPair', [pairSet('2.1', 'Common', algorithm('RSA'), length(1024))], '01'),
      item('GetAttributes', [enumerated('AttributeReference', Tag.ObjectType)], '02'),
    ]);
    expect(value(answer?.payload as Item, 'Attributes', 'ObjectType')).to.equal(4);
  });

  it('takes what Common says where a half says nothing else, and all values of multiple attributes', async () => {
    const here = caller('2.1');
    const groups = (label: string): Item => ({ tag: Tag.ObjectGroup, type: 7, value: label });
    const [privateId, publicId] = await made(
      here,
      pairSet('2.1', 'Common', algorithm('RSA'), length(1024), int('CryptographicUsageMask', 4), groups('both')),
      pairSet('2.1', 'PrivateKey', int('CryptographicUsageMask', 1), groups('one')),
    );
    const [ofPrivate, ofPublic] = [await held(here, privateId), await held(here, publicId)];
    expect([value(ofPrivate, 'CryptographicUsageMask'), value(ofPublic, 'CryptographicUsageMask')]).to.deep.equal([
      1, 4,
    ]);
    expect(all(ofPrivate, 'ObjectGroup').map((each) => each.value)).to.have.members(['one', 'both']);
    expect(all(ofPublic, 'ObjectGroup').map((each) => each.value)).to.deep.equal(['both']);
  });

  const refusals: readonly (readonly [what: string, reason: string, sets: readonly Item[]])[] = [
    ['no algorithm', 'InvalidAttribute', [pairSet('2.1', 'Common', length(2048))]],
    ['a symmetric algorithm', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('AES'), length(256))]],
    ['RSA of 512 bits', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('RSA'), length(512))]],
    ['RSA of a million bits', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('RSA'), length(1_000_000))]],
    ['RSA without a length', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('RSA'))]],
    ['EC without a curve', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('ECDSA'))]],
    [
      'a length of another curve',
      'InvalidAttributeValue',
      [pairSet('2.1', 'Common', algorithm('ECDSA'), length(384), curve('P_256'))],
    ],
    [
      'DSA of an odd size',
      'InvalidAttributeValue',
      [pairSet('2.1', 'Common', algorithm('DSA'), length(1024), qlength(256))],
    ],
    ['DH of an odd size', 'InvalidAttributeValue', [pairSet('2.1', 'Common', algorithm('DH'), length(1000))]],
    [
      'halves of different algorithms',
      'InvalidAttributeValue',
      [pairSet('2.1', 'PrivateKey', algorithm('RSA'), length(1024)), pairSet('2.1', 'PublicKey', algorithm('DSA'))],
    ],
    [
      'a place for the private key that the server has not',
      'PrivateProtectionStorageUnavailable',
      [
        pairSet('2.1', 'Common', algorithm('RSA'), length(1024)),
        struct('PrivateProtectionStorageMasks', int('ProtectionStorageMask', 2)),
      ],
    ],
  ];
  for (const [what, reason, sets] of refusals) {
    it(`refuses ${what}, and keeps nothing`, async () => {
      const here = caller('2.1');
      expect((await here.refused('CreateKeyPair', ...sets)).reason).to.equal(reason);
      expect(await here.locate()).to.deep.equal([]);
    });
  }
});
