/** Create and Join Split Key (KMIP 2.1 §6.1.10, §6.1.27, §13.1; 1.4 §4.38, §4.39): there and back by every method, and what is refused. */
import { generateKeyPairSync } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { enumerationNumber, type EnumerationName } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, item, pairSet, serverForEach, type Caller } from '#test/clients/caller';
import { all, at, bool, bytes, enumerated, int, isOld, struct, text, value, versions } from '#test/server/items';
import { ItemType, type Item } from '#ttlv/item';

const named = (tag: TagName, label: string, enumeration = tag as EnumerationName): Item =>
  enumerated(tag, enumerationNumber(enumeration, label) as number);
const big = (tag: TagName, number: bigint): Item => ({ tag: Tag[tag], type: ItemType.BigInteger, value: number });
const algorithm = (label: string): Item => named('CryptographicAlgorithm', label);
const length = (bits: number): Item => int('CryptographicLength', bits);
const mask = (bits: number): Item => int('CryptographicUsageMask', bits);
const type = (label: string): Item => named('ObjectType', label);

/** The versions that have the operations. */
const splitting = versions.filter((version) => version >= '1.2');
const methods = ['XOR', 'PolynomialSharingGF2_8', 'PolynomialSharingGF2_16', 'PolynomialSharingPrimeField'] as const;
type Method = (typeof methods)[number];

