/** Add, Modify, Set and Delete Attribute through the whole server; what Get Attributes says afterwards is the proof. */
import { expect } from 'chai';
import type { ResultReason } from '#protocol/kmip-error';
import type { TagName } from '#protocol/tags';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  all,
  bool,
  bytes,
  date,
  enumerated,
  int,
  long,
  request,
  struct,
  text,
  value,
  versions,
  type VersionText,
  item,
} from '#test/fixtures/items';
import type { Item } from '#ttlv/item';
import { attributesOf, held, plain } from './attribute-requests.ts';
import {
  currentAttribute,
  custom,
  nameOf,
  newAttribute,
  oneAttribute,
  referenceTo,
  type Given,
} from '#test/fixtures/attributes';
import { ask, createKey, type Answer } from '#test/fixtures/batches';

const ofOld = versions.filter((version) => version < '2');
const ofNew = versions.filter((version) => version >= '2');

describe('the operations that change attributes', () => {
  let fixture: Fixture;
  let now: number;
  beforeEach(async () => {
    fixture = await openFixture();
    now = fixture.clock.now / 1000;
  });
  afterEach(() => fixture.close());

  const id = (which: string): Item => text('UniqueIdentifier', which);
  const add = (version: VersionText, which: string, given: Given): Promise<Answer> =>
    ask(fixture, version, 'AddAttribute', [id(which), newAttribute(version, given)]);
  const modify = (version: VersionText, which: string, given: Given, index?: number): Promise<Answer> =>
    ask(fixture, version, 'ModifyAttribute', [id(which), newAttribute(version, given, index)]);
  const modifyFrom = (which: string, from: Given, given: Given): Promise<Answer> =>
    ask(fixture, '2.1', 'ModifyAttribute', [id(which), currentAttribute(from), newAttribute('2.1', given)]);
  const set = (which: string, given: Given): Promise<Answer> =>
    ask(fixture, '2.1', 'SetAttribute', [id(which), newAttribute('2.1', given)]);
  const remove = (version: VersionText, which: string, ...payload: Item[]): Promise<Answer> =>
    ask(fixture, version, 'DeleteAttribute', [id(which), ...payload]);
  const valuesOf = async (which: string, tag: Parameters<typeof attributesOf>[3]): Promise<unknown[]> =>
    (await attributesOf(fixture, '2.1', which, tag)).map(plain);
  const plainValues = (...given: Given[]): unknown[] => given.map((each) => plain(oneAttribute('2.1', each)));
  const indexes = async (which: string, tag: Parameters<typeof attributesOf>[3]): Promise<unknown[]> =>
    (await attributesOf(fixture, '1.4', which, tag)).map((each) => all(each, 'AttributeIndex')[0]?.value ?? 0);
  const failed = (answer: Answer, reason: ResultReason, says?: RegExp): void => {
    expect([answer.status, answer.reason, answer.message]).to.deep.equal(['OperationFailed', reason, answer.message]);
    if (says !== undefined) expect(answer.message).to.match(says);
  };
  const succeeded = (answer: Answer): void => {
    expect(answer.message).to.equal(undefined);
  };
  const counter = (number: number): Given => custom('x-Counter', int('AttributeValue', number));

  for (const version of versions) {
    it(`adds, modifies and deletes a custom attribute in ${version}, echoing it in 1.x`, async () => {
      const which = await createKey(fixture, version);
      const echo = (given: Given): unknown => ({
        ResponsePayload: [{ UniqueIdentifier: which }, ...(version < '2' ? [plain(oneAttribute(version, given))] : [])],
      });
      expect(plain((await add(version, which, counter(1))).payload)).to.deep.equal(echo(counter(1)));
      expect(plain((await modify(version, which, counter(2))).payload)).to.deep.equal(echo(counter(2)));
      expect(await valuesOf(which, 'x-Counter')).to.deep.equal(plainValues(counter(2)));
      const gone = await remove(version, which, referenceTo(version, 'x-Counter'));
      expect(plain(gone.payload)).to.deep.equal(echo(counter(2)));
      expect(await valuesOf(which, 'x-Counter')).to.deep.equal([]);
    });

    it(`takes in ${version} the ID Placeholder for an absent identifier`, async () => {
      const template = struct(
        version < '2' ? 'TemplateAttribute' : 'Attributes',
        ...[
          enumerated('CryptographicAlgorithm', 'AES'),
          int('CryptographicLength', 128),
          int('CryptographicUsageMask', 12),
        ].map((each) => oneAttribute(version, each)),
      );
      const answer = await fixture.exchange(
        request(version, [
          item('Create', [enumerated('ObjectType', 'SymmetricKey'), template], '01'),
          item('AddAttribute', [newAttribute(version, text('ContactInformation', 'me'))], '02'),
          item('ModifyAttribute', [newAttribute(version, text('ContactInformation', 'you'))], '03'),
        ]),
      );
      expect(all(answer, 'BatchItem').map((each) => value(each, 'ResultStatus'))).to.deep.equal([0, 0, 0]);
    });

    it(`adds in ${version} to what takes several values, and refuses what takes one`, async () => {
      const which = await createKey(fixture, version, nameOf('first'));
      succeeded(await add(version, which, nameOf('second')));
      expect(await valuesOf(which, 'Name')).to.deep.equal(plainValues(nameOf('first'), nameOf('second')));
      succeeded(await add(version, which, text('ContactInformation', 'me')));
      failed(
        await add(version, which, text('ContactInformation', 'you')),
        version < '2' ? 'IllegalOperation' : 'AttributeSingleValued',
        /Contact Information must have at most one value/,
      );
      expect(await held(fixture, which, 'ContactInformation')).to.equal('me');
    });

    it(`refuses in ${version} a Name that the object has`, async () => {
      const which = await createKey(fixture, version, nameOf('first'), nameOf('second'));
      const reason = version < '2' ? 'IllegalOperation' : 'NonUniqueNameAttribute';
      failed(await add(version, which, nameOf('second')), reason, /already has this Name/);
      if (version < '2') failed(await modify(version, which, nameOf('second')), reason);
      else failed(await modifyFrom(which, nameOf('first'), nameOf('second')), reason);
    });

    it(`refuses in ${version} what only the server sets, in each operation by its own reason`, async () => {
      const which = await createKey(fixture, version);
      const given: readonly [TagName, Given][] = [
        ['State', enumerated('State', 'Active')],
        ['CryptographicLength', int('CryptographicLength', 128)],
        ['InitialDate', date('InitialDate', 0)],
        ['LastChangeDate', date('LastChangeDate', 0)],
      ];
      const added = version < '2' ? 'PermissionDenied' : 'ReadOnlyAttribute';
      const modified = version < '2' ? 'PermissionDenied' : 'AttributeReadOnly';
      for (const [tag, one] of given) {
        failed(await add(version, which, one), added);
        failed(await modify(version, which, one), modified);
        failed(await remove(version, which, referenceTo(version, tag)), modified);
        if (version >= '2')
          failed(await ask(fixture, version, 'SetAttribute', [id(which), newAttribute(version, one)]), added);
      }
      const servers = custom('y-Mine', int('AttributeValue', 1));
      failed(await add(version, which, servers), added, /"y-Mine" cannot be changed: only the server sets it/);
      failed(await modify(version, which, servers), modified);
      failed(await remove(version, which, referenceTo(version, 'y-Mine')), modified);
      failed(await modify(version, which, int('CryptographicUsageMask', 1)), modified, /cannot be modified/);
      failed(
        await remove(version, which, referenceTo(version, 'CryptographicUsageMask')),
        modified,
        /cannot be deleted/,
      );
    });

    it(`tells in ${version} an attribute that is absent from an instance that is`, async () => {
      const which = await createKey(fixture, version, nameOf('first'));
      const old = version < '2';
      failed(
        await modify(version, which, text('ContactInformation', 'me')),
        old ? 'InvalidField' : 'AttributeNotFound',
        /has no Contact Information/,
      );
      failed(
        await remove(version, which, referenceTo(version, 'ContactInformation')),
        old ? 'ItemNotFound' : 'AttributeNotFound',
      );
      if (old) {
        failed(await modify(version, which, nameOf('other'), 3), 'ItemNotFound', /Attribute Index 3/);
        failed(await remove(version, which, referenceTo(version, 'Name'), int('AttributeIndex', 1)), 'ItemNotFound');
      } else {
        failed(await modifyFrom(which, nameOf('other'), nameOf('third')), 'AttributeInstanceNotFound');
        failed(await remove(version, which, currentAttribute(nameOf('other'))), 'AttributeInstanceNotFound');
      }
      expect(await valuesOf(which, 'Name')).to.deep.equal(plainValues(nameOf('first')));
    });

    it(`moves in ${version} the state when Activation or Deactivation Date is set to now or before`, async () => {
      const which = await createKey(fixture, version, date('ActivationDate', now + 100));
      succeeded(await modify(version, which, date('ActivationDate', now + 50)));
      expect(await held(fixture, which, 'State')).to.equal(1);
      succeeded(await modify(version, which, date('ActivationDate', now)));
      expect(await held(fixture, which, 'State')).to.equal(2);
      failed(
        await modify(version, which, date('ActivationDate', now)),
        version < '2' ? 'PermissionDenied' : 'WrongKeyLifecycleState',
        /Activation Date cannot be changed/,
      );
      succeeded(await add(version, which, date('DeactivationDate', now + 100)));
      succeeded(await modify(version, which, date('DeactivationDate', now - 1)));
      expect(await held(fixture, which, 'State')).to.equal(3);
      failed(
        await modify(version, which, date('DeactivationDate', now + 100)),
        version < '2' ? 'PermissionDenied' : 'WrongKeyLifecycleState',
      );
      failed(
        await add(version, which, date('ProcessStartDate', now + 100)),
        version < '2' ? 'PermissionDenied' : 'WrongKeyLifecycleState',
      );
    });

    it(`dates in ${version} every change, and leaves a refused one undated`, async () => {
      const which = await createKey(fixture, version);
      const changes = [
        () => add(version, which, text('ContactInformation', 'me')),
        () => modify(version, which, text('ContactInformation', 'you')),
        () => remove(version, which, referenceTo(version, 'ContactInformation')),
      ];
      for (const change of changes) {
        fixture.clock.now += 60_000;
        succeeded(await change());
        expect(await held(fixture, which, 'LastChangeDate')).to.equal(BigInt(fixture.clock.now / 1000));
      }
      const last = fixture.clock.now / 1000;
      fixture.clock.now += 60_000;
      await add(version, which, enumerated('State', 'Active'));
      expect(await held(fixture, which, 'LastChangeDate')).to.equal(BigInt(last));
    });

    it(`refuses in ${version} attributes that objects of the type never have`, async () => {
      const which = await createKey(fixture, version);
      failed(
        await add(version, which, struct('CryptographicDomainParameters', int('Qlength', 256))),
        version < '2' ? 'PermissionDenied' : 'InvalidAttribute',
        /Cryptographic Domain Parameters is not an attribute of Object Type SymmetricKey/,
      );
    });

    it(`hides in ${version} other clients' objects from changes`, async () => {
      const which = await createKey(fixture, version);
      const answer = await fixture.exchange(
        request(version, [item('AddAttribute', [id(which), newAttribute(version, text('ContactInformation', 'me'))])]),
        fixture.session('client-2'),
      );
      expect(value(answer, 'BatchItem', 'ResultReason')).to.equal(version < '2' ? 1 : 0x37);
      expect(await held(fixture, which, 'ContactInformation')).to.equal(undefined);
    });
  }

  for (const version of ofOld) {
    it(`refuses in ${version} to add under an index of the client's`, async () => {
      const which = await createKey(fixture, version);
      const answer = await ask(fixture, version, 'AddAttribute', [id(which), newAttribute(version, nameOf('a'), 0)]);
      failed(answer, 'InvalidField', /Attribute Index/);
    });

    it(`refuses in ${version} names that nobody defined, and those of newer versions`, async () => {
      const which = await createKey(fixture, version);
      const named = (name: string): Item =>
        struct('Attribute', text('AttributeName', name), text('AttributeValue', 'x'));
      for (const name of ['Contact Informatoin', 'Certificate Subject CN']) {
        failed(
          await ask(fixture, version, 'AddAttribute', [id(which), named(name)]),
          'PermissionDenied',
          RegExp(`"${name}"`),
        );
        failed(await ask(fixture, version, 'ModifyAttribute', [id(which), named(name)]), 'InvalidField', RegExp(name));
      }
      failed(await remove(version, which, text('AttributeName', 'Nmae')), 'ItemNotFound', /"Nmae"/);
    });

    it(`keeps in ${version} the index of every other instance, after deletions and later additions`, async () => {
      const names = ['a', 'b', 'c', 'd'].map(nameOf);
      const which = await createKey(fixture, version, ...names);
      const gone = await remove(version, which, referenceTo(version, 'Name'), int('AttributeIndex', 1));
      expect(plain(all(gone.payload, 'Attribute')[0] as Item)).to.deep.equal(
        plain(oneAttribute(version, nameOf('b'), 1)),
      );
      expect(await indexes(which, 'Name')).to.deep.equal([0, 2, 3]);
      const added = await add(version, which, nameOf('e'));
      expect(plain(all(added.payload, 'Attribute')[0] as Item)).to.deep.equal(
        plain(oneAttribute(version, nameOf('e'), 4)),
      );
      succeeded(await remove(version, which, referenceTo(version, 'Name'), int('AttributeIndex', 0)));
      expect(await indexes(which, 'Name')).to.deep.equal([2, 3, 4]);
      failed(await modify(version, which, nameOf('f')), 'ItemNotFound');
      const modified = await modify(version, which, nameOf('f'), 3);
      expect(plain(all(modified.payload, 'Attribute')[0] as Item)).to.deep.equal(
        plain(oneAttribute(version, nameOf('f'), 3)),
      );
      expect(await valuesOf(which, 'Name')).to.deep.equal(plainValues(...['c', 'f', 'e'].map(nameOf)));
      for (const index of [2, 3, 4]) {
        succeeded(await remove(version, which, referenceTo(version, 'Name'), int('AttributeIndex', index)));
      }
      succeeded(await add(version, which, nameOf('g')));
      expect(await indexes(which, 'Name')).to.deep.equal([0]);
    });

    it(`numbers in ${version} custom attributes of different names apart`, async () => {
      const other = (number: number): Given => custom('x-Other', int('AttributeValue', number));
      const which = await createKey(fixture, version, counter(10), other(20), counter(11), other(21), counter(12));
      succeeded(await remove(version, which, referenceTo(version, 'x-Counter'), int('AttributeIndex', 0)));
      expect(await indexes(which, 'x-Counter')).to.deep.equal([1, 2]);
      expect(await indexes(which, 'x-Other')).to.deep.equal([0, 1]);
      succeeded(await add(version, which, other(22)));
      expect(await indexes(which, 'x-Other')).to.deep.equal([0, 1, 2]);
      succeeded(await modify(version, which, other(31), 1));
      expect(await valuesOf(which, 'x-Other')).to.deep.equal(plainValues(other(20), other(31), other(22)));
    });
  }

  it('deletes by default the instance with index 0, but not one of several in 1.0', async () => {
    for (const version of ofOld) {
      const which = await createKey(fixture, version, nameOf('a'), nameOf('b'));
      const answer = await remove(version, which, referenceTo(version, 'Name'));
      if (version === '1.0') failed(answer, 'InvalidField', /several values of Name: name one/);
      else expect(await valuesOf(which, 'Name')).to.deep.equal(plainValues(nameOf('b')));
    }
  });

  for (const version of ofNew) {
    it(`modifies in ${version} the instance whose value is given, and not one of several without a value`, async () => {
      const which = await createKey(fixture, version, nameOf('a'), nameOf('b'));
      failed(await modify(version, which, nameOf('c')), 'AttributeInstanceNotFound', /name one/);
      succeeded(await modifyFrom(which, nameOf('b'), nameOf('c')));
      expect(await valuesOf(which, 'Name')).to.deep.equal(plainValues(nameOf('a'), nameOf('c')));
      failed(
        await modifyFrom(which, nameOf('a'), text('ContactInformation', 'me')),
        'InvalidField',
        /Current Attribute is Name/,
      );
    });

    it(`deletes in ${version} the instance whose value is given, or all that a reference means`, async () => {
      const raw = (hex: string): Given => custom('x-Raw', bytes('AttributeValue', hex));
      const which = await createKey(fixture, version, raw('01'), counter(1), raw('02'), raw('03'));
      succeeded(await remove(version, which, currentAttribute(raw('02'))));
      expect(await valuesOf(which, 'x-Raw')).to.deep.equal(plainValues(raw('01'), raw('03')));
      succeeded(await remove(version, which, referenceTo(version, 'x-Raw')));
      expect(await valuesOf(which, 'x-Raw')).to.deep.equal([]);
      expect(await valuesOf(which, 'x-Counter')).to.deep.equal(plainValues(counter(1)));
      failed(await remove(version, which), 'InvalidMessage', /lacks Current Attribute or Attribute Reference/);
    });
  }

  it('sets an attribute whether it is there or not, but not one of several', async () => {
    const which = await createKey(fixture, '2.1', nameOf('a'), nameOf('b'));
    succeeded(await set(which, text('Description', 'first')));
    succeeded(await set(which, text('Description', 'second')));
    expect(await held(fixture, which, 'Description')).to.equal('second');
    succeeded(await set(which, counter(1)));
    succeeded(await set(which, counter(2)));
    expect(await valuesOf(which, 'x-Counter')).to.deep.equal(plainValues(counter(2)));
    failed(await set(which, nameOf('c')), 'MultiValuedAttribute', /several values of Name/);
  });

  it('remembers that a key was not always Sensitive, nor never Extractable', async () => {
    const which = await createKey(fixture, '1.4', bool('Sensitive', true), bool('Extractable', false));
    const flags = async (): Promise<unknown[]> => [
      await held(fixture, which, 'AlwaysSensitive'),
      await held(fixture, which, 'NeverExtractable'),
    ];
    expect(await flags()).to.deep.equal([true, true]);
    succeeded(await modify('1.4', which, bool('Sensitive', false)));
    succeeded(await modify('1.4', which, bool('Extractable', true)));
    expect(await flags()).to.deep.equal([false, false]);
    succeeded(await set(which, bool('Sensitive', true)));
    succeeded(await set(which, bool('Extractable', false)));
    expect(await flags()).to.deep.equal([false, false]);
    failed(await remove('2.1', which, referenceTo('2.1', 'Sensitive')), 'AttributeReadOnly');
  });

  it('keeps the dates in their order', async () => {
    const which = await createKey(
      fixture,
      '2.1',
      date('ActivationDate', now + 100),
      date('DeactivationDate', now + 200),
    );
    failed(
      await set(which, date('ProcessStartDate', now + 99)),
      'InvalidAttributeValue',
      /must not be before Activation Date/,
    );
    failed(
      await set(which, date('ProtectStopDate', now + 201)),
      'InvalidAttributeValue',
      /must not be before Protect Stop/,
    );
    succeeded(await set(which, date('ProcessStartDate', now + 110)));
    failed(await set(which, date('ActivationDate', now + 111)), 'InvalidAttributeValue');
    fixture.clock.now += 110_000;
    failed(await set(which, date('ProcessStartDate', now + 150)), 'WrongKeyLifecycleState', /the date has passed/);
  });

  it('keeps the Usage Limits Count itself', async () => {
    const limits = (total: bigint, count?: bigint): Item =>
      struct(
        'UsageLimits',
        long('UsageLimitsTotal', total),
        ...(count === undefined ? [] : [long('UsageLimitsCount', count)]),
        enumerated('UsageLimitsUnit', 'Byte'),
      );
    const which = await createKey(fixture, '1.4');
    failed(
      await add('1.4', which, limits(100n, 50n)),
      'PermissionDenied',
      /Usage Limits Count must be the total or absent: only the server sets it/,
    );
    failed(await add('1.4', which, limits(-1n)), 'InvalidField');
    succeeded(await add('1.4', which, limits(100n)));
    expect(await valuesOf(which, 'UsageLimits')).to.deep.equal(plainValues(limits(100n, 100n)));
    succeeded(await modify('1.4', which, limits(200n, 200n)));
    succeeded(await set(which, struct('UsageLimits', long('UsageLimitsTotal', 300n))));
    expect(await valuesOf(which, 'UsageLimits')).to.deep.equal(plainValues(limits(300n, 300n)));
    succeeded(await remove('2.1', which, referenceTo('2.1', 'UsageLimits')));
  });

  it('keeps the identifier of what a Link links to, however it was named', async () => {
    const link = (target: Item): Item => struct('Link', enumerated('LinkType', 'CertificateLink'), target);
    const [from, to] = [await createKey(fixture, '2.1'), await createKey(fixture, '2.1')];
    const linked = (held: Item): Item => ({ ...held, tag: text('LinkedObjectIdentifier', '').tag });
    succeeded(await add('1.4', from, link(linked(text('UniqueIdentifier', to)))));
    failed(await add('2.1', from, link(int('LinkedObjectIdentifier', 7))), 'ObjectNotFound');
    const batch = await fixture.exchange(
      request('2.1', [
        item('AddAttribute', [id(to), newAttribute('2.1', text('ContactInformation', 'me'))], '01'),
        item('AddAttribute', [id(from), newAttribute('2.1', link(int('LinkedObjectIdentifier', 0)))], '02'),
      ]),
    );
    expect(all(batch, 'BatchItem').map((each) => value(each, 'ResultStatus'))).to.deep.equal([0, 0]);
    const kept = plain(link(linked(text('UniqueIdentifier', to))));
    expect(await valuesOf(from, 'Link')).to.deep.equal([kept, kept]);
  });

  it('refuses values that the attribute cannot have', async () => {
    const which = await createKey(fixture, '2.1');
    const information = struct('ApplicationSpecificInformation', text('ApplicationNamespace', 'ssl'));
    failed(await add('2.1', which, information), 'ApplicationNamespaceNotSupported', /"ssl"/);
    failed(await add('1.4', which, information), 'ApplicationNamespaceNotSupported');
    const vendor = struct(
      'Attribute',
      text('VendorIdentification', 'not this'),
      text('AttributeName', 'a'),
      int('AttributeValue', 1),
    );
    failed(await add('2.1', which, vendor), 'InvalidAttributeValue', /Vendor Identification/);
  });

  it('keeps changes of attributes on destroyed objects, which have them still', async () => {
    const which = await createKey(fixture, '1.4');
    await ask(fixture, '1.4', 'Destroy', [id(which)]);
    succeeded(await add('1.4', which, text('Comment', 'gone')));
    expect(await held(fixture, which, 'Comment')).to.equal('gone');
    failed(await add('1.4', which, date('ActivationDate', now)), 'PermissionDenied');
  });

  it('stops at the bound of instances', async () => {
    const which = await createKey(fixture, '1.4', ...Array.from({ length: 1000 }, (_, number) => counter(number)));
    failed(await add('1.4', which, counter(1000)), 'IndexOutOfBounds', /at most 1000 values/);
    failed(await add('2.1', which, counter(1000)), 'ServerLimitExceeded');
  });
});
