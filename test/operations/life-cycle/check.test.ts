/** Check, on the wire, in every version (KMIP 2.1 §6.1.7; 1.4 §4.10, §11.11). */
import { expect } from 'chai';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  at,
  attribute,
  enumerated,
  int,
  long,
  request,
  struct,
  text,
  value,
  versions,
  type VersionText,
  isOld,
  item,
} from '#test/fixtures/items';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { nameOf } from '#test/fixtures/attributes';
import { ask, createKey, type Answer } from '#test/fixtures/batches';

const lease = (seconds: number): Item => ({ tag: Tag.LeaseTime, type: ItemType.Interval, value: seconds });
const mask = (bits: number): Item => int('CryptographicUsageMask', bits);
const count = (units: bigint): Item => long('UsageLimitsCount', units);

describe('Check', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const check = (version: VersionText, id: string, ...asked: Item[]): Promise<Answer> =>
    ask(fixture, version, 'Check', [text('UniqueIdentifier', id), ...asked]);

  for (const version of versions) {
    it(`answers in ${version} with the identifier when the use is allowed, else with the reason alone`, async () => {
      const limits = struct('UsageLimits', long('UsageLimitsTotal', 10n), enumerated('UsageLimitsUnit', 'Byte'));
      const id = await createKey(fixture, version, limits);
      for (const asked of [[], [mask(12)], [mask(4), count(10n), lease(3600)]]) {
        const { message, payload } = await check(version, id, ...asked);
        expect(message).to.equal(undefined);
        expect(payload.value).to.deep.equal([text('UniqueIdentifier', id)]);
      }
      for (const [asked, reason] of [
        [mask(1), 'IncompatibleCryptographicUsageMask'],
        [count(11n), 'UsageLimitExceeded'],
        [lease(3601), 'PermissionDenied'],
      ] as const) {
        const denied = await check(version, id, asked);
        expect(denied.reason).to.equal(isOld(version) ? 'PermissionDenied' : reason);
        expect(denied.payload.value).to.deep.equal([]);
      }
    });
  }

  it('takes any number of units from a key without Usage Limits', async () => {
    const id = await createKey(fixture, '2.1');
    expect((await check('2.1', id, count(1_000_000n))).status).to.equal('Success');
  });

  it('denies a destroyed key, and a Template', async () => {
    const id = await createKey(fixture, '2.1');
    await ask(fixture, '2.1', 'Destroy', [text('UniqueIdentifier', id)]);
    expect((await check('2.1', id)).reason).to.equal('ObjectDestroyed');
    const { payload } = await ask(fixture, '1.4', 'Register', [
      enumerated('ObjectType', 'Template'),
      struct('TemplateAttribute'),
      struct('Template', attribute('Name', nameOf('t'))),
    ]);
    const template = value(payload, 'UniqueIdentifier') as string;
    expect((await check('1.4', template, mask(1))).reason).to.equal('IllegalOperation');
  });

  it('empties the ID Placeholder when it denies, so that a batch goes no further', async () => {
    const id = await createKey(fixture, '1.4', nameOf('one'));
    const goOn = enumerated('BatchErrorContinuationOption', 'Continue');
    const chain = async (bits: number): Promise<Item> =>
      fixture.exchange(
        request(
          '1.4',
          [
            item('Locate', [attribute('Name', nameOf('one'))], '01'),
            item('Check', [mask(bits)], '02'),
            item('Get', [], '03'),
          ],
          { after: [goOn] },
        ),
      );
    expect(value(await chain(4), 'BatchItem', 2, 'ResponsePayload', 'UniqueIdentifier')).to.equal(id);
    expect(at(await chain(1), 'BatchItem', 2, 'ResponsePayload')).to.equal(undefined);
  });
});
