import { expect } from 'chai';
import type { ResultReason } from '#protocol/kmip-error';
import { Tag, type TagName } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bool, date, enumerated, int, long, text, value } from '#test/fixtures/items';
import { attributesOf, held } from './attribute-requests.ts';
import { custom, nameOf, referenceTo } from '#test/fixtures/attributes';
import { ask, createKey, type Answer } from '#test/fixtures/batches';

const types = { Increment: 1, Decrement: 2, Negate: 3 } as const;
type Which = Parameters<typeof referenceTo>[1];

describe('Adjust Attribute', () => {
  let fixture: Fixture;
  let now: number;
  beforeEach(async () => {
    fixture = await openFixture();
    now = fixture.clock.now / 1000;
  });
  afterEach(() => fixture.close());

  const adjust = (id: string, which: Which, type: keyof typeof types, by?: Item, version: '2.0' | '2.1' = '2.1') =>
    ask(fixture, version, 'AdjustAttribute', [
      text('UniqueIdentifier', id),
      referenceTo(version, which),
      enumerated('AdjustmentType', types[type]),
      ...(by === undefined ? [] : [by]),
    ]);
  const counted = async (id: string, which: Which): Promise<Item['value']> => {
    const [item] = await attributesOf(fixture, '2.1', id, which);
    return value(item as Item, 'AttributeValue');
  };
  const typed = (tag: TagName, type: ItemType, held: number | bigint): Item =>
    ({ tag: Tag[tag], type, value: held }) as Item;

  const adjustments: readonly [
    what: string,
    start: Item,
    type: keyof typeof types,
    by: Item | undefined,
    Item['value'],
  ][] = [
    ['an Integer up by one', int('AttributeValue', 7), 'Increment', undefined, 8],
    ['an Integer down by some', int('AttributeValue', 7), 'Decrement', int('AdjustmentValue', 10), -3],
    ['an Integer down by less than nothing', int('AttributeValue', 7), 'Decrement', int('AdjustmentValue', -1), 8],
    [
      'a Long Integer up by an Integer',
      long('AttributeValue', 1n << 40n),
      'Increment',
      int('AdjustmentValue', 1),
      (1n << 40n) + 1n,
    ],
    [
      'a Big Integer up',
      typed('AttributeValue', ItemType.BigInteger, 1n << 80n),
      'Increment',
      undefined,
      (1n << 80n) + 1n,
    ],
    [
      'an Interval up by seconds',
      typed('AttributeValue', ItemType.Interval, 60),
      'Increment',
      int('AdjustmentValue', 30),
      90,
    ],
    ['a Date-Time up by a second', date('AttributeValue', 100), 'Increment', undefined, 101n],
    [
      'a Date-Time down by an Interval',
      date('AttributeValue', 100),
      'Decrement',
      typed('AdjustmentValue', ItemType.Interval, 60),
      40n,
    ],
    [
      'a Date-Time Extended up by a microsecond',
      typed('AttributeValue', ItemType.DateTimeExtended, 5n),
      'Increment',
      undefined,
      6n,
    ],
    ['an Integer to its negative', int('AttributeValue', 7), 'Negate', undefined, -7],
    ['a Long Integer to its negative', long('AttributeValue', -7n), 'Negate', undefined, 7n],
    ['a Boolean to the other', bool('AttributeValue', true), 'Negate', undefined, false],
  ];
  for (const [what, start, type, by, expected] of adjustments) {
    it(`counts ${what}`, async () => {
      const id = await createKey(fixture, '2.1', custom('x-Counter', start));
      const answer = await adjust(id, 'x-Counter', type, by);
      expect(answer.message).to.equal(undefined);
      expect(await counted(id, 'x-Counter')).to.equal(expected);
    });
  }

  const refused: readonly [string, Item, keyof typeof types, Item | undefined, ResultReason][] = [
    ['an Integer above its range', int('AttributeValue', 0x7fff_ffff), 'Increment', undefined, 'NumericRange'],
    ['an Integer to a negative that is none', int('AttributeValue', -0x8000_0000), 'Negate', undefined, 'NumericRange'],
    [
      'a Long Integer above its range',
      long('AttributeValue', (1n << 63n) - 1n),
      'Increment',
      undefined,
      'NumericRange',
    ],
    ['an Interval below zero', typed('AttributeValue', ItemType.Interval, 0), 'Decrement', undefined, 'NumericRange'],
    [
      'an Interval to its negative',
      typed('AttributeValue', ItemType.Interval, 1),
      'Negate',
      undefined,
      'InvalidDataType',
    ],
    ['a Date-Time to its negative', date('AttributeValue', 1), 'Negate', undefined, 'InvalidDataType'],
    ['a Boolean up', bool('AttributeValue', true), 'Increment', undefined, 'InvalidDataType'],
    ['a text', text('AttributeValue', '1'), 'Increment', undefined, 'InvalidDataType'],
    ['an Enumeration', enumerated('AttributeValue', 1), 'Increment', undefined, 'InvalidDataType'],
    ['an Integer by a text', int('AttributeValue', 1), 'Increment', text('AdjustmentValue', '1'), 'InvalidDataType'],
    [
      'an Integer to its negative by some',
      int('AttributeValue', 1),
      'Negate',
      int('AdjustmentValue', 1),
      'InvalidField',
    ],
  ];
  for (const [what, start, type, by, reason] of refused) {
    it(`refuses to count ${what}`, async () => {
      const id = await createKey(fixture, '2.1', custom('x-Counter', start));
      expect((await adjust(id, 'x-Counter', type, by)).reason).to.equal(reason);
      expect(await counted(id, 'x-Counter')).to.equal(start.value);
    });
  }

  it('starts from 0 or false where there is no value, and refuses where nothing stands for none', async () => {
    const id = await createKey(fixture, '2.1');
    const expectReason = (answer: Answer, reason: ResultReason | undefined): void =>
      void expect(answer.reason, answer.message).to.equal(reason);
    expectReason(await adjust(id, 'x-Counter', 'Decrement', int('AdjustmentValue', 5)), undefined);
    expect(await counted(id, 'x-Counter')).to.equal(-5);
    expectReason(await adjust(id, 'ProtectionPeriod', 'Increment', int('AdjustmentValue', 60)), undefined);
    expect(await held(fixture, id, 'ProtectionPeriod')).to.equal(60);
    expectReason(await adjust(id, 'QuantumSafe', 'Negate'), undefined);
    expect(await held(fixture, id, 'QuantumSafe')).to.equal(true);
    expectReason(await adjust(id, 'ActivationDate', 'Increment'), 'InvalidDataType');
    expectReason(await adjust(id, 'x-Other', 'Increment'), 'InvalidDataType');
    expectReason(await adjust(id, 'Description', 'Increment'), 'InvalidDataType');
  });

  it('keeps to the rules of every change', async () => {
    const id = await createKey(
      fixture,
      '2.0',
      nameOf('a'),
      date('ActivationDate', now + 100),
      custom('x-a', int('AttributeValue', 1)),
      custom('x-a', int('AttributeValue', 2)),
    );
    expect((await adjust(id, 'x-a', 'Increment', undefined, '2.0')).reason).to.equal('MultiValuedAttribute');
    expect((await adjust(id, 'State', 'Increment', undefined, '2.0')).reason).to.equal('ReadOnlyAttribute');
    expect((await adjust(id, 'CryptographicUsageMask', 'Increment')).reason).to.equal('ReadOnlyAttribute');
    expect((await adjust(id, 'y-a', 'Increment', int('AdjustmentValue', 1))).reason).to.equal('ReadOnlyAttribute');
    expect((await adjust(id, 'Name', 'Increment')).reason).to.equal('InvalidDataType');
    expect((await adjust(id, 'Sensitive', 'Negate')).reason).to.equal(undefined);
    expect(await held(fixture, id, 'Sensitive')).to.equal(true);
    expect((await adjust(id, 'ActivationDate', 'Decrement', int('AdjustmentValue', 100))).reason).to.equal(undefined);
    expect(await held(fixture, id, 'State')).to.equal(2);
    expect((await adjust(id, 'ActivationDate', 'Decrement')).reason).to.equal('WrongKeyLifecycleState');
  });

  it('does not guess what an Adjustment Type of a vendor means', async () => {
    const id = await createKey(fixture, '2.1', custom('x-a', int('AttributeValue', 5)));
    const answer = await ask(fixture, '2.1', 'AdjustAttribute', [
      text('UniqueIdentifier', id),
      referenceTo('2.1', 'x-a'),
      enumerated('AdjustmentType', 0x80000001),
    ]);
    expect(answer.reason).to.equal('InvalidField');
  });

  it('is not there before 2.0', async () => {
    const id = await createKey(fixture, '1.4');
    const answer = await ask(fixture, '1.4', 'AdjustAttribute', [text('UniqueIdentifier', id)]);
    expect(answer.reason).to.equal('OperationNotSupported');
  });
});
