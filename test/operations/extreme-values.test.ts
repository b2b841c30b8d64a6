/** What a wire can carry at its ends: whatever was taken is read back, after every operation that counts with it. */
import { expect } from 'chai';
import { aes, custom, given, id, serverForEach, type Caller } from '#test/clients/caller';
import { at, bool, bytes, enumerated, int, long, struct, text, type OperationName, item } from '#test/fixtures/items';
import { attributeRow, attributeRows, type AttributeKey } from '#objects/attributes/attributes';
import { dateTime, integer, interval as seconds32, longInteger, text as anyText } from '#protocol/codecs';
import { Tag, tagName, tags, type TagName } from '#protocol/tags';
import { inRange, V2_1 } from '#protocol/versions';
import { objectKind } from '#repository/object-record';
import { encode, ItemType, type Item, type ItemTypeName } from '#ttlv/index';
import { importing, symmetricKey } from '#test/operations/fetch/export-import';
import { material } from '#test/operations/wrapping/wrapping';
import { type Answer } from '#test/fixtures/batches';
import { rawAes } from '#test/fixtures/key-blocks';

const farthest = BigInt(Number.MAX_SAFE_INTEGER);
const noDate = 2n ** 63n - 1n;
const interval = (tag: TagName, value: number): Item => ({ tag: Tag[tag], type: ItemType.Interval, value });
const dateItem = (tag: TagName, seconds: bigint): Item => ({ tag: Tag[tag], type: ItemType.DateTime, value: seconds });

/** The ends of each type, and beyond what we take. */
const extremes: { readonly [T in ItemTypeName]?: (tag: TagName) => Item[] } = {
  Integer: (tag) => [-(2 ** 31), -1, 0, 2 ** 31 - 1].map((each) => int(tag, each)),
  Interval: (tag) => [0, 2 ** 32 - 1].map((each) => interval(tag, each)),
  Boolean: (tag) => [true, false].map((each) => bool(tag, each)),
  Enumeration: (tag) => [1, 0x80000000, 0xffffffff].map((each) => enumerated(tag, each)),
  TextString: (tag) => ['', 'x'.repeat(65_536), 'x'.repeat(65_537)].map((each) => text(tag, each)),
  ByteString: (tag) => ['', '00'.repeat(70_000)].map((each) => bytes(tag, each)),
  DateTime: (tag) =>
    [-(2n ** 63n), -farthest - 1n, -farthest, 1n - farthest, 0n, farthest - 1n, farthest, farthest + 1n, noDate].map(
      (each) => dateItem(tag, each),
    ),
};

const structures: { readonly [K in AttributeKey]?: readonly Item[] } = {
  usageLimits: [0n, 2n ** 63n - 1n, -1n].map((total) =>
    struct('UsageLimits', long('UsageLimitsTotal', total), enumerated('UsageLimitsUnit', 'Byte')),
  ),
  cryptographicParameters: [-(2 ** 31), 2 ** 31 - 1].map((each) =>
    struct('CryptographicParameters', int('IVLength', each), int('TagLength', each)),
  ),
  vendorAttribute: [
    custom('2.1', 'a', dateItem('AttributeValue', noDate)),
    custom('2.1', 'b', text('AttributeValue', 'x'.repeat(100_000))),
    custom('2.1', 'c', { tag: Tag.AttributeValue, type: ItemType.BigInteger, value: -(2n ** 4096n) }),
  ],
};

const rows = [...attributeRows.keys()].filter(
  (key) => inRange(attributeRow(key), V2_1) && attributeRow(key).objects.has('SymmetricKey'),
);

const itemsOf = (key: AttributeKey): readonly Item[] => {
  const name = tagName(attributeRow(key).tag) as TagName;
  return structures[key] ?? tags[name].types.flatMap((type) => extremes[type]?.(name) ?? []);
};

const aesKey = rawAes(material);

