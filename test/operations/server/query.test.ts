/** KMIP 2.1 §6.1.40 (1.4 §4.25): what the server says of itself is true, and in the order of the table. */
import { expect } from 'chai';
import { enumerationRows } from '#protocol/enumeration-rows';
import { enumerationHas, enumerationNumber, enumerationValue, enumerationValues } from '#protocol/enumerations';
import { Tag, tagName } from '#protocol/tags';
import { versionOf } from '#protocol/versions';
import type { Item } from '#ttlv/item';
import { objectIn, type MatrixType } from '#test/access/objects-in-states';
import { ask, send } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, bool, enumerated, int, struct, text, versions, item } from '#test/fixtures/items';

type Version = (typeof versions)[number];
type Function = keyof typeof enumerationRows.QueryFunction;
const functions = Object.keys(enumerationRows.QueryFunction) as Function[];
const numberOf = (version: Version): number => versionOf(Number(version[0]), Number(version[2]));
const has = (version: Version, of: Function): boolean => enumerationHas('QueryFunction', of, numberOf(version));

describe('Query', () => {
  let fixture: Fixture;
  before(async () => (fixture = await openFixture()));
  after(() => fixture.close());

  const asking = (...wanted: Function[]): Item[] =>
    wanted.map((each) => enumerated('QueryFunction', enumerationNumber('QueryFunction', each) as number));
  async function query(version: Version, ...wanted: Function[]): Promise<Item> {
    const { payload, message } = await ask(fixture, version, 'Query', asking(...wanted));
    if (message !== undefined) throw new Error(message);
    return payload;
  }
  const tagsOf = (payload: Item) => (payload.value as Item[]).map(({ tag }) => tagName(tag));

  for (const version of versions) {
    const known = functions.filter((each) => has(version, each));
    const unknown = functions.filter((each) => !has(version, each));

    describe(`in ${version}`, () => {
      it('lists exactly the operations that are not answered with Operation Not Supported', async () => {
        const payload = await query(version, 'QueryOperations');
        const listed = all(payload, 'Operation').map(({ value }) => value as number);
        const codes = Object.values(enumerationRows.Operation).map(([code]) => code as number);
        const answers = await send(
          fixture,
          version,
          codes.map((code) => item(code, [])),
          { before: [enumerated('BatchErrorContinuationOption', 'Continue')] },
        );
        const served = codes.filter((_, place) => answers[place]?.reason !== 'OperationNotSupported');
        expect(listed.slice().sort((a, b) => a - b)).to.deep.equal(served.sort((a, b) => a - b));
        const names = listed.map((code) => enumerationValue('Operation', code));
        expect(names).to.include.members(['Create', 'Get', 'Query']).and.not.include('Interop');
        expect(new Set(names).size).to.equal(names.length);
        expect(tagsOf(payload).every((tag) => tag === 'Operation')).to.equal(true);
      });

      it('lists every type of object that the version has', async () => {
        const listed = all(await query(version, 'QueryObjects'), 'ObjectType').map(
          ({ value }) => enumerationValue('ObjectType', value as number) as string,
        );
        const [major = 0, minor = 0] = version.split('.').map(Number);
        expect(listed).to.deep.equal(enumerationValues('ObjectType', versionOf(major, minor)));
        for (const each of listed) expect(await objectIn(fixture, version, each as MatrixType)).to.be.a('string');
      });

      it('says who made the server', async () => {
        const { value } = await query(version, 'QueryServerInformation');
        const information = version < '2' ? [] : [text('ServerVersion', '0.0.0'), text('ProductName', 'kmipd')];
        expect(value).to.deep.equal([
          text('VendorIdentification', 'kmipd test'),
          struct('ServerInformation', ...(value as Item[]).slice(1).flatMap(({ value }) => value as Item[])),
        ]);
        if (version < '2') expect((value as Item[])[1]?.value).to.deep.equal([]);
        else expect((value as Item[])[1]?.value).to.have.deep.members(information);
      });

      it('answers functions that have nothing to say with nothing', async () => {
        const silent = (
          [
            'QueryApplicationNamespaces',
            'QueryExtensionList',
            'QueryExtensionMap',
            'QueryAttestationTypes',
            'QueryValidations',
            'QueryDefaultsInformation',
          ] as const
        ).filter((each) => known.includes(each));
        for (const each of silent) expect((await query(version, each)).value, each).to.deep.equal([]);
        expect((await query(version, ...silent)).value).to.deep.equal([]);
      });

      it('answers in the order of the table, whatever the order of the functions, and each once', async () => {
        const order = [
          'Operation',
          'ObjectType',
          'VendorIdentification',
          'ServerInformation',
          'RNGParameters',
          'ProfileInformation',
          'CapabilityInformation',
          'ClientRegistrationMethod',
          'ProtectionStorageMasks',
        ];
        const told = [...new Set(tagsOf(await query(version, ...known)))];
        expect(told).to.deep.equal(order.filter((tag) => told.includes(tag as never)));
        expect(told).to.have.length(version < '1.3' ? 4 : version < '2' ? 8 : 9);
        const backwards = await query(version, ...known.slice().reverse(), ...known);
        expect(backwards).to.deep.equal(await query(version, ...known));
      });

      it('refuses a function that the version does not have, and a request without any', async () => {
        for (const each of unknown) {
          expect((await ask(fixture, version, 'Query', asking('QueryOperations', each))).reason, each).to.equal(
            'InvalidField',
          );
        }
        expect((await ask(fixture, version, 'Query')).reason).to.equal('InvalidMessage');
        expect((await ask(fixture, version, 'Query', [int('QueryFunction', 1)])).reason).to.equal('InvalidMessage');
      });
    });
  }

  for (const version of versions.filter((each) => each >= '1.3')) {
    it(`names its profiles as ${version} calls them`, async () => {
      const { value } = await query(version, 'QueryProfiles');
      const numbers = version < '2' ? [0x12, 0x1c] : [0x109, 0x10f];
      expect(value).to.include.deep.members(
        numbers.map((number) => struct('ProfileInformation', enumerated('ProfileName', number))),
      );
    });

    it(`tells its capabilities in ${version}, and has those of batches`, async () => {
      const told = at(await query(version, 'QueryCapabilities'), 'CapabilityInformation')?.value as Item[];
      expect(told).to.deep.include(bool('StreamingCapability', true));
      expect(told).to.deep.include(bool('AsynchronousCapability', false));
      expect(told).to.deep.include(bool('AttestationCapability', false));
      const undo = told.find(({ tag }) => tag === Tag.BatchUndoCapability);
      expect(undo?.value).to.equal(version === '1.3' ? undefined : true);
      const quantum = told.find(({ tag }) => tag === Tag.QuantumSafeCapability);
      expect(quantum?.value).to.equal(version < '2' ? undefined : false);
    });

    it(`describes its random numbers in ${version}`, async () => {
      const [rng, ...more] = all(await query(version, 'QueryRNGs'), 'RNGParameters');
      expect(more).to.deep.equal([]);
      expect(at(rng as Item, 'RNGAlgorithm')?.value).to.be.a('number');
    });
  }

  it('lists Interop only where the operator asked for it', async () => {
    const open = await openFixture({ interop: true });
    try {
      for (const [version, count] of [
        ['1.4', 0],
        ['2.0', 1],
        ['2.1', 1],
      ] as const) {
        const [answer] = await send(open, version, [item('Query', asking('QueryOperations'))]);
        const listed = all(answer?.payload as Item, 'Operation').filter(({ value }) => value === 0x34);
        expect(listed, version).to.have.length(count);
      }
    } finally {
      await open.close();
    }
  });

  it('takes the Object Groups of 2.1', async () => {
    const groups = struct('ObjectGroups', text('ObjectGroup', 'group'));
    await objectIn(fixture, '2.1', 'SecretData');
    expect((await ask(fixture, '2.1', 'Query', [...asking('QueryObjects'), groups])).status).to.equal('Success');
    expect((await ask(fixture, '2.0', 'Query', [...asking('QueryObjects'), groups])).reason).to.equal('InvalidField');
  });
});
