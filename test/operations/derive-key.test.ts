/** Derive Key (KMIP 2.1 §6.1.14, §7.12; 1.4 §4.6): every method, its parts, and what is refused. */
import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { enumerationNumber, enumerationValue, type EnumerationName } from '#protocol/enumerations';
import { Tag, type TagName } from '#protocol/tags';
import { given, id, item, name, serverForEach, type Caller } from '#test/clients/caller';
import { all, at, bytes, enumerated, int, isOld, struct, text, value, versions } from '#test/server/items';
import { ItemType, type Item } from '#ttlv/item';

const named = (tag: TagName, label: string, enumeration = tag as EnumerationName): Item =>
  enumerated(tag, enumerationNumber(enumeration, label) as number);
const utf8 = (string: string): string => Buffer.from(string).toString('hex');
const raw = (tag: TagName, data: Uint8Array): Item => ({ tag: Tag[tag], type: ItemType.ByteString, value: data });

const deriveBit = 0x200;
const algorithm = (label: string): Item => named('CryptographicAlgorithm', label);
const length = (bits: number): Item => int('CryptographicLength', bits);
const method = (label: string): Item => named('DerivationMethod', label);
const parameters = (...fields: Item[]): Item => struct('CryptographicParameters', ...fields);
const hash = (label: string): Item => named('HashingAlgorithm', label);
const mode = (label: string): Item => named('BlockCipherMode', label);
const data = (hex: string): Item => bytes('DerivationData', hex);
const derivation = (...fields: Item[]): Item => struct('DerivationParameters', ...fields);

/** The type that a request asks for, by its number. */
const types = { SymmetricKey: 2, SecretData: 7, PrivateKey: 4 } as const;
type Type = keyof typeof types;