describe('Create and Join Split Key', () => {
  const server = serverForEach();

  interface Wanted {
    readonly parts?: number;
    readonly threshold?: number;
    readonly prime?: bigint;
    readonly of?: string;
    readonly as?: string;
    readonly attributes?: readonly Item[];
  }

  const splitPayload = (here: Caller, method: Method, wanted: Wanted): Item[] => {
    const { parts = 4, threshold = method === 'XOR' ? parts : 3, prime } = wanted;
    return [
      type(wanted.as ?? 'SplitKey'),
      ...(wanted.of === undefined ? [] : [id(wanted.of)]),
      int('SplitKeyParts', parts),
      int('SplitKeyThreshold', threshold),
      named('SplitKeyMethod', method),
      ...(prime === undefined ? [] : [big('PrimeFieldSize', prime)]),
      given(here.version, ...(wanted.attributes ?? [])),
    ];
  };

  const split = async (here: Caller, method: Method, wanted: Wanted): Promise<string[]> =>
    all(await here.call('CreateSplitKey', ...splitPayload(here, method, wanted)), 'UniqueIdentifier').map(
      (each) => each.value as string,
    );

  const join = async (here: Caller, as: string, parts: readonly string[], ...more: Item[]): Promise<string> =>
    value(await here.call('JoinSplitKey', type(as), ...parts.map(id), ...more), 'UniqueIdentifier') as string;

  const refusedJoin = async (
    here: Caller,
    parts: readonly string[],
    as = 'SymmetricKey',
  ): Promise<string | undefined> => {
    const before = await here.locate();
    const { reason } = await here.refused('JoinSplitKey', type(as), ...parts.map(id));
    expect(await here.locate()).to.deep.equal(before);
    return reason;
  };

  const blockOf = async (here: Caller, which: string): Promise<Item> => {
    const got = await here.call('Get', id(which));
    const objects = ['SymmetricKey', 'SecretData', 'PrivateKey', 'SplitKey'] as const;
    const object = objects.map((tag) => at(got, tag)).find((each) => each !== undefined);
    return at(object as Item, 'KeyBlock') as Item;
  };
  const materialOf = async (here: Caller, which: string): Promise<string> =>
    Buffer.from(value(await blockOf(here, which), 'KeyValue', 'KeyMaterial') as Uint8Array).toString('hex');

  const attributeOf = async (here: Caller, which: string, tag: TagName, label: string): Promise<Item> => {
    const asked = isOld(here.version) ? text('AttributeName', label) : enumerated('AttributeReference', Tag[tag]);
    const [held] = await here.attributes(which, asked);
    return (at(held as Item, 'AttributeValue') ?? held) as Item;
  };
  const digestOf = async (here: Caller, which: string): Promise<Item['value']> =>
    value(await attributeOf(here, which, 'Digest', 'Digest'), 'DigestValue');

  const register = async (here: Caller, as: string, object: Item, ...attributes: Item[]): Promise<string> =>
    value(
      await here.call('Register', type(as), given(here.version, mask(12), ...attributes), object),
      'UniqueIdentifier',
    ) as string;

  const block = (format: string, material: Item, ...said: Item[]): Item =>
    struct('KeyBlock', named('KeyFormatType', format), struct('KeyValue', material), ...said);

  const key = (here: Caller, hex: string, algorithmName = 'AES', ...attributes: Item[]): Promise<string> =>
    register(
      here,
      'SymmetricKey',
      struct('SymmetricKey', block('Raw', bytes('KeyMaterial', hex), algorithm(algorithmName), length(hex.length * 4))),
      ...attributes,
    );

  interface Brought {
    readonly parts?: number;
    readonly identifier: number;
    readonly threshold?: number;
    readonly method?: Method;
    readonly hex: string;
    readonly bits?: number;
    readonly prime?: bigint;
  }
  const part = (here: Caller, { parts = 5, threshold = 3, ...brought }: Brought): Promise<string> =>
    register(
      here,
      'SplitKey',
      struct(
        'SplitKey',
        int('SplitKeyParts', parts),
        int('KeyPartIdentifier', brought.identifier),
        int('SplitKeyThreshold', threshold),
        named('SplitKeyMethod', brought.method ?? 'PolynomialSharingGF2_8'),
        ...(brought.prime === undefined ? [] : [big('PrimeFieldSize', brought.prime)]),
        block('Raw', bytes('KeyMaterial', brought.hex), algorithm('AES'), length(brought.bits ?? 128)),
      ),
    );

  for (const version of splitting) {
    describe(`in ${version}`, () => {
      for (const method of methods) {
        it(`splits a key by ${method}, and joins it to what it was`, async () => {
          const here = server.caller(version);
          const original = await key(here, '000102030405060708090a0b0c0d0e0f');
          const parts = await split(here, method, { of: original });
          expect(parts).to.have.length(4);
          const enough = method === 'XOR' ? parts : parts.slice(1).toReversed();
          const joined = await join(here, 'SymmetricKey', enough);
          expect(await materialOf(here, joined)).to.equal('000102030405060708090a0b0c0d0e0f');
          expect(await digestOf(here, joined)).to.deep.equal(await digestOf(here, original));
          expect((await attributeOf(here, joined, 'CryptographicLength', 'Cryptographic Length')).value).to.equal(128);
        });

        it(`makes a new key in parts by ${method}, and every part says what it is`, async () => {
          const here = server.caller(version);
          const wanted = { attributes: [algorithm('AES'), length(192), mask(12)] };
          const parts = await split(here, method, wanted);
          for (const [place, which] of parts.entries()) {
            const got = at(await here.call('Get', id(which)), 'SplitKey') as Item;
            expect(value(got, 'SplitKeyParts')).to.equal(4);
            expect(value(got, 'KeyPartIdentifier')).to.equal(place + 1);
            expect(value(got, 'SplitKeyThreshold')).to.equal(method === 'XOR' ? 4 : 3);
            expect(value(got, 'SplitKeyMethod')).to.equal(enumerationNumber('SplitKeyMethod', method));
            expect(at(got, 'PrimeFieldSize') === undefined).to.equal(method !== 'PolynomialSharingPrimeField');
            expect(value(got, 'KeyBlock', 'CryptographicLength')).to.equal(192);
          }
          const some = method === 'XOR' ? parts : parts.slice(0, 3);
          const one = await join(here, 'SymmetricKey', some);
          const other = await join(here, 'SymmetricKey', parts.toReversed());
          expect(await materialOf(here, one)).to.match(/^(?!0{48})[0-9a-f]{48}$/);
          expect(await materialOf(here, one)).to.equal(await materialOf(here, other));
        });
      }

      it('sets the ID Placeholder to the first part, and to what was joined', async () => {
        const here = server.caller(version);
        const answers = await here.send([
          item('CreateSplitKey', splitPayload(here, 'XOR', { attributes: [algorithm('AES'), length(128)] }), '01'),
          item('Get', [], '02'),
        ]);
        const parts = all(answers[0]?.payload as Item, 'UniqueIdentifier').map((each) => each.value as string);
        expect(value(answers[1]?.payload as Item, 'UniqueIdentifier')).to.equal(parts[0]);
        const [joined, got] = await here.send([
          item('JoinSplitKey', [type('SymmetricKey'), ...parts.map(id)], '01'),
          item('Get', [], '02'),
        ]);
        expect(value(got?.payload as Item, 'UniqueIdentifier')).to.equal(
          value(joined?.payload as Item, 'UniqueIdentifier'),
        );
      });

      it('says the Object Type in 1.2 only', async () => {
        const here = server.caller(version);
        const wanted = { attributes: [algorithm('AES'), length(128)] };
        const made = await here.call('CreateSplitKey', ...splitPayload(here, 'XOR', wanted));
        const parts = all(made, 'UniqueIdentifier');
        const joined = await here.call('JoinSplitKey', type('SymmetricKey'), ...parts);
        const expected = version === '1.2' ? [5, 2] : [undefined, undefined];
        expect([made, joined].map((payload) => at(payload, 'ObjectType')?.value)).to.deep.equal(expected);
      });

      const old = isOld(version);

      it('refuses too few parts, a part twice, and parts of another key, each with its reason', async () => {
        const here = server.caller(version);
        for (const method of methods) {
          const parts = await split(here, method, { attributes: [algorithm('AES'), length(128)] });
          const foreign = await split(here, method, { attributes: [algorithm('AES'), length(128)] });
          const [one, two, three, four] = parts as [string, string, string, string];
          expect(await refusedJoin(here, [one, two]), method).to.equal('CryptographicFailure');
          expect(await refusedJoin(here, [one, two, three, three, four]), method).to.equal('InvalidField');
          expect(await refusedJoin(here, [one, two, three, foreign[3] as string]), method).to.equal(
            old ? 'InvalidField' : 'BadCryptographicParameters',
          );
          const { message } = await here.refused('JoinSplitKey', type('SymmetricKey'), ...[one, one].map(id));
          expect(message).to.match(/twice/);
        }
      });

      it('refuses a share that is registered twice', async () => {
        const here = server.caller(version);
        const same = { identifier: 1, hex: 'd651d744a692660fb6c0c4b984780e68' };
        const parts = [await part(here, same), await part(here, same), await part(here, { ...same, identifier: 2 })];
        expect(await refusedJoin(here, parts)).to.equal('InvalidField');
      });

      const refusals: readonly (readonly [what: string, reason: string, method: Method, wanted: Wanted])[] = [
        ['a threshold above the parts', 'InvalidField', 'PolynomialSharingGF2_8', { threshold: 5 }],
        ['a threshold of none', 'InvalidField', 'PolynomialSharingGF2_8', { threshold: 0 }],
        ['a threshold of its own for XOR', 'InvalidField', 'XOR', { threshold: 3 }],
        [
          'more parts than anybody holds',
          old ? 'IndexOutOfBounds' : 'ServerLimitExceeded',
          'PolynomialSharingGF2_16',
          { parts: 256 },
        ],
        ['a field size that is no prime', 'InvalidField', 'PolynomialSharingPrimeField', { prime: 2n ** 200n + 1n }],
        ['a field that is too small', 'InvalidField', 'PolynomialSharingPrimeField', { prime: 2n ** 127n - 1n }],
        ['no Cryptographic Algorithm', old ? 'InvalidField' : 'InvalidAttribute', 'XOR', { attributes: [length(128)] }],
        [
          'a length that the algorithm has not',
          old ? 'InvalidField' : 'InvalidAttributeValue',
          'XOR',
          { attributes: [algorithm('AES'), length(136)] },
        ],
        ['to make Certificates', old ? 'InvalidField' : 'InvalidObjectType', 'XOR', { as: 'Certificate' }],
        ['a key that is not there', old ? 'ItemNotFound' : 'ObjectNotFound', 'XOR', { of: 'no-such-key' }],
      ];
      for (const [what, reason, method, wanted] of refusals) {
        it(`refuses ${what}, and keeps nothing`, async () => {
          const here = server.caller(version);
          const payload = splitPayload(here, method, { attributes: [algorithm('AES'), length(128)], ...wanted });
          expect((await here.refused('CreateSplitKey', ...payload)).reason).to.equal(reason);
          expect(await here.locate()).to.deep.equal([]);
        });
      }

      it('refuses to join what are no parts, and to make what is no key', async () => {
        const here = server.caller(version);
        const wrongType = old ? 'InvalidField' : 'InvalidObjectType';
        const whole = await key(here, '00'.repeat(16));
        expect(await refusedJoin(here, [whole])).to.equal(wrongType);
        expect(await refusedJoin(here, [])).to.equal('InvalidMessage');
        const parts = await split(here, 'XOR', { of: whole });
        expect(await refusedJoin(here, parts, 'Certificate')).to.equal(wrongType);
        expect(await refusedJoin(here, parts, 'PrivateKey')).to.equal('CryptographicFailure');
        const { reason } = await here.refused(
          'JoinSplitKey',
          type('SymmetricKey'),
          ...parts.map(id),
          named('SecretDataType', 'Seed'),
        );
        expect(reason).to.equal('InvalidField');
      });
    });
  }

  it('reads parts over GF(2^8) by the polynomial of the version they came in, whichever joins them', async () => {
    // Parts of other implementations: see test/crypto/secret-sharing.test.ts.
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
    const private1 = (format: string, der: Buffer): Promise<string> =>
      register(
        here,
        'PrivateKey',
        struct('PrivateKey', block(format, { tag: Tag.KeyMaterial, type: ItemType.ByteString, value: der })),
      );
    const originals = [
      await private1('PKCS_1', rsa.export({ format: 'der', type: 'pkcs1' })),
      await private1('PKCS_8', rsa.export({ format: 'der', type: 'pkcs8' })),
      await private1('ECPrivateKey', ec.export({ format: 'der', type: 'sec1' })),
      await private1('PKCS_8', ed.export({ format: 'der', type: 'pkcs8' })),
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
