/**
 * Re-key Key Pair (KMIP 2.1 §6.1.47; 1.4 §4.5): half by half what Re-key does, and the links between the new halves.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { Attributes } from '#objects/attributes/attributes';
import { enumerationNumber } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { callerOf, given, id, name, pairSet, serverForEach, type Caller } from '#test/clients/caller';
import { date, enumerated, int, isOld, struct, text, value, versions, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { attributesKept, nowOf } from './kept.ts';
import { keyBlock } from '#test/fixtures/key-blocks';

type Pair = readonly [privateId: string, publicId: string];

const day = 24 * 3600;
const offsetOf = (seconds: number): Item => ({ tag: Tag.Offset, type: ItemType.Interval, value: seconds });
const curve = (label: string): Item =>
  struct(
    'CryptographicDomainParameters',
    enumerated('RecommendedCurve', enumerationNumber('RecommendedCurve', label) as number),
  );
const algorithm = (label: string): Item =>
  enumerated('CryptographicAlgorithm', enumerationNumber('CryptographicAlgorithm', label) as number);
const [p256, p384, curve25519] = [curve('P_256'), curve('P_384'), curve('CURVE25519')];
const ecdsa = algorithm('ECDSA');
const rsa = [algorithm('RSA'), int('CryptographicLength', 1024)];

const pairIn = (payload: Item): Pair => [
  value(payload, 'PrivateKeyUniqueIdentifier') as string,
  value(payload, 'PublicKeyUniqueIdentifier') as string,
];

describe('Re-key Key Pair', () => {
  const server = serverForEach();
  const { caller } = server;
  const now = (): number => nowOf(server.fixture);
  const kept = async (which: string): Promise<Attributes> =>
    (await attributesKept(server.fixture, which)) as Attributes;
  const keptBoth = async ([privateId, publicId]: Pair) => [await kept(privateId), await kept(publicId)] as const;
  const made = async (here: Caller, ...sets: Item[]): Promise<Pair> =>
    pairIn(await here.call('CreateKeyPair', ...sets));
  const reKey = async (here: Caller, [privateId]: Pair, ...more: Item[]): Promise<Pair> =>
    pairIn(await here.call('ReKeyKeyPair', text('PrivateKeyUniqueIdentifier', privateId), ...more));
  const reasonOf = async (here: Caller, privateId: string, ...more: Item[]) =>
    (await here.refused('ReKeyKeyPair', text('PrivateKeyUniqueIdentifier', privateId), ...more)).reason;

  async function belongTogether(here: Caller, [privateId, publicId]: Pair): Promise<boolean> {
    const der = async (which: string, half: 'PrivateKey' | 'PublicKey', format: number): Promise<Buffer> => {
      const payload = await here.call('Get', id(which), enumerated('KeyFormatType', format));
      return Buffer.from(value(payload, half, 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array);
    };
    const privateKey = createPrivateKey({ key: await der(privateId, 'PrivateKey', 4), format: 'der', type: 'pkcs8' });
    const publicKey = createPublicKey({ key: await der(publicId, 'PublicKey', 5), format: 'der', type: 'spki' });
    return createPublicKey(privateKey).equals(publicKey);
  }

  for (const version of versions.filter((each) => each !== '1.0')) {
    it(`makes a new pair like the existing one, linked every way, in ${version}`, async () => {
      const here = caller(version);
      const existing = await made(
        here,
        pairSet(version, 'Common', ecdsa, p256, text('ObjectGroup', 'a')),
        pairSet(version, 'PrivateKey', name('private'), int('CryptographicUsageMask', 1)),
        pairSet(version, 'PublicKey', name('public'), int('CryptographicUsageMask', 2)),
      );
      for (const half of existing) await here.call('Activate', id(half));
      const before = await keptBoth(existing);
      server.fixture.clock.now += day * 1000;
      const latest = await reKey(here, existing);
      const [old, renewed] = [await keptBoth(existing), await keptBoth(latest)];

      expect(await belongTogether(here, latest)).to.equal(true);
      for (const half of [0, 1] as const) {
        for (const key of [
          ...(['cryptographicAlgorithm', 'cryptographicLength', 'cryptographicDomainParameters', 'name'] as const),
          ...(['cryptographicUsageMask', 'objectGroup', 'activationDate', 'state', 'keyFormatType'] as const),
        ]) {
          expect(renewed[half][key], key).to.deep.equal(before[half][key]);
        }
        expect(renewed[half].digest).to.not.deep.equal(old[half].digest);
        expect([renewed[half].initialDate, renewed[half].originalCreationDate]).to.deep.equal([now(), now()]);
        expect([old[half].state, old[half].name]).to.deep.equal(['Active', undefined]);
        const other = half === 0 ? 1 : 0;
        const toOther = half === 0 ? 'PublicKeyLink' : 'PrivateKeyLink';
        expect(renewed[half].link).to.have.deep.members([
          { linkType: toOther, linkedObjectIdentifier: latest[other] },
          { linkType: 'ReplacedObjectLink', linkedObjectIdentifier: existing[half] },
        ]);
        expect(old[half].link).to.have.deep.members([
          { linkType: toOther, linkedObjectIdentifier: existing[other] },
          { linkType: 'ReplacementObjectLink', linkedObjectIdentifier: latest[half] },
        ]);
      }
    });

    it(`lets an Offset move the dates in ${version}`, async () => {
      const here = caller(version);
      const start = now() - 10 * day;
      const dates = [date('ActivationDate', start), date('DeactivationDate', start + 3 * day)];
      const existing = await made(here, pairSet(version, 'Common', ...rsa, ...dates));
      for (const { activationDate, deactivationDate, state } of await keptBoth(
        await reKey(here, existing, offsetOf(day)),
      )) {
        expect([activationDate, deactivationDate, state]).to.deep.equal([now() + day, now() + 4 * day, 'PreActive']);
      }
      const dated = (whose: 'Common' | 'PrivateKey' | 'PublicKey') =>
        reasonOf(here, existing[0], offsetOf(day), pairSet(version, whose, date('ActivationDate', now())));
      expect([await dated('Common'), await dated('PrivateKey'), await dated('PublicKey')]).to.deep.equal(
        Array(3).fill('InvalidMessage'),
      );
      const undated = await made(here, pairSet(version, 'Common', ...rsa, date('DeactivationDate', now() + day)));
      expect(await reasonOf(here, undated[0], offsetOf(1))).to.equal(
        isOld(version) ? 'IllegalOperation' : 'InvalidField',
      );
    });

    it(`prefers what the request says, of both halves or of one, in ${version}`, async () => {
      const here = caller(version);
      const existing = await made(here, pairSet(version, 'Common', ecdsa, p256, text('ObjectGroup', 'a')));
      const latest = await reKey(
        here,
        existing,
        pairSet(version, 'Common', p384, text('ObjectGroup', 'b')),
        pairSet(version, 'PrivateKey', name('private'), int('CryptographicUsageMask', 1)),
        pairSet(version, 'PublicKey', int('CryptographicUsageMask', 2)),
      );
      expect(await belongTogether(here, latest)).to.equal(true);
      const [ofPrivate, ofPublic] = await keptBoth(latest);
      expect([ofPrivate.cryptographicLength, ofPublic.cryptographicLength]).to.deep.equal([384, 384]);
      expect([ofPrivate.objectGroup, ofPublic.objectGroup]).to.deep.equal([['b'], ['b']]);
      expect([ofPrivate.cryptographicUsageMask, ofPublic.cryptographicUsageMask]).to.deep.equal([1, 2]);
      expect([ofPrivate.name?.length, ofPublic.name]).to.deep.equal([1, undefined]);
    });

    it(`refuses in ${version} what is no pair that can be replaced, with nothing changed`, async () => {
      const here = caller(version);
      const old = isOld(version);
      const existing = await made(
        here,
        pairSet(version, 'Common', ...rsa),
        pairSet(version, 'PrivateKey', name('private')),
      );
      const before = await here.locate();
      expect(await reasonOf(here, 'no-such-key')).to.equal(old ? 'ItemNotFound' : 'ObjectNotFound');
      expect(await reasonOf(here, existing[1])).to.equal(old ? 'PermissionDenied' : 'InvalidObjectType');
      expect(await reasonOf(here, existing[0], pairSet(version, 'Common', int('CryptographicLength', 100)))).to.equal(
        old ? 'InvalidField' : 'InvalidAttributeValue',
      );
      const { fixture } = server;
      const foreign = callerOf(fixture.handler, fixture.session('client-2'), version);
      expect(await reasonOf(foreign, existing[0])).to.equal(old ? 'ItemNotFound' : 'ObjectNotFound');
      expect(await here.locate(name('private'))).to.deep.equal([existing[0]]);
      expect(await here.locate()).to.deep.equal(before);
      await here.call('Destroy', id(existing[1]));
      expect(await reasonOf(here, existing[0])).to.equal(old ? 'PermissionDenied' : 'ObjectDestroyed');
    });
  }

  it('makes pairs of every family again', async () => {
    const here = caller('2.1');
    for (const asked of [
      rsa,
      [algorithm('DSA'), int('CryptographicLength', 1024)],
      [algorithm('DH'), int('CryptographicLength', 2048)],
      [algorithm('Ed25519')],
      [algorithm('ECDH'), curve25519],
    ]) {
      const existing = await made(here, pairSet('2.1', 'Common', ...asked));
      expect(await belongTogether(here, await reKey(here, existing))).to.equal(true);
    }
  });

  it('makes a pair of the same use where the algorithm EC leaves it open', async () => {
    const here = caller('2.1');
    const registered = async (half: 'PrivateKey' | 'PublicKey', type: number, format: number, der: Buffer) =>
      value(
        await here.call(
          'Register',
          enumerated('ObjectType', type),
          given('2.1', int('CryptographicUsageMask', 1)),
          struct(
            half,
            keyBlock(
              format,
              { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der },
              algorithm('EC'),
              int('CryptographicLength', 256),
            ),
          ),
        ),
        'UniqueIdentifier',
      ) as string;
    for (const pair of [generateKeyPairSync('ed25519'), generateKeyPairSync('x25519')]) {
      const privateDer = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
      const existing: Pair = [
        await registered('PrivateKey', 4, 4, privateDer),
        await registered('PublicKey', 3, 5, pair.publicKey.export({ format: 'der', type: 'spki' })),
      ];
      const link = struct('Link', enumerated('LinkType', 'PublicKeyLink'), text('LinkedObjectIdentifier', existing[1]));
      await here.call('AddAttribute', id(existing[0]), struct('NewAttribute', link));
      const [renewed] = await reKey(here, existing);
      const got = await here.call('Get', id(renewed), enumerated('KeyFormatType', 'PKCS_8'));
      const der = value(got, 'PrivateKey', 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array;
      // All but the 32 bytes of the key itself says which kind it is.
      expect(Buffer.from(der).subarray(0, -32)).to.deep.equal(privateDer.subarray(0, -32));
    }
  });

  it('takes other lengths for curves, whatever the existing curve', async () => {
    const here = caller('2.1');
    const existing = await made(here, pairSet('2.1', 'Common', ecdsa, p256));
    const latest = await reKey(here, existing, pairSet('2.1', 'Common', int('CryptographicLength', 384)));
    expect((await kept(latest[0])).cryptographicDomainParameters).to.deep.equal({ recommendedCurve: 'P_384' });
  });

  it('lets each half keep Cryptographic Parameters of its own', async () => {
    const here = caller('2.1');
    const existing = await made(here, pairSet('2.1', 'Common', ...rsa));
    const parameters = struct('CryptographicParameters', enumerated('HashingAlgorithm', 'SHA_256'));
    await here.call('AddAttribute', id(existing[1]), struct('NewAttribute', parameters));
    const [ofPrivate, ofPublic] = await keptBoth(await reKey(here, existing));
    expect([ofPrivate.cryptographicParameters, ofPublic.cryptographicParameters?.length]).to.deep.equal([undefined, 1]);
  });

  it('does not call the new public key certified', async () => {
    const here = caller('2.1');
    const existing = await made(here, pairSet('2.1', 'Common', ...rsa));
    const link = struct(
      'Link',
      enumerated('LinkType', 'CertificateLink'),
      text('LinkedObjectIdentifier', 'a certificate'),
    );
    await here.call('AddAttribute', id(existing[1]), struct('NewAttribute', link));
    const [, ofPublic] = await keptBoth(await reKey(here, existing));
    expect(ofPublic.link?.map(({ linkType }) => linkType)).to.have.members(['PrivateKeyLink', 'ReplacedObjectLink']);
  });

  it('keeps the Key Format Types, or makes those that a client of 2.x asks for', async () => {
    const here = caller('2.1');
    const existing = await made(
      here,
      pairSet('2.1', 'Common', ...rsa, enumerated('KeyFormatType', 'PKCS_8')),
      pairSet('2.1', 'PublicKey', enumerated('KeyFormatType', 'X_509')),
    );
    const formatsOf = async (pair: Pair) => (await keptBoth(pair)).map(({ keyFormatType }) => keyFormatType);
    expect(await formatsOf(await reKey(here, existing))).to.deep.equal(['PKCS_8', 'X_509']);
    const asked = pairSet('2.1', 'Common', enumerated('KeyFormatType', 'PKCS_1'));
    expect(await formatsOf(await reKey(here, existing, asked))).to.deep.equal(['PKCS_1', 'PKCS_1']);
  });

  it('sets the ID Placeholder to the new private key, and takes it when none is named', async () => {
    const here = caller('1.4');
    const [, second, got] = await here.send([
      item('CreateKeyPair', [pairSet('1.4', 'Common', ...rsa)], '01'),
      item('ReKeyKeyPair', [], '02'),
      item('Get', [], '03'),
    ]);
    expect([second?.status, got?.status]).to.deep.equal(['Success', 'Success']);
    expect(value(got?.payload as Item, 'UniqueIdentifier')).to.equal(pairIn(second?.payload as Item)[0]);
  });

  it('refuses a private key without a Link, and places that the server has not', async () => {
    const here = caller('2.1');
    const existing = await made(here, pairSet('2.1', 'Common', ...rsa));
    await here.call('DeleteAttribute', id(existing[0]), enumerated('AttributeReference', Tag.Link));
    expect(await reasonOf(here, existing[0])).to.equal('PermissionDenied');
    for (const [masks, reason] of [
      ['PrivateProtectionStorageMasks', 'PrivateProtectionStorageUnavailable'],
      ['PublicProtectionStorageMasks', 'PublicProtectionStorageUnavailable'],
    ] as const) {
      expect(await reasonOf(here, existing[0], struct(masks, int('ProtectionStorageMask', 2)))).to.equal(reason);
    }
  });
});