describe('Derive Key', () => {
  const server = serverForEach();

  interface Base {
    readonly mask?: number;
    readonly algorithm?: string;
    readonly active?: boolean;
    readonly more?: readonly Item[];
  }

  async function registered(here: Caller, type: number, object: Item, { mask = deriveBit, ...base }: Base = {}) {
    const attributes = given(here.version, int('CryptographicUsageMask', mask), ...(base.more ?? []));
    const made = await here.call('Register', enumerated('ObjectType', type), attributes, object);
    const made1 = value(made, 'UniqueIdentifier') as string;
    if (base.active ?? true) await here.call('Activate', id(made1));
    return made1;
  }

  const block = (format: number, material: Item, ...said: Item[]): Item =>
    struct('KeyBlock', enumerated('KeyFormatType', format), struct('KeyValue', material), ...said);

  const key = (here: Caller, hex: string, base: Base = {}): Promise<string> =>
    registered(
      here,
      2,
      struct(
        'SymmetricKey',
        block(1, bytes('KeyMaterial', hex), algorithm(base.algorithm ?? 'AES'), length(hex.length * 4)),
      ),
      base,
    );
  const secret = (here: Caller, hex: string, base: Base = {}, format = 1): Promise<string> =>
    registered(
      here,
      7,
      struct('SecretData', enumerated('SecretDataType', 1), block(format, bytes('KeyMaterial', hex))),
      base,
    );

  const asked = (here: Caller, type: Type, bits: number, ...more: Item[]): readonly [Item, Item] => [
    enumerated('ObjectType', types[type]),
    given(here.version, ...(type === 'SymmetricKey' ? [algorithm('AES')] : []), length(bits), ...more),
  ];

  interface Wanted {
    readonly type?: Type;
    readonly bits: number;
    readonly method: string;
    readonly with: Item;
    readonly more?: readonly Item[];
  }

  const payload = (here: Caller, bases: readonly string[], wanted: Wanted): Item[] => {
    const [type, attributes] = asked(here, wanted.type ?? 'SecretData', wanted.bits, ...(wanted.more ?? []));
    return [type, ...bases.map(id), method(wanted.method), wanted.with, attributes];
  };

  const derive = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string> =>
    value(await here.call('DeriveKey', ...payload(here, bases, wanted)), 'UniqueIdentifier') as string;

  async function materialOf(here: Caller, which: string): Promise<string> {
    const got = await here.call('Get', id(which));
    const object = at(got, 'SymmetricKey') ?? at(got, 'SecretData');
    return Buffer.from(value(object as Item, 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array).toString('hex');
  }

  const derived = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string> =>
    await materialOf(here, await derive(here, bases, wanted));

  const refusal = async (here: Caller, bases: readonly string[], wanted: Wanted): Promise<string | undefined> => {
    const before = await here.locate();
    const { reason } = await here.refused('DeriveKey', ...payload(here, bases, wanted));
    expect(await here.locate()).to.deep.equal(before);
    return reason;
  };

  /** RFC 6070 §2, RFC 4231 §4.3, NIST CAVP, SP 800-38A §F.2.1, FIPS 180 "abc": what every version has. */
  const pbkdf2: Wanted = {
    ...{ bits: 160, method: 'PBKDF2' },
    with: derivation(bytes('Salt', utf8('salt')), int('IterationCount', 4096)),
  };
  const hmac: Wanted = {
    ...{ bits: 256, method: 'HMAC' },
    with: derivation(data(utf8('what do ya want for nothing?'))),
  };
  const iteratedKey = 'dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0';
  const fixed =
    '01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3b413faac';
  const counterMode: Wanted = {
    ...{ type: 'SymmetricKey', bits: 128, method: 'NIST800_108_C' },
    with: derivation(parameters(hash('SHA_256')), data(fixed)),
  };

  for (const version of versions) {
    describe(`in ${version}`, () => {
      it('derives with each method that the version has, and is listed for it', async () => {
        const here = server.caller(version);
        const listed = all(await here.call('Query', enumerated('QueryFunction', 1)), 'Operation');
        expect(listed.map((each) => each.value)).to.include(5);

        const password = await secret(here, utf8('password'));
        expect(await derived(here, [password], pbkdf2)).to.equal('4b007901b765489abead49d926f721d065a429c1');
        const hmacKey = await key(here, utf8('Jefe'), { algorithm: 'HMAC_SHA256' });
        expect(await derived(here, [hmacKey], hmac)).to.equal(
          '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
        );
        const wantHash: Wanted = { bits: 256, method: 'HASH', with: derivation(parameters(hash('SHA_256'))) };
        const abc = await secret(here, utf8('abc'));
        expect(await derived(here, [abc], wantHash)).to.equal(
          'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        );
        const aes = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
        const encrypt = derivation(
          parameters(mode('CBC')),
          bytes('InitializationVector', '000102030405060708090a0b0c0d0e0f'),
          data('6bc1bee22e409f96e93d7e117393172a'),
        );
        expect(
          await derived(here, [aes], { type: 'SymmetricKey', bits: 128, method: 'ENCRYPT', with: encrypt }),
        ).to.equal('7649abac8119b246cee98e9b12e9197d');
        const base = await key(here, iteratedKey);
        expect(await derived(here, [base], counterMode)).to.equal('10621342bfb0fd40046c0e29f2cfdbf0');

        const cmac = parameters(mode('CMAC'));
        const feedback = await key(here, '93f698e842eed75394d629d957e2e89c6e741f810b623c8b901e38376d068e7b');
        const ofFeedback = derivation(
          parameters(hash('SHA_256')),
          bytes('InitializationVector', '9f575d9059d3e0c0803f08112f8a806de3c3471912cdf42b095388b14b33508e'),
          data(
            '53b89c18690e2057a1d167822e636de50be0018532c431f7f5e37f77139220d5e042599ebe266af5767ee18cd2c5c19a1f0f80',
          ),
        );
        expect(await derived(here, [feedback], { bits: 128, method: 'NIST800_108_F', with: ofFeedback })).to.equal(
          'bd1476f43a4e315747cf5918e0ea5bc0',
        );
        const pipeline = await key(here, '2451975a33ab0c7535e00abe7b57982335b0471ad857a093c6765e6c58443852');
        const ofPipeline = derivation(
          cmac,
          data(
            'fb95eb3c47dcad3b783b045b29bcb6f5aefc0389735843b92b4d8fab97d61350b76b2a83442d7c5aa497aa1cf441760281a08b',
          ),
        );
        // Mode CMAC came in 1.0 with the enumeration.
        expect(await derived(here, [pipeline], { bits: 256, method: 'NIST800_108_DPI', with: ofPipeline })).to.equal(
          '2f157687f782c8b64325826e3c755194c70abffd9d78c4678924b9d73dcced86',
        );
      });

      it('links the bases and what was derived, and sets what new objects have', async () => {
        const here = server.caller(version);
        const [password, salted] = [await key(here, '00'.repeat(16)), await secret(here, utf8('data'))];
        const wanted: Wanted = {
          ...{ type: 'SymmetricKey', bits: 128, method: 'HMAC' },
          with: derivation(parameters(hash('SHA_256'))),
          more: [name('derived'), int('CryptographicUsageMask', 12)],
        };
        const made = await derive(here, [password, salted], wanted);
        expect(await here.locate(name('derived'))).to.deep.equal([made]);
        const linksOf = async (which: string): Promise<string[]> => {
          const asking = isOld(version) ? text('AttributeName', 'Link') : enumerated('AttributeReference', Tag.Link);
          const held = await here.attributes(which, asking);
          return held
            .map((each) => at(each, 'AttributeValue') ?? each)
            .map((link) => {
              const type = enumerationValue('LinkType', value(link, 'LinkType') as number);
              return `${type} ${value(link, 'LinkedObjectIdentifier') as string}`;
            });
        };
        expect(await linksOf(made)).to.have.members([
          `DerivationBaseObjectLink ${password}`,
          `DerivationBaseObjectLink ${salted}`,
        ]);
        expect(await linksOf(password)).to.deep.equal([`DerivedKeyLink ${made}`]);
        const again = await derive(here, [salted, password], { ...wanted, more: [] });
        expect(await linksOf(salted)).to.deep.equal([`DerivedKeyLink ${made}`, `DerivedKeyLink ${again}`]);
        // Whichever is named first, the Secret Data is the data.
        expect(await materialOf(here, again)).to.equal(await materialOf(here, made));
        const held = await here.attributes(made);
        const flat = isOld(version) ? struct('Attributes', ...held.map(valueUnderTag)) : struct('Attributes', ...held);
        expect(value(flat, 'State')).to.equal(1);
        expect(value(flat, 'CryptographicLength')).to.equal(128);
        expect(value(flat, 'CryptographicUsageMask')).to.equal(12);
        expect(at(flat, 'Digest')).to.not.equal(undefined);
      });

      it('sets the ID Placeholder', async () => {
        const here = server.caller(version);
        const base = await key(here, iteratedKey);
        const answers = await here.send([
          item('DeriveKey', payload(here, [base], counterMode), '01'),
          item('Get', [], '02'),
        ]);
        const got = answers[1]?.payload as Item;
        expect(value(got, 'UniqueIdentifier')).to.equal(value(answers[0]?.payload as Item, 'UniqueIdentifier'));
      });

      const one = isOld(version);
      const refusals: readonly (readonly [
        what: string,
        reason: string,
        bases: (here: Caller) => Promise<string[]>,
        wanted: Wanted,
      ])[] = [
        [
          'a base without the Derive Key bit',
          one ? 'InvalidField' : 'IncompatibleCryptographicUsageMask',
          async (here) => [await key(here, iteratedKey, { mask: 12 })],
          counterMode,
        ],
        [
          'a base that is not Active',
          one ? 'InvalidField' : 'WrongKeyLifecycleState',
          async (here) => [await key(here, iteratedKey, { active: false })],
          counterMode,
        ],
        [
          'a base that is not there',
          one ? 'ItemNotFound' : 'ObjectNotFound',
          () => Promise.resolve(['no-such-object']),
          counterMode,
        ],
        [
          'Secret Data and Derivation Data both',
          'InvalidMessage',
          async (here) => [await key(here, iteratedKey), await secret(here, '00')],
          counterMode,
        ],
        [
          'a hash over Secret Data and Derivation Data both',
          'InvalidMessage',
          async (here) => [await secret(here, '00')],
          { bits: 128, method: 'HASH', with: derivation(parameters(hash('SHA_256')), data('00')) },
        ],
        [
          'more bytes than the hash gives',
          'CryptographicFailure',
          async (here) => [await key(here, iteratedKey, { algorithm: 'HMAC_SHA256' })],
          { ...hmac, bits: 264 },
        ],
        [
          'an object that cannot be derived',
          one ? 'InvalidField' : 'InvalidObjectType',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, type: 'PrivateKey' },
        ],
        [
          'no Derivation Data',
          'InvalidField',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, with: derivation(parameters(hash('SHA_256'))) },
        ],
        [
          'a hash without its algorithm',
          one ? 'InvalidField' : 'BadCryptographicParameters',
          async (here) => [await key(here, iteratedKey)],
          { bits: 128, method: 'HASH', with: derivation(data('00')) },
        ],
        [
          'PBKDF2 without a Salt',
          'InvalidField',
          async (here) => [await secret(here, '00')],
          { ...pbkdf2, with: derivation(int('IterationCount', 1)) },
        ],
        [
          'PBKDF2 with more iterations than anybody waits for',
          'InvalidField',
          async (here) => [await secret(here, '00')],
          { ...pbkdf2, with: derivation(bytes('Salt', '00'), int('IterationCount', 0x7fffffff)) },
        ],
        [
          'three objects',
          'InvalidField',
          async (here) => [await key(here, iteratedKey), await secret(here, '00'), await secret(here, '01')],
          counterMode,
        ],
        [
          'the same object twice',
          'InvalidField',
          async (here) => {
            const base = await secret(here, '00');
            return [base, base];
          },
          hmac,
        ],
        [
          'two keys',
          'InvalidField',
          async (here) => [await key(here, iteratedKey), await key(here, iteratedKey)],
          counterMode,
        ],
        [
          'a length that the algorithm has not',
          one ? 'InvalidField' : 'InvalidAttributeValue',
          async (here) => [await key(here, iteratedKey)],
          { ...counterMode, bits: 136 },
        ],
        [
          'mode GCM',
          one ? 'InvalidField' : 'UnsupportedCryptographicParameters',
          async (here) => [await key(here, iteratedKey)],
          { bits: 128, method: 'ENCRYPT', with: derivation(parameters(mode('GCM')), data('00'.repeat(16))) },
        ],
        [
          'an initialization vector of another length',
          'InvalidField',
          async (here) => [await key(here, iteratedKey)],
          {
            ...{ bits: 128, method: 'ENCRYPT' },
            with: derivation(parameters(mode('CBC')), bytes('InitializationVector', '00'), data('00'.repeat(16))),
          },
        ],
      ];
      for (const [what, reason, bases, wanted] of refusals) {
        it(`refuses ${what}, and keeps nothing`, async () => {
          const here = server.caller(version);
          expect(await refusal(here, await bases(here), wanted)).to.equal(reason);
        });
      }

      it('refuses a request without a base, a length or an algorithm', async () => {
        const here = server.caller(version);
        const base = await key(here, iteratedKey);
        expect(await refusal(here, [], counterMode)).to.equal('InvalidMessage');
        for (const attributes of [[], [algorithm('AES')], [length(128)]]) {
          const { reason } = await here.refused(
            'DeriveKey',
            enumerated('ObjectType', 2),
            id(base),
            method('NIST800_108_C'),
            counterMode.with,
            given(version, ...attributes),
          );
          expect(reason).to.equal(one ? 'InvalidField' : 'InvalidAttribute');
        }
      });
    });
  }

  it('tells another client of no base', async () => {
    for (const version of ['1.4', '2.1']) {
      const here = server.caller(version);
      const base = await key(here, iteratedKey);
      const foreign = server.callerAs('client-2', version);
      const { item: real } = await foreign.refused('DeriveKey', ...payload(here, [base], counterMode));
      const { item: absent } = await foreign.refused('DeriveKey', ...payload(here, ['none'], counterMode));
      expect(real).to.deep.equal(absent);
    }
  });

  it('derives with HKDF, its salt and its information', async () => {
    const here = server.caller('2.1');
    // RFC 5869 §A.1 and §A.3; Secret Data of clients that call it Opaque.
    const material = await secret(here, '0b'.repeat(22), {}, 2);
    const salted = derivation(data('f0f1f2f3f4f5f6f7f8f9'), bytes('Salt', '000102030405060708090a0b0c'));
    expect(await derived(here, [material], { bits: 336, method: 'HKDF', with: salted })).to.equal(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    expect(await derived(here, [material], { bits: 336, method: 'HKDF', with: derivation() })).to.equal(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
    expect(await refusal(here, [material], { bits: 255 * 256 + 8, method: 'HKDF', with: derivation() })).to.equal(
      'CryptographicFailure',
    );
  });

  it('derives the signing key of AWS from Date, Region and Service', async () => {
    const here = server.caller('2.0');
    const base = await secret(here, utf8('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'));
    const scope = ['20120215', 'us-east-1', 'iam'].map((part) => data(utf8(part)));
    const wanted: Wanted = { bits: 256, method: 'AWSSignatureVersion4', with: derivation(...scope) };
    expect(await derived(here, [base], wanted)).to.equal(
      'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d',
    );
    expect(await refusal(here, [base], { ...wanted, with: derivation(...scope.slice(1)) })).to.equal('InvalidField');
  });

  it('hashes Derivation Data where it is given with a key', async () => {
    const here = server.caller('1.2');
    const base = await key(here, iteratedKey);
    const wanted = derivation(parameters(hash('SHA_1')), data(utf8('abc')));
    expect(await derived(here, [base], { bits: 128, method: 'HASH', with: wanted })).to.equal(
      'a9993e364706816aba3e25717850c26c',
    );
  });

  it('takes an absent initialization vector for zeros', async () => {
    const here = server.caller('1.0');
    const base = await key(here, '2b7e151628aed2a6abf7158809cf4f3c');
    const encrypt = (...iv: Item[]): Wanted => ({
      ...{ bits: 256, method: 'ENCRYPT' },
      with: derivation(parameters(mode('CBC')), ...iv, data('00'.repeat(32))),
    });
    expect(await derived(here, [base], encrypt())).to.equal(
      await derived(here, [base], encrypt(bytes('InitializationVector', '00'.repeat(16)))),
    );
  });

  it('binds a key of 1.x to its own Cryptographic Parameters, the first of which hold when none are asked for', async () => {
    const own = parameters(hash('SHA_256'));
    for (const [version, reason] of [
      ['1.4', 'InvalidField'],
      ['2.1', undefined],
    ] as const) {
      const here = server.caller(version);
      const base = await key(here, iteratedKey, { more: [own] });
      const other = { ...counterMode, with: derivation(parameters(hash('SHA_512')), data(fixed)) };
      const [answer] = await here.send([item('DeriveKey', payload(here, [base], other))]);
      expect(answer?.reason).to.equal(reason);
      expect(await derived(here, [base], { ...counterMode, with: derivation(data(fixed)) })).to.equal(
        '10621342bfb0fd40046c0e29f2cfdbf0',
      );
    }
  });

  it('leaves the counter out of feedback and double pipeline where its length is 0', async () => {
    const here = server.caller('1.4');
    const base = await key(here, 'ada2452f1f141a82c7a1b7d3e09ffed1');
    const input =
      '335660eb265d2044efa06eacd848d3f9f57d219011343318f3a964df4a6fb1bf6cbdee711c7fcbe73b8f257f992e47e8b065af';
    const without = (label: string): Wanted => ({
      ...{ bits: 128, method: label },
      with: derivation(parameters(mode('CMAC'), int('CounterLength', 0)), data(input)),
    });
    expect(await derived(here, [base], without('NIST800_108_DPI'))).to.equal('a73bd29176e38e761222ae07d639181f');
    expect(await refusal(here, [base], without('NIST800_108_C'))).to.equal('InvalidField');
  });

  it('refuses the ID Placeholder in place of an identifier', async () => {
    const here = server.caller('2.1');
    const [type, attributes] = asked(here, 'SymmetricKey', 128);
    const placeholder = enumerated('UniqueIdentifier', 1);
    const { reason } = await here.refused('DeriveKey', type, placeholder, method('HASH'), counterMode.with, attributes);
    expect(reason).to.equal('InvalidField');
  });

  it('makes a key in the Key Format Type that is asked for', async () => {
    const here = server.caller('2.1');
    const base = await key(here, iteratedKey);
    const formatted = (format: string): Wanted => ({ ...counterMode, more: [named('KeyFormatType', format)] });
    const made = await derive(here, [base], formatted('TransparentSymmetricKey'));
    const block = at(await here.call('Get', id(made)), 'SymmetricKey', 'KeyBlock') as Item;
    expect(value(block, 'KeyFormatType')).to.equal(enumerationNumber('KeyFormatType', 'TransparentSymmetricKey'));
    expect(value(block, 'KeyValue', 'KeyMaterial', 'Key')).to.have.length(16);
    expect(await refusal(here, [base], formatted('X_509'))).to.equal('KeyFormatTypeNotSupported');
  });

  it('leaves the clock to others while PBKDF2 works', async () => {
    const here = server.caller('2.1');
    const base = await secret(here, utf8('password'));
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    try {
      await derive(here, [base], {
        ...pbkdf2,
        with: derivation(bytes('Salt', '00'), int('IterationCount', 1_000_000)),
      });
    } finally {
      clearInterval(ticking);
    }
    expect(turns).to.be.above(10);
  });

  describe('with Asymmetric Key', () => {
    const agreement: Omit<Wanted, 'bits'> = { method: 'AsymmetricKey', with: derivation() };

    const half = (here: Caller, which: 'public' | 'private', der: Uint8Array): Promise<string> =>
      which === 'public'
        ? registered(here, 3, struct('PublicKey', block(5, raw('KeyMaterial', der))))
        : registered(here, 4, struct('PrivateKey', block(4, raw('KeyMaterial', der))));

    const made = {
      'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
      X25519: () => generateKeyPairSync('x25519'),
      X448: () => generateKeyPairSync('x448'),
      DH: () => generateKeyPairSync('dh' as 'x448', { group: 'modp14' } as object),
    };
    const derOf = ({ publicKey, privateKey }: ReturnType<(typeof made)['X448']>): readonly [Buffer, Buffer] => [
      publicKey.export({ format: 'der', type: 'spki' }),
      privateKey.export({ format: 'der', type: 'pkcs8' }),
    ];

    for (const [what, pair] of Object.entries(made)) {
      it(`agrees on a secret over ${what}, whichever half comes first`, async () => {
        const here = server.caller('2.1');
        const [one, other] = [pair(), pair()];
        const [[publicDer], [, privateDer]] = [derOf(one), derOf(other)];
        const [ofPublic, ofPrivate] = [await half(here, 'public', publicDer), await half(here, 'private', privateDer)];
        const expected = diffieHellman({
          publicKey: createPublicKey({ key: publicDer, format: 'der', type: 'spki' }),
          privateKey: createPrivateKey({ key: privateDer, format: 'der', type: 'pkcs8' }),
        });
        const whole = { ...agreement, bits: expected.length * 8 };
        expect(await derived(here, [ofPrivate, ofPublic], whole)).to.equal(expected.toString('hex'));
        expect(await derived(here, [ofPublic, ofPrivate], { ...whole, type: 'SymmetricKey', bits: 128 })).to.equal(
          expected.subarray(0, 16).toString('hex'),
        );
        expect(await refusal(here, [ofPrivate, ofPublic], { ...whole, bits: whole.bits + 8 })).to.equal(
          'CryptographicFailure',
        );
      });
    }

    it('agrees as in RFC 7748 §6.1, in 1.4', async () => {
      const here = server.caller('1.4');
      const pkcs8 = Buffer.from(
        `302e020100300506032b656e04220420${'77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'}`,
        'hex',
      );
      const spki = Buffer.from(
        `302a300506032b656e032100${'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'}`,
        'hex',
      );
      const bases = [await half(here, 'private', pkcs8), await half(here, 'public', spki)];
      expect(await derived(here, bases, { ...agreement, bits: 256 })).to.equal(
        '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
      );
    });

    it('refuses keys that agree on nothing, and everything that is no pair of halves', async () => {
      const here = server.caller('2.1');
      const [p256, x25519] = [derOf(made['P-256']()), derOf(made.X25519())];
      const ofPublic = await half(here, 'public', p256[0]);
      const ofPrivate = await half(here, 'private', x25519[1]);
      const wanted = { ...agreement, bits: 128 };
      expect(await refusal(here, [ofPrivate, ofPublic], wanted)).to.equal('CryptographicFailure');
      expect(await refusal(here, [ofPrivate], wanted)).to.equal('InvalidObjectType');
      expect(await refusal(here, [ofPrivate, await key(here, iteratedKey)], wanted)).to.equal('InvalidObjectType');
      expect(await refusal(here, [ofPrivate], counterMode)).to.equal('InvalidObjectType');
    });

    it('refuses a public key that gives everybody the same secret', async () => {
      const here = server.caller('2.1');
      const [, privateDer] = derOf(made.X25519());
      const zero = Buffer.from(`302a300506032b656e032100${'00'.repeat(32)}`, 'hex');
      const bases = [await half(here, 'private', privateDer), await half(here, 'public', zero)];
      expect(await refusal(here, bases, { ...agreement, bits: 128 })).to.equal('CryptographicFailure');
    });
  });
});

/** An Attribute of 1.x as the item under its own tag. */
function valueUnderTag(attribute: Item): Item {
  const label = value(attribute, 'AttributeName') as string;
  const tag = Tag[label.replaceAll(' ', '') as TagName];
  return { ...(at(attribute, 'AttributeValue') as Item), tag } as Item;
}
