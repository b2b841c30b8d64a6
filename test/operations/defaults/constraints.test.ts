/** Set and Get Constraints (KMIP 2.1 §6.1.22, §6.1.52, §7.6): what the client demands of the objects that it makes. */
import { expect } from 'chai';
import { aes, callerOf, given, id, serverForEach, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, struct, text, versions, item } from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { nowOf } from '#test/operations/create/kept';
import { keyBlock } from '#test/fixtures/key-blocks';

const symmetricKey = enumerated('ObjectType', 'SymmetricKey');
const secretData = enumerated('ObjectType', 'SecretData');
const length = (bits: number): Item => int('CryptographicLength', bits);
const algorithm = enumerated('CryptographicAlgorithm', 'AES');
const group = (name: string): Item => text('ObjectGroup', name);
const attributes = (...each: Item[]): Item => struct('Attributes', ...each);
const constraint = (...parts: Item[]): Item => struct('Constraint', ...parts);

const secret = struct(
  'SecretData',
  enumerated('SecretDataType', 'Password'),
  keyBlock('Opaque', bytes('KeyMaterial', '2a')),
);

describe('constraints', () => {
  const server = serverForEach();
  const caller = (version = '2.1') => server.caller(version);
  const demand = (...each: Item[]) => caller().call('SetConstraints', struct('Constraints', ...each));
  const keyOf = (bits: number, ...more: Item[]): Item[] => [
    algorithm,
    length(bits),
    int('CryptographicUsageMask', 12),
    ...more,
  ];
  /** Of a key with these attributes; undefined when it is made. */
  async function refusal(version: string, ...attributes: Item[]): Promise<string | undefined> {
    const [answer] = await caller(version).send([item('Create', [symmetricKey, given(version, ...attributes)])]);
    return answer?.reason;
  }

  for (const version of versions) {
    it(`hold for what is made in ${version}`, async () => {
      await demand(constraint(struct('ObjectTypes', symmetricKey), attributes(length(256))));
      const reason = version < '2.1' ? 'PermissionDenied' : 'ConstraintViolation';
      expect(await refusal(version, ...keyOf(128))).to.equal(reason);
      expect(await caller(version).locate()).to.deep.equal([]);
      expect(await refusal(version, ...keyOf(256))).to.equal(undefined);
      expect(await caller(version).locate()).to.have.length(1);
    });
  }

  it('are met as Locate is: by all bits of a mask, by a date in a range, by parts of a structure', async () => {
    const now = nowOf(server.fixture);
    const range = [date('DeactivationDate', now + 10), date('DeactivationDate', now + 20)];
    await demand(
      constraint(
        attributes(
          int('CryptographicUsageMask', 4),
          ...range,
          struct('Name', enumerated('NameType', 'UninterpretedTextString')),
        ),
      ),
    );
    const fitting = (until: number, kind: number): Item[] => [
      date('DeactivationDate', now + until),
      struct('Name', text('NameValue', 'a'), enumerated('NameType', kind)),
    ];
    expect(await refusal('2.1', ...aes(12), ...fitting(15, 1))).to.equal(undefined);
    expect(await refusal('2.1', ...aes(8), ...fitting(15, 1))).to.equal('ConstraintViolation');
    expect(await refusal('2.1', ...aes(12), ...fitting(25, 1))).to.equal('ConstraintViolation');
    expect(await refusal('2.1', ...aes(12), ...fitting(15, 2))).to.equal('ConstraintViolation');
    expect(await refusal('2.1', ...aes(12))).to.equal('ConstraintViolation');
  });

  it('take any of several values for an attribute that has one, and all for one that has many', async () => {
    await demand(constraint(attributes(length(128), length(256), group('a'), group('b'))));
    for (const bits of [128, 256])
      expect(await refusal('2.1', ...keyOf(bits, group('a'), group('b')))).to.equal(undefined);
    expect(await refusal('2.1', ...keyOf(192, group('a'), group('b')))).to.equal('ConstraintViolation');
    expect(await refusal('2.1', ...keyOf(256, group('a')))).to.equal('ConstraintViolation');
  });

  it('hold for the types and groups that they name, all of them together', async () => {
    await demand(
      constraint(struct('ObjectTypes', symmetricKey), struct('ObjectGroups', group('tapes')), attributes(length(256))),
      constraint(struct('ObjectTypes', symmetricKey), attributes(algorithm)),
      constraint(struct('ObjectTypes', secretData)),
    );
    expect(await refusal('2.1', ...keyOf(128))).to.equal(undefined);
    expect(await refusal('2.1', ...keyOf(128, group('tapes')))).to.equal('ConstraintViolation');
    expect(await refusal('2.1', ...keyOf(256, group('tapes')))).to.equal(undefined);
    await caller().call('Register', secretData, given('2.1', group('tapes'), int('CryptographicUsageMask', 0)), secret);
  });

  it('demand nothing that a type never has', async () => {
    await demand(constraint(attributes(enumerated('CertificateType', 'X_509'))));
    expect(await refusal('2.1', ...keyOf(128))).to.equal(undefined);
  });

  it('look at what the server finds out about registered keys, and at what defaults give', async () => {
    await demand(constraint(attributes(length(256))));
    const registering = (hex: string): Item[] => [
      symmetricKey,
      given('2.1', int('CryptographicUsageMask', 12)),
      struct('SymmetricKey', keyBlock('Raw', bytes('KeyMaterial', hex), algorithm, length(hex.length * 4))),
    ];
    const refused = await caller().refused('Register', ...registering('00'.repeat(16)));
    expect(refused.reason).to.equal('ConstraintViolation');
    await caller().call('Register', ...registering('00'.repeat(32)));
    const defaults = struct('ObjectDefaults', symmetricKey, attributes(...aes()));
    await caller().call('SetDefaults', struct('DefaultsInformation', defaults));
    expect(await refusal('2.1')).to.equal(undefined);
  });

  it('are returned as they were set, and lifted by an empty set', async () => {
    const none = struct('Constraints');
    expect((await caller().call('GetConstraints')).value).to.deep.equal([none]);
    const set = [
      constraint(struct('ObjectTypes', symmetricKey), struct('ObjectGroups', group('tapes')), attributes(length(256))),
      constraint(attributes(struct('Name', enumerated('NameType', 'UninterpretedTextString')))),
    ];
    expect((await demand(...set)).value).to.deep.equal([]);
    expect((await caller().call('GetConstraints')).value).to.deep.equal([struct('Constraints', ...set)]);
    await demand();
    expect((await caller().call('GetConstraints')).value).to.deep.equal([none]);
    expect(await refusal('2.1', ...keyOf(128))).to.equal(undefined);
  });

  it('are each client\u2019s own, and change nothing that is there', async () => {
    const key = await caller().create();
    await demand(constraint(attributes(length(128))));
    const { fixture } = server;
    const other: Caller = callerOf(fixture.handler, fixture.session('client-2'), '2.1');
    await other.create();
    await other.call('SetConstraints', struct('Constraints'));
    expect(await refusal('2.1', ...aes())).to.equal('ConstraintViolation');
    await caller().call('Activate', id(key));
  });

  for (const [what, wrong, reason] of [
    [
      'of a type of a vendor',
      constraint(struct('ObjectTypes', enumerated('ObjectType', 0x80000001))),
      'InvalidObjectType',
    ],
    [
      'of what a type never has',
      constraint(struct('ObjectTypes', symmetricKey), attributes(enumerated('CertificateType', 'X_509'))),
      'InvalidField',
    ],
  ] as const) {
    it(`are not set ${what}`, async () => {
      expect((await caller().refused('SetConstraints', struct('Constraints', wrong))).reason).to.equal(reason);
    });
  }

  it('are given, and came in 2.1', async () => {
    expect((await caller().refused('SetConstraints')).reason).to.equal('InvalidMessage');
    for (const version of versions) {
      if (version === '2.1') continue;
      for (const operation of ['SetConstraints', 'GetConstraints'] as const) {
        expect((await caller(version).refused(operation)).reason, version).to.equal('OperationNotSupported');
      }
    }
  });
});
