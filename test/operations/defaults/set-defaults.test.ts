/** Set Defaults (KMIP 2.1 §6.1.53) and what Query tells of it (§6.1.40): the defaults of the client that set them. */
import { expect } from 'chai';
import { creationRulesKind } from '#repository/creation-rules-record';
import { aes, callerOf, given, name, serverForEach, type Caller } from '#test/clients/caller';
import { all, at, bytes, date, enumerated, int, struct, text, value, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { attributesKept, nowOf } from '#test/operations/create/kept';
import { keyBlock } from '#test/fixtures/key-blocks';

const types = { Certificate: 1, SymmetricKey: 2, PublicKey: 3, PrivateKey: 4, SecretData: 7 } as const;
const algorithms = { DES3: 2, AES: 3, ECDSA: 6 } as const;
type Type = keyof typeof types;

const typed = (type: Type): Item => enumerated('ObjectType', types[type]);
const anyOf = (...list: Type[]): Item => struct('ObjectTypes', ...list.map(typed));
const groups = (...list: string[]): Item => struct('ObjectGroups', ...list.map((each) => text('ObjectGroup', each)));
const algorithm = (which: keyof typeof algorithms): Item => enumerated('CryptographicAlgorithm', algorithms[which]);
const length = (bits: number): Item => int('CryptographicLength', bits);
const mask = (bits: number): Item => int('CryptographicUsageMask', bits);
const contact = (who: string): Item => text('ContactInformation', who);

const defaults = (of: Item, attributes: readonly Item[], ...within: Item[]): Item =>
  struct('ObjectDefaults', of, struct('Attributes', ...attributes), ...within);
const information = (...each: Item[]): Item => struct('DefaultsInformation', ...each);
const aes256 = [algorithm('AES'), length(256), mask(12)];

describe('defaults', () => {
  const server = serverForEach();
  const caller = (version = '2.1') => server.caller(version);
  const setDefaults = (...each: Item[]) => caller().call('SetDefaults', information(...each));
  const create = async (version: string, ...attributes: Item[]): Promise<string> => {
    const made = await caller(version).call('Create', typed('SymmetricKey'), given(version, ...attributes));
    return value(made, 'UniqueIdentifier') as string;
  };
  const kept = async (key: string) => (await attributesKept(server.fixture, key)) ?? {};

  for (const version of versions) {
    it(`stand in for what Create leaves out in ${version}`, async () => {
      await setDefaults(defaults(typed('SymmetricKey'), [...aes256, contact('somebody'), name('a'), name('b')]));
      const made = await kept(await create(version));
      expect(made).to.include({ cryptographicAlgorithm: 'AES', cryptographicLength: 256, cryptographicUsageMask: 12 });
      expect(made.contactInformation).to.equal('somebody');
      expect(made.name?.map(({ nameValue }) => nameValue)).to.deep.equal(['a', 'b']);
      const own = await kept(await create(version, length(128), contact('somebody else'), name('c')));
      expect(own).to.include({ cryptographicLength: 128, contactInformation: 'somebody else' });
      expect(own.name?.map(({ nameValue }) => nameValue)).to.deep.equal(['c']);
    });
  }

  it('are passed over in versions that do not have the attribute', async () => {
    await setDefaults(defaults(typed('SymmetricKey'), [...aes256, text('Comment', 'by default')]));
    expect((await kept(await create('1.3'))).comment).to.equal(undefined);
    expect((await kept(await create('1.4'))).comment).to.equal('by default');
  });

  it('are opened and decoded once, until they change', async () => {
    const { decode } = creationRulesKind;
    let decoded = 0;
    creationRulesKind.decode = (bytes) => (decoded++, decode(bytes));
    try {
      for (const [who, times] of [
        ['somebody', 1],
        ['somebody else', 2],
      ] as const) {
        await setDefaults(defaults(typed('SymmetricKey'), [...aes256, contact(who)]));
        for (let made = 0; made < 3; made++) {
          expect((await kept(await create('2.1'))).contactInformation).to.equal(who);
        }
        expect(decoded).to.equal(times);
      }
    } finally {
      creationRulesKind.decode = decode;
    }
  });

  it('give way to the next, and end without any', async () => {
    await setDefaults(defaults(typed('SymmetricKey'), [...aes256, contact('somebody')]));
    await setDefaults(defaults(anyOf('SecretData', 'SymmetricKey'), [algorithm('AES'), length(192), mask(4)]));
    const made = await kept(await create('2.1'));
    expect(made).to.include({ cryptographicLength: 192, cryptographicUsageMask: 4 });
    expect(made.contactInformation).to.equal(undefined);
    expect((await caller().call('SetDefaults')).value).to.deep.equal([]);
    const refused = await caller().refused('Create', typed('SymmetricKey'), given('2.1'));
    expect(refused.reason).to.equal('InvalidAttribute');
  });

  it('of a group hold within it, and before those of all', async () => {
    await setDefaults(
      defaults(typed('SymmetricKey'), [...aes256, contact('all')]),
      defaults(typed('SymmetricKey'), [contact('tapes')], groups('tapes', 'disks')),
    );
    expect((await kept(await create('2.1'))).contactInformation).to.equal('all');
    const member = text('ObjectGroup', 'tapes');
    expect(await kept(await create('2.1', member))).to.include({
      contactInformation: 'tapes',
      cryptographicLength: 256,
    });
  });

  it('for one algorithm are none for another', async () => {
    await setDefaults(defaults(typed('SymmetricKey'), aes256));
    const refused = await caller().refused('Create', typed('SymmetricKey'), given('2.1', algorithm('DES3')));
    expect(refused.message).to.match(/Cryptographic Length/);
    expect(await kept(await create('2.1', algorithm('DES3'), length(168)))).to.include({ cryptographicUsageMask: 12 });
  });

  it('stand in for what Create Key Pair leaves out, said of one half for both', async () => {
    const byDefault = [algorithm('ECDSA'), length(256), mask(1)];
    await setDefaults(
      defaults(typed('PrivateKey'), byDefault),
      defaults(typed('PublicKey'), [mask(2), contact('somebody')]),
    );
    const p384 = struct('CryptographicDomainParameters', enumerated('RecommendedCurve', 'P_384'));
    for (const [common, bits] of [
      [[], 256],
      [[p384], 384],
      [[length(521)], 521],
    ] as const) {
      const made = await caller().call('CreateKeyPair', struct('CommonAttributes', ...common));
      const [ofPrivate, ofPublic] = [
        await kept(value(made, 'PrivateKeyUniqueIdentifier') as string),
        await kept(value(made, 'PublicKeyUniqueIdentifier') as string),
      ];
      expect(ofPrivate).to.include({ cryptographicLength: bits, cryptographicUsageMask: 1 });
      expect(ofPublic).to.include({ cryptographicLength: bits, cryptographicUsageMask: 2 });
      expect(ofPublic).to.include({ cryptographicAlgorithm: 'ECDSA', contactInformation: 'somebody' });
    }
  });

  it('speak of no material that Register brings', async () => {
    await setDefaults(defaults(typed('SymmetricKey'), [...aes256, contact('somebody')]));
    const block = keyBlock('Raw', bytes('KeyMaterial', '00'.repeat(16)), algorithm('AES'), length(128));
    const made = await caller().call('Register', typed('SymmetricKey'), given('2.1'), struct('SymmetricKey', block));
    expect(await kept(value(made, 'UniqueIdentifier') as string)).to.include({
      cryptographicLength: 128,
      cryptographicUsageMask: 12,
      contactInformation: 'somebody',
    });
  });

  it('are refused where they contradict the dates given', async () => {
    const now = nowOf(server.fixture);
    await setDefaults(defaults(typed('SymmetricKey'), [...aes256, date('DeactivationDate', now + 10)]));
    const late = date('ProtectStopDate', now + 20);
    const refused = await caller().refused('Create', typed('SymmetricKey'), given('2.1', late));
    expect(refused.reason).to.equal('InvalidAttributeValue');
  });

  it('are each client\u2019s own', async () => {
    await setDefaults(defaults(typed('SymmetricKey'), aes256));
    const { fixture } = server;
    const other: Caller = callerOf(fixture.handler, fixture.session('client-2'), '2.1');
    const refused = await other.refused('Create', typed('SymmetricKey'), given('2.1'));
    expect(refused.reason).to.equal('InvalidAttribute');
    await other.call('SetDefaults');
    await create('2.1');
  });

  it('hold within a batch that can be undone, and not after it was', async () => {
    const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };
    const set = item('SetDefaults', [information(defaults(typed('SymmetricKey'), aes256))], '01');
    const again = item('SetDefaults', [information(defaults(typed('SymmetricKey'), [...aes256, contact('b')]))], '02');
    const make = item('Create', [typed('SymmetricKey'), given('2.1')], '03');
    const failing = item('Get', [text('UniqueIdentifier', 'nothing')], '04');
    const undone = await caller().send([set, again, make, failing], undo);
    expect(undone.at(-1)?.reason).to.equal('ObjectNotFound');
    expect((await caller().refused('Create', typed('SymmetricKey'), given('2.1'))).reason).to.equal('InvalidAttribute');
    const answers = await caller().send([set, again, make], undo);
    expect(answers.map(({ status }) => status)).to.deep.equal(['Success', 'Success', 'Success']);
    expect((await kept(await create('2.1'))).contactInformation).to.equal('b');
  });

  it('and constraints set at the same time are both kept', async () => {
    const constraint = struct('Constraint', struct('Attributes', algorithm('AES')));
    await Promise.all([
      setDefaults(defaults(typed('SymmetricKey'), aes256)),
      caller().call('SetConstraints', struct('Constraints', constraint)),
    ]);
    await create('2.1');
    expect((await caller().call('GetConstraints')).value).to.deep.equal([struct('Constraints', constraint)]);
  });

  it('are kept as they were given', async () => {
    const set = [
      defaults(typed('SymmetricKey'), [...aes256, name('a'), name('b')]),
      defaults(anyOf('PublicKey', 'PrivateKey'), [contact('somebody')], groups('tapes')),
    ];
    await setDefaults(...set);
    const record = await server.fixture.store.get(creationRulesKind, 'client-1');
    const rules = record?.value;
    expect(rules?.objectDefaults).to.have.length(2);
    expect(creationRulesKind.decode(creationRulesKind.encode(rules as NonNullable<typeof rules>))).to.deep.equal(rules);
  });

  describe('that Query tells', () => {
    const queryDefaults = enumerated('QueryFunction', 'QueryDefaultsInformation');
    const told = async (version: string, ...more: Item[]): Promise<readonly Item[]> => {
      const information = at(await caller(version).call('Query', queryDefaults, ...more), 'DefaultsInformation');
      return information === undefined ? [] : all(information, 'ObjectDefaults');
    };
    const ofKeys = defaults(typed('SymmetricKey'), aes256);
    const ofPairs = defaults(anyOf('PublicKey', 'PrivateKey'), [contact('somebody')]);
    const ofTapes = defaults(typed('SymmetricKey'), [contact('tapes')], groups('tapes'));

    it('are those that were set', async () => {
      expect(await told('2.1')).to.deep.equal([]);
      await setDefaults(ofKeys, ofPairs, ofTapes);
      expect(await told('2.1')).to.deep.equal([ofKeys, ofPairs, ofTapes]);
    });

    it('are one for each type in 2.0, which knows no lists and no groups', async () => {
      await setDefaults(ofKeys, ofPairs, ofTapes);
      const each = (['PublicKey', 'PrivateKey'] as const).map((type) => defaults(typed(type), [contact('somebody')]));
      expect(await told('2.0')).to.deep.equal([ofKeys, ...each]);
    });

    it('are those of the groups asked for, if there are such groups', async () => {
      await setDefaults(ofKeys, ofTapes);
      await create('2.1', text('ObjectGroup', 'disks'));
      expect(await told('2.1', groups('tapes'))).to.deep.equal([ofKeys, ofTapes]);
      expect(await told('2.1', groups('disks'))).to.deep.equal([ofKeys]);
      const refused = await caller().refused('Query', queryDefaults, groups('tapes', 'cupboards'));
      expect(refused.reason).to.equal('UnknownObjectGroup');
    });
  });

  for (const [what, wrong, reason] of [
    ['of no type', struct('ObjectDefaults', struct('Attributes', ...aes())), 'InvalidField'],
    ['of a type and of types', defaults(typed('SymmetricKey'), aes(), anyOf('SymmetricKey')), 'InvalidField'],
    ['of a type of a vendor', defaults(enumerated('ObjectType', 0x80000001), aes()), 'InvalidObjectType'],
    ['of Templates', defaults(enumerated('ObjectType', 'Template'), aes()), 'InvalidField'],
    ['that the server sets', defaults(typed('SymmetricKey'), [enumerated('State', 'Active')]), 'InvalidField'],
    [
      'that the type has not',
      defaults(typed('SymmetricKey'), [enumerated('CertificateType', 'X_509')]),
      'InvalidField',
    ],
    ['twice', defaults(typed('SymmetricKey'), [contact('a'), contact('b')]), 'InvalidField'],
    ['without attributes', struct('ObjectDefaults', typed('SymmetricKey')), 'InvalidMessage'],
  ] as const) {
    it(`are not set ${what}`, async () => {
      const refused = await caller().refused('SetDefaults', information(wrong));
      expect(refused.reason, refused.message).to.equal(reason);
    });
  }

  it('are at most a hundred, of five hundred attributes', async () => {
    const of = (number: number, attributes: number): Item[] => {
      const groups = Array.from({ length: attributes }, (_, place) => text('ObjectGroup', String(place)));
      return Array.from({ length: number }, () => defaults(typed('SymmetricKey'), groups));
    };
    await setDefaults(...of(100, 5));
    for (const tooMany of [of(101, 1), of(100, 6)]) {
      expect((await caller().refused('SetDefaults', information(...tooMany))).reason).to.equal('ServerLimitExceeded');
    }
  });

  it('lead to the object that was meant when they were set', async () => {
    const [, set] = await caller().send([
      item('Create', [typed('SymmetricKey'), given('2.1', ...aes())], '01'),
      item(
        'SetDefaults',
        [
          information(
            defaults(typed('SymmetricKey'), [
              ...aes256,
              struct('Link', enumerated('LinkType', 'ReplacedObjectLink'), enumerated('LinkedObjectIdentifier', 1)),
            ]),
          ),
        ],
        '02',
      ),
    ]);
    expect(set?.message).to.equal(undefined);
    const [parent] = await caller().locate();
    expect((await kept(await create('2.1'))).link?.[0]?.linkedObjectIdentifier).to.equal(parent);
  });

  it('came in 2.1', async () => {
    for (const version of versions) {
      if (version === '2.1') continue;
      expect((await caller(version).refused('SetDefaults')).reason, version).to.equal('OperationNotSupported');
    }
  });
});
