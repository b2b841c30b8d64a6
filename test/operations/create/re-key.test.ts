/** Re-key (KMIP 2.1 §6.1.46; 1.4 §4.4): what the new key takes over, and what becomes of the existing one. */
import { expect } from 'chai';
import type { Attributes } from '#objects/attributes/attributes';
import { Tag } from '#protocol/tags';
import { callerOf, custom, given, id, name, serverForEach, type Caller } from '#test/clients/caller';
import { bytes, date, enumerated, int, isOld, long, struct, text, value, versions, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';
import { attributesKept, nowOf } from './kept.ts';

const day = 24 * 3600;
const offsetOf = (seconds: number): Item => ({ tag: Tag.Offset, type: ItemType.Interval, value: seconds });
const group = (label: string): Item => text('ObjectGroup', label);
const limits = (total: bigint): Item =>
  struct('UsageLimits', long('UsageLimitsTotal', total), enumerated('UsageLimitsUnit', 'Byte'));

describe('Re-key', () => {
  const server = serverForEach();
  const { caller } = server;
  const now = (): number => nowOf(server.fixture);
  const kept = async (which: string): Promise<Attributes> =>
    (await attributesKept(server.fixture, which)) as Attributes;
  const reKey = async (here: Caller, which: string, ...more: Item[]): Promise<string> =>
    value(await here.call('ReKey', id(which), ...more), 'UniqueIdentifier') as string;
  const keyOf = async (here: Caller, which: string): Promise<string> =>
    Buffer.from(
      value(await here.call('Get', id(which)), 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial') as Uint8Array,
    ).toString('hex');
  const pass = (seconds: number): void => void (server.fixture.clock.now += seconds * 1000);

  for (const version of versions) {
    it(`makes a new key like the existing one, linked both ways, in ${version}`, async () => {
      const here = caller(version);
      const existing = await here.create(
        ...[name('one'), name('two'), group('a'), group('b'), text('ContactInformation', 'me')],
        custom(version, 'site', text('AttributeValue', 'north')),
        limits(5n),
      );
      await here.call('Activate', id(existing));
      const before = await kept(existing);
      pass(day);
      const made = await reKey(here, existing);
      const [old, latest] = [await kept(existing), await kept(made)];

      expect(await keyOf(here, made))
        .to.match(/^[0-9a-f]{64}$/)
        .and.not.equal(await keyOf(here, existing));
      expect(latest.uniqueIdentifier).to.equal(made).and.not.equal(existing);
      for (const key of [
        ...(['cryptographicAlgorithm', 'cryptographicLength', 'cryptographicUsageMask', 'objectGroup'] as const),
        ...(['contactInformation', 'vendorAttribute', 'name', 'usageLimits', 'activationDate', 'state'] as const),
      ]) {
        expect(latest[key], key).to.deep.equal(before[key]);
      }
      expect([latest.initialDate, latest.originalCreationDate, latest.lastChangeDate]).to.deep.equal([
        now(),
        now(),
        now(),
      ]);
      expect([old.initialDate, old.lastChangeDate]).to.deep.equal([before.initialDate, now()]);
      expect(latest.digest).to.not.deep.equal(old.digest);
      expect(latest.fresh).to.equal(true);
      expect(latest.link).to.deep.equal([{ linkType: 'ReplacedObjectLink', linkedObjectIdentifier: existing }]);
      expect(old.link).to.deep.equal([{ linkType: 'ReplacementObjectLink', linkedObjectIdentifier: made }]);
      expect([old.state, old.name, old.usageLimits]).to.deep.equal(['Active', undefined, before.usageLimits]);
    });

    it(`lets an Offset move the dates in ${version}`, async () => {
      const here = caller(version);
      const start = now() - 10 * day;
      const existing = await here.create(
        date('ActivationDate', start),
        date('ProcessStartDate', start + day),
        date('ProtectStopDate', start + 2 * day),
        date('DeactivationDate', start + 3 * day),
      );
      const { state, ...latest } = await kept(await reKey(here, existing, offsetOf(day)));
      const activation = now() + day;
      expect([
        latest.activationDate,
        latest.processStartDate,
        latest.protectStopDate,
        latest.deactivationDate,
        state,
      ]).to.deep.equal([activation, activation + day, activation + 2 * day, activation + 3 * day, 'PreActive']);
      expect((await kept(await reKey(here, existing, offsetOf(0)))).state).to.equal('Active');
      const old = await kept(existing);
      expect([old.activationDate, old.state]).to.deep.equal([start, 'Deactivated']);
    });

    it(`gives the new key an Activation Date by an Offset where the existing one has none, in ${version}`, async () => {
      const here = caller(version);
      const existing = await here.create();
      const latest = await kept(await reKey(here, existing, offsetOf(60)));
      expect([latest.activationDate, latest.state]).to.deep.equal([now() + 60, 'PreActive']);
    });

    it(`prefers what the request says in ${version}`, async () => {
      const here = caller(version);
      const existing = await here.create(
        ...[name('old'), group('a'), text('ContactInformation', 'me')],
        custom(version, 'site', text('AttributeValue', 'north')),
        custom(version, 'rack', text('AttributeValue', '7')),
      );
      const asked = given(
        version,
        ...[int('CryptographicLength', 128), name('new'), group('c'), date('ActivationDate', now() + day)],
        custom(version, 'site', text('AttributeValue', 'south')),
      );
      const made = await reKey(here, existing, asked);
      const latest = await kept(made);
      expect(await keyOf(here, made)).to.have.lengthOf(32);
      expect(latest.name?.map(({ nameValue }) => nameValue)).to.deep.equal(['old', 'new']);
      expect([latest.objectGroup, latest.contactInformation, latest.activationDate]).to.deep.equal([
        ['c'],
        'me',
        now() + day,
      ]);
      const sites = latest.vendorAttribute?.map(({ attributeName, attributeValue }) => [
        attributeName,
        attributeValue.value,
      ]);
      expect(sites).to.have.deep.members([
        ['rack', '7'],
        ['site', 'south'],
      ]);
    });

    it(`refuses in ${version} what cannot be re-keyed, with nothing changed`, async () => {
      const here = caller(version);
      const old = isOld(version);
      const reasonOf = async (which: string, ...more: Item[]) =>
        (await here.refused('ReKey', id(which), ...more)).reason;
      const key = await here.create(name('the key'), date('ActivationDate', now()));
      const before = await here.locate();

      expect(await reasonOf('no-such-key')).to.equal(old ? 'ItemNotFound' : 'ObjectNotFound');
      expect(await reasonOf(await register(here, ...secret))).to.equal(old ? 'PermissionDenied' : 'InvalidObjectType');
      expect(await reasonOf(await register(here, ...wrapped))).to.equal('PermissionDenied');
      for (const each of ['ActivationDate', 'ProcessStartDate', 'ProtectStopDate', 'DeactivationDate'] as const) {
        const dated = given(version, date(each, now() + day));
        expect(await reasonOf(key, offsetOf(1), dated), each).to.equal('InvalidMessage');
      }
      const undated = await here.create(date('DeactivationDate', now() + day));
      expect(await reasonOf(undated, offsetOf(1))).to.equal(old ? 'IllegalOperation' : 'InvalidField');
      expect(await reasonOf(key, given(version, int('CryptographicLength', 100)))).to.equal(
        old ? 'InvalidField' : 'InvalidAttributeValue',
      );
      const destroyed = await here.create();
      await here.call('Destroy', id(destroyed));
      expect(await reasonOf(destroyed)).to.equal(old ? 'PermissionDenied' : 'ObjectDestroyed');
      expect(await here.locate(name('the key'))).to.deep.equal([key]);
      expect((await here.locate()).length - before.length).to.equal(3);
    });
  }

  const register = async (here: Caller, type: number, object: Item): Promise<string> =>
    value(
      await here.call(
        'Register',
        enumerated('ObjectType', type),
        given(here.version, int('CryptographicUsageMask', 4)),
        object,
      ),
      'UniqueIdentifier',
    ) as string;
  const material = struct('KeyValue', bytes('KeyMaterial', '00'.repeat(16)));
  const said = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 128)];
  const secret = [
    7,
    struct(
      'SecretData',
      enumerated('SecretDataType', 'Password'),
      struct('KeyBlock', enumerated('KeyFormatType', 'Raw'), material),
    ),
  ] as const;
  const wrapped = [
    2,
    struct(
      'SymmetricKey',
      struct(
        'KeyBlock',
        enumerated('KeyFormatType', 'Raw'),
        bytes('KeyValue', '00'.repeat(24)),
        ...said,
        struct(
          'KeyWrappingData',
          enumerated('WrappingMethod', 'Encrypt'),
          struct('EncryptionKeyInformation', text('UniqueIdentifier', 'somewhere else')),
        ),
      ),
    ),
  ] as const;

  it('refuses a key whose value is not here', async () => {
    for (const version of ['1.2', '2.1']) {
      const here = caller(version);
      const absent = await register(
        here,
        2,
        struct('SymmetricKey', struct('KeyBlock', enumerated('KeyFormatType', 'Raw'), ...said)),
      );
      expect((await here.refused('ReKey', id(absent))).reason).to.equal('KeyValueNotPresent');
    }
  });

  it('replaces keys that have expired or are compromised', async () => {
    const here = caller('1.4');
    const expired = await here.create(date('ActivationDate', now() - 3 * day), date('DeactivationDate', now() - day));
    const copy = await kept(await reKey(here, expired));
    expect([copy.state, copy.deactivationDate]).to.deep.equal(['Deactivated', now() - day]);
    const compromised = await here.create(date('ActivationDate', now() - day));
    await here.call(
      'Revoke',
      id(compromised),
      struct('RevocationReason', enumerated('RevocationReasonCode', 'KeyCompromise')),
      date('CompromiseOccurrenceDate', now() - 60),
    );
    const latest = await kept(await reKey(here, compromised, offsetOf(0)));
    expect([
      latest.state,
      latest.compromiseDate,
      latest.compromiseOccurrenceDate,
      latest.revocationReason,
    ]).to.deep.equal(['Active', undefined, undefined, undefined]);
    expect((await kept(compromised)).state).to.equal('Compromised');
  });

  it('does not hold against a key what Activate and Revoke made of its dates', async () => {
    const here = caller('2.1');
    const key = await here.create(date('ProcessStartDate', now() - day), date('ProtectStopDate', now() + day));
    await here.call('Activate', id(key));
    await here.call(
      'Revoke',
      id(key),
      struct('RevocationReason', enumerated('RevocationReasonCode', 'CessationOfOperation')),
    );
    expect((await kept(await reKey(here, key))).state).to.equal('Deactivated');
  });

  it('restarts the count of Usage Limits, and leaves the existing count alone', async () => {
    const here = caller('1.4');
    const existing = await here.create(limits(9n));
    await here.call('Activate', id(existing));
    await here.call('GetUsageAllocation', id(existing), long('UsageLimitsCount', 4n));
    const countOf = async (which: string) => (await kept(which)).usageLimits?.usageLimitsCount;
    expect([await countOf(await reKey(here, existing)), await countOf(existing)]).to.deep.equal([9n, 5n]);
  });

  it('keeps the Key Format Type, or makes the one that a client of 2.x asks for', async () => {
    const here = caller('2.1');
    const formatOf = async (which: string) => (await kept(which)).keyFormatType;
    const key = await here.create(enumerated('KeyFormatType', 'TransparentSymmetricKey'));
    expect(await formatOf(key)).to.equal('TransparentSymmetricKey');
    expect(await formatOf(await reKey(here, key))).to.equal('TransparentSymmetricKey');
    expect(await formatOf(await reKey(here, key, given('2.1', enumerated('KeyFormatType', 'Raw'))))).to.equal('Raw');
    const refused = await here.refused('ReKey', id(key), given('2.1', enumerated('KeyFormatType', 'PKCS_1')));
    expect(refused.reason).to.equal('KeyFormatTypeNotSupported');
  });

  it('sets the ID Placeholder, and takes it when no key is named', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create();
      const [first, second, got] = await here.send([
        item('ReKey', [id(key)], '01'),
        item('ReKey', [], '02'),
        item('Get', [], '03'),
      ]);
      expect([first?.status, second?.status, got?.status]).to.deep.equal(['Success', 'Success', 'Success']);
      const made = value(second?.payload as Item, 'UniqueIdentifier');
      expect(value(got?.payload as Item, 'UniqueIdentifier')).to.equal(made);
      expect((await kept(made as string)).link).to.deep.equal([
        { linkType: 'ReplacedObjectLink', linkedObjectIdentifier: value(first?.payload as Item, 'UniqueIdentifier') },
      ]);
    }
  });

  it('leads to the newest key when one is re-keyed again', async () => {
    const here = caller('1.4');
    const existing = await here.create(name('the key'));
    await reKey(here, existing);
    const second = await reKey(here, existing);
    expect((await kept(existing)).link).to.deep.equal([
      { linkType: 'ReplacementObjectLink', linkedObjectIdentifier: second },
    ]);
    expect((await kept(second)).name).to.equal(undefined);
  });

  it('counts generations, and says which is the latest', async () => {
    const here = caller('2.1');
    const first = await here.create(
      struct('RotateName', text('RotateNameValue', 'the set'), enumerated('RotateNameType', 'UninterpretedTextString')),
    );
    const second = await reKey(here, first);
    const [old, latest] = [await kept(first), await kept(second)];
    expect([old.rotateGeneration, old.rotateLatest, old.rotateDate]).to.deep.equal([0, false, now()]);
    expect([latest.rotateGeneration, latest.rotateLatest, latest.rotateDate]).to.deep.equal([1, true, undefined]);
    expect(latest.rotateName).to.deep.equal(old.rotateName);
  });

  it('refuses places that the server has not, and keys of others', async () => {
    const here = caller('2.1');
    const key = await here.create();
    const masks = struct('ProtectionStorageMasks', int('ProtectionStorageMask', 2));
    expect((await here.refused('ReKey', id(key), masks)).reason).to.equal('ProtectionStorageUnavailable');
    const { fixture } = server;
    const foreign = callerOf(fixture.handler, fixture.session('client-2'), '2.1');
    expect((await foreign.refused('ReKey', id(key))).reason).to.equal('ObjectNotFound');
  });
});
