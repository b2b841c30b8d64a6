/** What Import takes, what becomes of it, and what it refuses (KMIP 2.1 §6.1.25; 1.4 §4.41, §11.42). */
import { expect } from 'chai';
import { objectIn, statefulTypes, states } from '#test/access/objects-in-states';
import { callerOf, custom, id, named, name, serverForEach, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  at,
  attribute,
  bool,
  bytes,
  date,
  enumerated,
  int,
  isOld,
  long,
  struct,
  text,
  value,
  item,
} from '#test/fixtures/items';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/index';
import {
  attributeOf,
  exported,
  importing,
  symmetricKey,
  versionsWithImport,
  type Exported,
} from '#test/operations/fetch/export-import';
import { attributesKept, hasMaterial } from './kept.ts';
import { material } from '#test/operations/wrapping/wrapping';

const keyBlock = (...rest: Item[]): Item => struct('KeyBlock', enumerated('KeyFormatType', 'Raw'), ...rest);
const said = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 128)];
const aesKey = struct('SymmetricKey', keyBlock(struct('KeyValue', bytes('KeyMaterial', material)), ...said));
const leaseTime: Item = { tag: Tag.LeaseTime, type: ItemType.Interval, value: 60 };
const mask = int('CryptographicUsageMask', 12);

describe('Import', () => {
  const server = serverForEach();
  const { caller } = server;

  const imported = async (here: Caller, what: Exported, ...more: Item[]): Promise<string> =>
    value(await here.call('Import', ...importing(here, what, ...more)), 'UniqueIdentifier') as string;
  const reasonOf = async (here: Caller, what: Exported, ...more: Item[]): Promise<unknown> =>
    (await here.refused('Import', ...importing(here, what, ...more))).reason;

  describe('of what another server exported', () => {
    let elsewhere: Fixture;
    beforeEach(async () => (elsewhere = await openFixture()));
    afterEach(() => elsewhere.close());

    for (const version of versionsWithImport) {
      const types = [...statefulTypes, 'PGPKey', isOld(version) ? 'Template' : 'CertificateRequest'] as const;
      for (const type of types) {
        it(`keeps a ${type} as it was, in every state, in ${version}`, async () => {
          const there = callerOf(elsewhere.handler, elsewhere.session(), version);
          const here = caller(version);
          for (const state of type === 'Template' ? [undefined] : states) {
            const found = await exported(there, await objectIn(elsewhere, version, type, state));
            expect(await imported(here, found)).to.equal(found.id);
            const again = await exported(here, found.id);
            expect(again.object, state).to.deep.equal(found.object);
            expect(again.attributes, state).to.have.deep.members(found.attributes);
          }
        });
      }
    }
  });

  it('sets what the server sets otherwise as supplied', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const then = 1_000_000_000;
      const attributes = [
        ...[text('UniqueIdentifier', `key-${version}`), enumerated('ObjectType', 'SymmetricKey'), mask],
        ...[enumerated('State', 'Compromised'), date('InitialDate', then), date('LastChangeDate', then + 5)],
        ...[date('ActivationDate', then + 1), date('CompromiseDate', then + 4), date('DeactivationDate', then + 2)],
        // Of Revoke, which heeds no order.
        date('ProtectStopDate', then + 3),
        struct('RevocationReason', enumerated('RevocationReasonCode', 'KeyCompromise')),
        struct(
          'Digest',
          enumerated('HashingAlgorithm', 'SHA_256'),
          bytes('DigestValue', '00ff'),
          enumerated('KeyFormatType', 'Raw'),
        ),
        ...[bool('Fresh', false), bool('AlwaysSensitive', true), bool('NeverExtractable', false), leaseTime],
        struct(
          'UsageLimits',
          long('UsageLimitsTotal', 9n),
          long('UsageLimitsCount', 4n),
          enumerated('UsageLimitsUnit', 'Object'),
        ),
      ];
      const which = await imported(here, symmetricKey(`key-${version}`, attributes, aesKey));
      expect(which).to.equal(`key-${version}`);
      expect(await attributesKept(server.fixture, which)).to.deep.include({
        uniqueIdentifier: which,
        state: 'Compromised',
        initialDate: then,
        lastChangeDate: then + 5,
        compromiseDate: then + 4,
        fresh: false,
        alwaysSensitive: true,
        neverExtractable: false,
        leaseTime: 60,
        sensitive: false,
        cryptographicAlgorithm: 'AES',
      });
      const kept = await attributesKept(server.fixture, which);
      expect(kept?.usageLimits?.usageLimitsCount).to.equal(4n);
      expect(kept?.digest?.map(({ digestValue }) => Buffer.from(digestValue).toString('hex'))).to.deep.equal(['00ff']);
    }
  });

  it('sets what an object always has when it is not supplied', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const which = await imported(here, symmetricKey(`bare-${version}`, [mask], aesKey));
      const kept = await attributesKept(server.fixture, which);
      expect(kept).to.include({ state: 'PreActive', fresh: true, initialDate: server.fixture.clock.now / 1000 });
      expect(kept?.digest).to.have.length(1);
      expect((at(await here.call('Get', id(which)), 'SymmetricKey') as Item).value).to.deep.equal(aesKey.value);
    }
  });

  it('keeps custom attributes, also those of a server', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const servers = isOld(version)
        ? attribute('y-rack', text('AttributeValue', 'seven'))
        : struct(
            'Attribute',
            text('VendorIdentification', 'y'),
            text('AttributeName', 'rack'),
            text('AttributeValue', 'seven'),
          );
      const which = `custom-${version}`;
      const attributes = [mask, name('one'), name('two'), custom(version, 'count', int('AttributeValue', 7)), servers];
      await imported(here, symmetricKey(which, attributes, aesKey));
      expect(await here.attributes(which)).to.deep.include.members([servers]);
      expect(await here.locate(name('two'))).to.include(which);
    }
  });

  it('takes the attributes that stand within the Key Value, those of the server among them', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const inside = [mask, date('InitialDate', 1_000_000_000)];
      const keyValue = struct(
        'KeyValue',
        bytes('KeyMaterial', material),
        ...(isOld(version) ? inside.map(named) : [struct('Attributes', ...inside)]),
      );
      const key = struct('SymmetricKey', keyBlock(keyValue, ...said));
      const which = await imported(here, symmetricKey(`within-${version}`, [enumerated('State', 'PreActive')], key));
      expect(await attributesKept(server.fixture, which)).to.include({
        initialDate: 1_000_000_000,
        cryptographicUsageMask: 12,
      });
      expect(await reasonOf(here, symmetricKey('twice', [int('CryptographicUsageMask', 4)], key))).to.equal(
        isOld(version) ? 'InvalidField' : 'InvalidAttributeValue',
      );
    }
  });

  it('replaces an existing object only on request, all of it', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create(text('ContactInformation', 'somebody'));
      const before = await exported(here, key);
      const other = symmetricKey(key, [mask], aesKey);
      expect(await reasonOf(here, other)).to.equal('ObjectAlreadyExists');
      expect(await reasonOf(here, other, bool('ReplaceExisting', false))).to.equal('ObjectAlreadyExists');
      expect((await exported(here, key)).attributes).to.deep.equal(before.attributes);
      expect(await imported(here, other, bool('ReplaceExisting', true))).to.equal(key);
      const after = await exported(here, key);
      expect(after.object).to.deep.equal(aesKey);
      expect(attributeOf(after, 'ContactInformation', 'Contact Information')).to.equal(undefined);
      await here.call('Destroy', id(key));
      expect(await reasonOf(here, other)).to.equal('ObjectAlreadyExists');
      // What was exported brings it back to life.
      await imported(here, before, bool('ReplaceExisting', true));
      expect(at(await here.call('Get', id(key)), 'SymmetricKey')).to.deep.equal(before.object);
    }
  });

  it('replaces with something of another type, and with what is destroyed', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      const opaque = struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '2a'));
      await imported(
        here,
        { id: key, objectType: 8, attributes: [name('opaque')], object: opaque },
        bool('ReplaceExisting', true),
      );
      expect(at(await here.call('Get', id(key)), 'OpaqueObject')).to.deep.equal(opaque);
      const gone = symmetricKey(
        key,
        [mask, enumerated('State', 'Destroyed')],
        struct('SymmetricKey', keyBlock(...said)),
      );
      await imported(here, gone, bool('ReplaceExisting', true));
      expect(await hasMaterial(server.fixture, key)).to.equal(false);
      expect((await here.refused('Get', id(key))).reason).to.equal(
        isOld(version) ? 'IllegalOperation' : 'ObjectDestroyed',
      );
    }
  });

  it("never replaces another client's object", async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      const other = callerOf(server.fixture.handler, server.fixture.session('client-2'), version);
      for (const more of [[], [bool('ReplaceExisting', true)]]) {
        expect(await reasonOf(other, symmetricKey(key, [mask], aesKey), ...more)).to.equal('ObjectAlreadyExists');
      }
      await here.call('Get', id(key));
    }
  });

  it('fills the ID Placeholder', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const what = symmetricKey(`placed-${version}`, [mask], aesKey);
      const [, answer] = await here.send([item('Import', importing(here, what), '01'), item('Get', [], '02')]);
      expect(value(answer?.payload as Item, 'UniqueIdentifier')).to.equal(what.id);
    }
  });

  it('takes the identifiers of other servers, and none that cannot be kept or shown', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      for (const each of ['1', 'urn:kms:object/4711 a', 'schl\u00fcssel', 'x'.repeat(255)]) {
        const which = `${each.slice(0, 250)}-${version}`;
        expect(await imported(here, symmetricKey(which, [mask], aesKey))).to.equal(which);
        expect(await here.locate()).to.include(which);
      }
      for (const each of ['', 'x'.repeat(256), 'line\nbreak', 'esc\u001b[2J', '\u0000']) {
        expect(await reasonOf(here, symmetricKey(each, [mask], aesKey)), JSON.stringify(each)).to.equal('InvalidField');
      }
    }
  });

  it('refuses with the reasons of its table, and keeps nothing', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const [field, attributeValue] = isOld(version)
        ? (['InvalidField', 'InvalidField'] as const)
        : (['InvalidAttribute', 'InvalidAttributeValue'] as const);
      const refused = (attributes: readonly Item[], object = aesKey, ...more: Item[]) =>
        reasonOf(here, symmetricKey('refused', attributes, object), ...more);
      const secret = struct(
        'SecretData',
        enumerated('SecretDataType', 'Password'),
        keyBlock(struct('KeyValue', bytes('KeyMaterial', '2a'))),
      );
      if (!isOld(version)) expect(await refused([mask], secret)).to.equal('InvalidField');
      expect(await refused([mask, enumerated('ObjectType', 'SecretData')])).to.equal(attributeValue);
      expect(await refused([mask, text('UniqueIdentifier', 'another')])).to.equal(attributeValue);
      expect(await refused([mask, enumerated('CryptographicAlgorithm', 'DES3')])).to.equal(attributeValue);
      expect(await refused([mask, int('CertificateLength', 9)])).to.equal(field);
      expect(await refused([mask, mask])).to.equal(isOld(version) ? 'InvalidField' : 'AttributeSingleValued');
      expect(await refused([mask, name('one'), name('one')])).to.equal(
        isOld(version) ? 'InvalidField' : 'NonUniqueNameAttribute',
      );
      expect(
        await refused([mask, struct('ApplicationSpecificInformation', text('ApplicationNamespace', 'none'))]),
      ).to.equal('ApplicationNamespaceNotSupported');
      const groups = Array.from({ length: 1001 }, (_, place) => text('ObjectGroup', `group ${place}`));
      expect(await refused([mask, ...groups])).to.equal(isOld(version) ? 'IndexOutOfBounds' : 'ServerLimitExceeded');
      expect(await refused([mask, enumerated('State', 'Destroyed')])).to.equal('InvalidField');
      expect(await refused([mask, date('DestroyDate', 1)])).to.equal(attributeValue);
      expect(await refused([mask], aesKey, enumerated('KeyWrapType', 0x80000001))).to.equal(
        isOld(version) ? 'FeatureNotSupported' : 'KeyWrapTypeNotSupported',
      );
      const short = struct('SymmetricKey', keyBlock(struct('KeyValue', bytes('KeyMaterial', '00')), ...said));
      expect(await refused([mask], short)).to.equal(attributeValue);
      expect((await here.refused('Import', id('refused'), aesKey)).reason).to.equal('InvalidMessage');
      expect(await here.locate()).to.deep.equal([]);
    }
  });

  it('takes an Object Type in 1.4 too, and wants it in 2.x', async () => {
    const what = symmetricKey('typed', [mask], aesKey);
    await caller('1.4').call('Import', ...importing(caller('1.4'), what, enumerated('ObjectType', 'SymmetricKey')));
    expect(await reasonOf(caller('1.4'), { ...what, id: 'other' }, enumerated('ObjectType', 'SecretData'))).to.equal(
      'InvalidField',
    );
    const without = importing(caller('2.1'), { ...what, id: 'other' }).filter(({ tag }) => tag !== Tag.ObjectType);
    expect((await caller('2.1').refused('Import', ...without)).reason).to.equal('InvalidMessage');
  });

  it('keeps the Attribute Indexes that deletions have left', async () => {
    const elsewhere = await openFixture();
    try {
      const there = callerOf(elsewhere.handler, elsewhere.session(), '1.4');
      const key = await there.create(
        ...['a', 'b', 'c'].map((each) => custom('1.4', `mark-${each}`, int('AttributeValue', 1))),
      );
      for (const each of ['zero', 'one', 'two']) await there.call('AddAttribute', id(key), named(name(each)));
      await there.call('DeleteAttribute', id(key), text('AttributeName', 'Name'), int('AttributeIndex', 1));
      const found = await exported(there, key);
      const here = caller('1.4');
      await imported(here, found);
      expect((await exported(here, key)).attributes).to.have.deep.members(found.attributes);
      await here.call('DeleteAttribute', id(key), text('AttributeName', 'Name'), int('AttributeIndex', 2));
      expect(await here.locate(name('two'))).to.deep.equal([]);
      expect(await here.locate(name('zero'))).to.deep.equal([key]);
    } finally {
      await elsewhere.close();
    }
  });

  it('lets one of those win who import at once', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const what = symmetricKey(`raced-${version}`, [mask], aesKey);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => here.send([item('Import', importing(here, what))])),
      );
      const reasons = answers.map(([answer]) => answer?.reason ?? 'none').sort();
      expect(reasons).to.deep.equal([...Array<string>(7).fill('ObjectAlreadyExists'), 'none']);
    }
  });

  it("heeds the client's constraints, also in place of what exists", async () => {
    const here = caller('2.1');
    const key = await here.create();
    const demanded = struct('Attributes', int('CryptographicLength', 256));
    await here.call('SetConstraints', struct('Constraints', struct('Constraint', demanded)));
    for (const more of [[], [bool('ReplaceExisting', true)]]) {
      const what = symmetricKey(more.length === 0 ? 'new' : key, [mask], aesKey);
      expect(await reasonOf(here, what, ...more)).to.equal('ConstraintViolation');
    }
    expect(await here.locate()).to.deep.equal([key]);
  });

  it('within a batch that is undone leaves no trace', async () => {
    for (const version of versionsWithImport) {
      const here = caller(version);
      const key = await here.create();
      const before = await exported(here, key);
      const answers = await here.send(
        [
          item('Import', importing(here, symmetricKey(key, [mask], aesKey), bool('ReplaceExisting', true)), '01'),
          item('Import', importing(here, symmetricKey(`undone-${version}`, [mask], aesKey)), '02'),
          item('Get', [id('nothing')], '03'),
        ],
        { before: [enumerated('BatchErrorContinuationOption', 'Undo')] },
      );
      expect(answers.map(({ status }) => status)).to.deep.equal([
        'OperationUndone',
        'OperationUndone',
        'OperationFailed',
      ]);
      expect(await exported(here, key)).to.deep.equal(before);
      expect((await here.refused('Get', id(`undone-${version}`))).status).to.equal('OperationFailed');
    }
  });
});
