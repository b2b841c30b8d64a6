/** What is split, whose parts are joined, and what guards them (KMIP 2.1 §2.8, §13.1). */
import { generateKeyPairSync } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { ManagedObject } from '#objects/managed-object';
import { Tag } from '#protocol/tags';
import { objectKind } from '#repository/object-record';
import { longestPause, pauseOf } from '#test/attacks/pauses';
import { given, id, pairSet, serverForEach } from '#test/clients/caller';
import { bool, bytes, struct, text, value } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import {
  named,
  algorithm,
  length,
  mask,
  type,
  methods,
  splitPayload,
  split,
  join,
  refusedJoin,
  blockOf,
  materialOf,
  digestOf,
  register,
  block,
  key,
  part,
} from './splitting.ts';

describe('the parts of a key', () => {
  const server = serverForEach();

  it('reads parts over GF(2^8) by the polynomial of the version they came in, whichever joins them', async () => {
    // Parts of other implementations: see test/crypto/sharing/secret-sharing.test.ts.
    const sets = {
      '1.4': [
        'd651d744a692660fb6c0c4b984780e68b2',
        'ca26496ee1e1e621c7631d4737f1b24729',
        '4b1311e3be7a80207c6affedac0d67e60a',
      ].map((hex) => ({ identifier: parseInt(hex.slice(-2), 16), hex: hex.slice(0, -2), parts: 200 })),
      '2.1': [
        'c7aac15803bc17507d3e3e6a12d80abf',
        'de22eebeb2e625a16b7e06f94c432821',
        '19892de5b55f34f61e49329852962c91',
      ].map((hex, place) => ({ identifier: place + 1, hex })),
    };
    for (const [version, set] of Object.entries(sets)) {
      const parts: string[] = [];
      for (const each of set) parts.push(await part(server.caller(version), each));
      for (const joining of ['1.4', '2.1']) {
        const here = server.caller(joining);
        const secret = await materialOf(here, await join(here, 'SymmetricKey', parts));
        expect(secret, `${version}, joined in ${joining}`).to.equal('000102030405060708090a0b0c0d0e0f');
      }
    }
  });

  it('does not mix parts of both polynomials', async () => {
    const [old, now] = [server.caller('1.4'), server.caller('2.1')];
    const parts = [
      await part(old, { identifier: 1, hex: '00'.repeat(16) }),
      await part(now, { identifier: 2, hex: '00'.repeat(16) }),
      await part(now, { identifier: 3, hex: '00'.repeat(16) }),
    ];
    expect(await refusedJoin(now, parts)).to.equal('BadCryptographicParameters');
    const ofLength = [
      await part(now, { identifier: 4, hex: '00'.repeat(16) }),
      await part(now, { identifier: 5, hex: '00'.repeat(8) }),
    ];
    expect(await refusedJoin(now, [...parts.slice(1), ...ofLength])).to.equal('BadCryptographicParameters');
  });

  it('keeps at rest what no version says: which parts belong together, and how they are read', async () => {
    const here = server.caller('1.4');
    const parts = await split(here, 'PolynomialSharingGF2_16', { attributes: [algorithm('AES'), length(128)] });
    for (const which of parts) {
      const held = await server.fixture.store.get(objectKind, which);
      const { structure } = objectKind.decode(objectKind.encode(held?.value as ManagedObject));
      expect(structure).to.include({ splitOf: parts[0], polynomial: 0x11b });
    }
  });

  it('finds by a part too many that one is of another key', async () => {
    const here = server.caller('2.1');
    const shares = [
      'c7aac15803bc17507d3e3e6a12d80abf',
      'de22eebeb2e625a16b7e06f94c432821',
      '19892de5b55f34f61e49329852962c91',
      '00'.repeat(16),
    ];
    const parts: string[] = [];
    for (const [place, hex] of shares.entries()) parts.push(await part(here, { identifier: place + 1, hex }));
    expect(await refusedJoin(here, parts)).to.equal('CryptographicFailure');
  });

  it('joins keys that begin with zeros or have an odd number of bytes', async () => {
    const here = server.caller('2.1');
    for (const method of methods) {
      for (const [hex, of] of [
        ['00'.repeat(15) + '01', 'AES'],
        ['00'.repeat(16), 'AES'],
        ['000102', 'HMAC_SHA256'],
        ['010200', 'HMAC_SHA256'],
      ] as const) {
        const parts = await split(here, method, { of: await key(here, hex, of) });
        expect(await materialOf(here, await join(here, 'SymmetricKey', parts)), `${method} ${hex}`).to.equal(hex);
      }
    }
  });

  it('splits Secret Data, with and without a length of its own', async () => {
    const here = server.caller('1.3');
    for (const method of methods) {
      for (const hex of ['70617373776f7264', '00ff00', '0000000000']) {
        const secret = await register(
          here,
          'SecretData',
          struct('SecretData', named('SecretDataType', 'Password'), block('Opaque', bytes('KeyMaterial', hex))),
        );
        const parts = await split(here, method, { of: secret, as: 'SecretData' });
        const joined = await join(here, 'SecretData', parts, named('SecretDataType', 'Password'));
        expect(await materialOf(here, joined), `${method} ${hex}`).to.equal(hex);
        expect(value(await here.call('Get', id(joined)), 'SecretData', 'SecretDataType')).to.equal(1);
      }
    }
  });

  it('splits private keys in every format, and finds out which it was', async () => {
    const here = server.caller('2.1');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    const ed = generateKeyPairSync('ed25519').privateKey;
    const privateKey = (format: string, der: Buffer): Promise<string> =>
      register(
        here,
        'PrivateKey',
        struct('PrivateKey', block(format, { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der })),
      );
    const originals = [
      await privateKey('PKCS_1', rsa.export({ format: 'der', type: 'pkcs1' })),
      await privateKey('PKCS_8', rsa.export({ format: 'der', type: 'pkcs8' })),
      await privateKey('ECPrivateKey', ec.export({ format: 'der', type: 'sec1' })),
      await privateKey('PKCS_8', ed.export({ format: 'der', type: 'pkcs8' })),
    ];
    for (const original of originals) {
      for (const method of methods) {
        const parts = await split(here, method, { of: original, parts: 3, threshold: method === 'XOR' ? 3 : 2 });
        const joined = await join(here, 'PrivateKey', method === 'XOR' ? parts : parts.slice(1));
        expect(await materialOf(here, joined), method).to.equal(await materialOf(here, original));
        expect(value(await blockOf(here, joined), 'KeyFormatType')).to.equal(
          value(await blockOf(here, original), 'KeyFormatType'),
        );
        expect(await digestOf(here, joined)).to.deep.equal(await digestOf(here, original));
      }
    }
  });

  it('splits a private key that is kept as numbers, which joins in the format that is asked for', async () => {
    const here = server.caller('2.1');
    const made = await here.call(
      'CreateKeyPair',
      pairSet(
        '2.1',
        'Common',
        algorithm('ECDSA'),
        struct('CryptographicDomainParameters', named('RecommendedCurve', 'P_256')),
      ),
    );
    const original = value(made, 'PrivateKeyUniqueIdentifier') as string;
    const parts = await split(here, 'PolynomialSharingGF2_16', { of: original });
    const format = named('KeyFormatType', 'TransparentECPrivateKey');
    const joined = await join(here, 'PrivateKey', parts, given('2.1', format));
    expect(await digestOf(here, joined)).to.deep.equal(await digestOf(here, original));
    expect((await blockOf(here, joined)).value).to.deep.equal((await blockOf(here, original)).value);
  });

  it('gives parts the attributes of the key, whatever the request says', async () => {
    const here = server.caller('2.1');
    const original = await key(here, '00'.repeat(16));
    const wanted = {
      of: original,
      attributes: [algorithm('Camellia'), length(256), mask(1), text('ObjectGroup', 'parts')],
    };
    for (const which of await split(here, 'XOR', wanted)) {
      const held = struct('Attributes', ...(await here.attributes(which)));
      expect(value(held, 'CryptographicAlgorithm')).to.equal(3);
      expect(value(held, 'CryptographicLength')).to.equal(128);
      expect(value(held, 'CryptographicUsageMask')).to.equal(12);
      expect(value(held, 'ObjectGroup')).to.equal('parts');
    }
  });

  it('guards the parts of a guarded key, and what is joined of them', async () => {
    const here = server.caller('2.1');
    const original = await key(here, '00'.repeat(16), 'AES', bool('Sensitive', true), bool('Extractable', false));
    const open = [bool('Sensitive', false), bool('Extractable', true)];
    const parts = await split(here, 'XOR', { of: original, attributes: open });
    const joined = await join(here, 'SymmetricKey', parts, given('2.1', ...open));
    for (const which of [...parts, joined]) {
      expect((await here.refused('Get', id(which))).reason).to.equal('Sensitive');
      const held = struct('Attributes', ...(await here.attributes(which)));
      expect(value(held, 'Extractable')).to.equal(false);
      expect(value(held, 'AlwaysSensitive')).to.equal(true);
    }
  });

  it('refuses to make of parts what they say they are not', async () => {
    const here = server.caller('2.1');
    const parts = await split(here, 'XOR', { of: await key(here, '00'.repeat(16)) });
    const { reason } = await here.refused(
      'JoinSplitKey',
      type('SymmetricKey'),
      ...parts.map(id),
      given('2.1', algorithm('Camellia')),
    );
    expect(reason).to.equal('InvalidAttributeValue');
  });

  it('refuses destroyed keys and parts', async () => {
    const here = server.caller('2.1');
    const original = await key(here, '00'.repeat(16));
    const parts = await split(here, 'XOR', { of: original });
    for (const which of [original, parts[0] as string]) await here.call('Destroy', id(which));
    expect(await refusedJoin(here, parts)).to.equal('ObjectDestroyed');
    const { reason } = await here.refused('CreateSplitKey', ...splitPayload(here, 'XOR', { of: original }));
    expect(reason).to.equal('ObjectDestroyed');
  });

  it('refuses what takes no parts, and numbers of parts that take too long', async () => {
    const here = server.caller('2.1');
    const [whole] = await split(here, 'XOR', { attributes: [algorithm('AES'), length(128)] });
    const again = await here.refused('CreateSplitKey', ...splitPayload(here, 'XOR', { of: whole as string }));
    expect(again.reason).to.equal('InvalidObjectType');
    const long = await key(here, '00'.repeat(1024), 'HMAC_SHA256');
    const many = await here.refused(
      'CreateSplitKey',
      ...splitPayload(here, 'PolynomialSharingGF2_16', { of: long, parts: 255, threshold: 255 }),
    );
    expect(many.reason).to.equal('ServerLimitExceeded');
  });

  it('makes parts of up to 4 MiB together, while others have their turns, and refuses more', async () => {
    const here = server.caller('2.1');
    const wide = { parts: 255, threshold: 1 };
    const of = async (bytes: number): Promise<Item[]> =>
      splitPayload(here, 'PolynomialSharingGF2_8', { ...wide, of: await key(here, '5a'.repeat(bytes), 'OneTimePad') });
    const tooMany = await here.refused('CreateSplitKey', ...(await of(60_000)));
    expect(tooMany.reason).to.equal('ServerLimitExceeded');
    const asked = await of(16_000);
    const pause = await pauseOf(
      async () => undefined,
      () => here.call('CreateSplitKey', ...asked),
      longestPause,
    );
    // One transaction is written in one piece, on a machine that others use too.
    expect(pause).to.be.below(2 * longestPause);
  });

  it('tells another client of no key and no part', async () => {
    for (const version of ['1.4', '2.1']) {
      const here = server.caller(version);
      const original = await key(here, '00'.repeat(16));
      const parts = await split(here, 'XOR', { of: original });
      const foreign = server.callerAs('client-2', version);
      const answer = async (operation: 'CreateSplitKey' | 'JoinSplitKey', payload: Item[]): Promise<Item> =>
        (await foreign.refused(operation, ...payload)).item;
      const splitAs = (of: string): Item[] => splitPayload(here, 'XOR', { of });
      expect(await answer('CreateSplitKey', splitAs(original))).to.deep.equal(
        await answer('CreateSplitKey', splitAs('none')),
      );
      const joinAs = (ids: string[]): Item[] => [type('SymmetricKey'), ...ids.map(id)];
      expect(await answer('JoinSplitKey', joinAs(parts))).to.deep.equal(await answer('JoinSplitKey', joinAs(['none'])));
    }
  });

  it('joins 255 parts of a key while others have their turns', async () => {
    const [here, other] = [server.caller('2.1'), server.callerAs('client-2', '2.1')];
    for (const method of methods.slice(1)) {
      const attributes = [algorithm('AES'), length(256)];
      const parts = await split(here, method, { parts: 255, threshold: 128, attributes });
      let isDone = false;
      let turns = 0;
      const others = (async (): Promise<void> => {
        for (; !isDone; turns++) {
          await other.call('Ping');
          await setImmediate();
        }
      })();
      const joined = await join(here, 'SymmetricKey', parts);
      isDone = true;
      await others;
      expect(await materialOf(here, joined)).to.match(/^(?!0{64})[0-9a-f]{64}$/);
      expect(turns, method).to.be.above(50);
    }
  });
});