describe('a value at the end of what a wire carries', () => {
  const server = serverForEach();

  /** Every object that there is can be read, and nothing failed that must not. */
  async function allReadable(here: Caller, what: string): Promise<void> {
    const { store, logged } = server.fixture;
    for await (const { id: each, value: object } of store.find(objectKind, { terms: [] })) {
      expect(objectKind.decode(objectKind.encode(object)), what).to.deep.equal(object);
      await attempt(here, 'GetAttributes', id(each));
    }
    expect(
      logged.filter((line) => /damaged|unexpected/.test(line)).map((line) => line.slice(0, 300)),
      what,
    ).to.deep.equal([]);
  }

  /** Done, or refused for a reason that the client can do something about. */
  async function attempt(here: Caller, operation: OperationName, ...payload: Item[]): Promise<Answer> {
    const [answer] = await here.send([item(operation, payload)]);
    expect(answer?.message ?? '', `${operation} ${server.fixture.logged.at(-1)?.slice(0, 600)}`).to.not.match(
      /the server failed|damaged/,
    );
    return answer as Answer;
  }

  const madeBy = ({ payload }: Answer): string | undefined =>
    at(payload, 'UniqueIdentifier')?.value as string | undefined;

  /** Everything that computes with what the object has: what it makes is there, too. */
  async function operate(here: Caller, which: string): Promise<void> {
    for (const offset of [undefined, 0, 2 ** 32 - 1]) {
      const existing = [id(which), ...(offset === undefined ? [] : [interval('Offset', offset)])];
      await attempt(here, 'ReKey', ...existing);
    }
    await attempt(here, 'Activate', id(which));
    const compromised = struct('RevocationReason', enumerated('RevocationReasonCode', 'KeyCompromise'));
    const happened = dateItem('CompromiseOccurrenceDate', 1n - farthest);
    await attempt(here, 'Revoke', id(which), compromised, happened);
  }

  const attributesOf = (...items: Item[]): Item[] => [int('CryptographicUsageMask', 12), ...items];

  it('is read back when it came with an Import or a Create', async () => {
    const here = server.caller('2.1');
    let taken = 0;
    for (const key of rows) {
      for (const [place, each] of itemsOf(key).entries()) {
        const name = `${key}-${place}`;
        const own = key === 'cryptographicUsageMask' ? [each] : attributesOf(each);
        const imported = await attempt(here, 'Import', ...importing(here, symmetricKey(name, own, aesKey)));
        const sizes = [enumerated('CryptographicAlgorithm', 'AES'), int('CryptographicLength', 256)];
        const created = await attempt(
          here,
          'Create',
          enumerated('ObjectType', 'SymmetricKey'),
          given('2.1', ...sizes, ...own),
        );
        for (const answer of [imported, created]) {
          const made = madeBy(answer);
          if (made === undefined) continue;
          taken++;
          await operate(here, made);
        }
      }
    }
    await allReadable(here, 'attributes');
    expect(taken).to.be.above(150);
  });

  it('is read back when an Offset moves two dates', async () => {
    const here = server.caller('2.1');
    const ends = extremes.DateTime?.('ActivationDate') ?? [];
    for (const first of ends) {
      for (const second of ends) {
        const last = { ...second, tag: Tag.DeactivationDate } as Item;
        const payload = [enumerated('ObjectType', 'SymmetricKey'), given('2.1', ...aes(), first, last)];
        const made = madeBy(await attempt(here, 'Create', ...payload));
        if (made !== undefined) await operate(here, made);
      }
    }
    await allReadable(here, 'dates');
  });

  it('is refused by name when an Offset moves a date out of what can be said', async () => {
    const here = server.caller('2.1');
    const dates = [dateItem('ActivationDate', 2n - farthest), dateItem('DeactivationDate', farthest - 2n)];
    const which = await here.create(...dates);
    const { reason, message } = await here.refused('ReKey', id(which), interval('Offset', 5));
    expect(reason).to.equal('InvalidAttributeValue');
    expect(message).to.equal('Offset would move Deactivation Date out of the range of dates');
    expect(await here.locate(enumerated('ObjectType', 'SymmetricKey'))).to.deep.equal([which]);
  });

  it('is not written when it could not be read', () => {
    for (const date of [Number.MAX_SAFE_INTEGER + 1, -Infinity, NaN, 0.5]) {
      expect(() => dateTime.write(Tag.ActivationDate, date, V2_1)).to.throw(
        RangeError,
        /Activation Date is out of range/,
      );
    }
    expect(() => anyText.write(Tag.Comment, 'x'.repeat(65_537), V2_1)).to.throw(RangeError, /Comment must be at most/);
    for (const number of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
      expect(() => encode(integer.write(Tag.CryptographicLength, number, V2_1))).to.throw(RangeError);
    }
    for (const seconds of [2 ** 32, -1, 0.5, NaN]) {
      expect(() => encode(seconds32.write(Tag.LeaseTime, seconds, V2_1))).to.throw(RangeError);
    }
    for (const number of [2n ** 63n, -(2n ** 63n) - 1n]) {
      expect(() => encode(longInteger.write(Tag.UsageLimitsTotal, number, V2_1))).to.throw(RangeError);
    }
  });
});
