/**
 * Custom attributes that are structures of many items: how much one value, one object and all rules hold, and how long
 * others wait for it.
 */
import { expect } from 'chai';
import { aes, custom, given, id, serverForEach } from '#test/clients/caller';
import { answersOf, type Answer } from '#test/fixtures/batches';
import { all, at, enumerated, int, request, struct, item } from '#test/fixtures/items';
import { vendorAttribute } from '#objects/attributes/attribute-structures';
import { atRest } from '#protocol/versions';
import { objectKind } from '#repository/object-record';
import { update } from '#store/store';
import { decode, encode, type Item } from '#ttlv/index';
import { longestPause, measured } from './pauses.ts';

const list = <T>(count: number, make: (place: number) => T): T[] =>
  Array.from({ length: count }, (_, place) => make(place));

/** A structure of so many items, itself included, that differs from others in the last one only. */
const large = (count: number, last = 0): Item =>
  struct('AttributeValue', ...list(count - 2, () => struct('Name')), int('NameValue', last));
/** The same one level deeper, where a look at the list alone does not find them. */
const deep = (count: number): Item => struct('AttributeValue', { ...large(count - 1), tag: struct('Name').tag });

describe('an attribute that is a structure of many items', () => {
  const server = serverForEach();

  async function measuredly(items: readonly Item[], version = '2.1'): Promise<readonly Answer[]> {
    const { handler, session } = server.fixture;
    const bytes = encode(request(version, items));
    let shortest = Infinity;
    let answers: readonly Answer[] = [];
    for (let tries = 0; tries < 4 && shortest > longestPause / 2; tries++) {
      const { pause, result } = await measured(() => handler.handle(Uint8Array.from(bytes), session()));
      shortest = Math.min(shortest, pause);
      answers = answersOf(decode(result, { maximumBytes: result.length, maximumItems: 2 ** 21 }));
    }
    expect(shortest, 'milliseconds without a turn for others').to.be.below(longestPause);
    return answers;
  }

  for (const version of ['1.0', '1.4', '2.0', '2.1']) {
    it(`holds at most 1000 of them, wherever ${version} reads it`, async () => {
      const here = server.caller(version);
      const which = await here.create();
      const says = /^Attribute Value must hold at most 1000 items$/;
      for (const value of [large(1001), deep(1001), large(19_800)]) {
        const one = custom(version, 'a', value);
        const newOne = version < '2' ? one : struct('NewAttribute', one);
        expect((await here.refused('AddAttribute', id(which), newOne)).message).to.match(says);
        const create = [enumerated('ObjectType', 'SymmetricKey'), given(version, one, ...aes())];
        expect((await here.refused('Create', ...create)).message).to.match(says);
      }
      await here.create(custom(version, 'a', large(1000)), custom(version, 'b', deep(1000)));
    });
  }

  it('leaves room for 20,000 items in one object, however they come', async () => {
    const here = server.caller('2.1');
    const which = await here.create(...list(15, (place) => custom('2.1', `a${place}`, large(1000))));
    const add = (label: string, count: number) => [
      id(which),
      struct('NewAttribute', custom('2.1', label, large(count))),
    ];
    for (const label of ['b', 'c', 'd', 'e']) await here.call('AddAttribute', ...add(label, 1000));
    const says = /^the attributes of an object must have at most 20000 items in all$/;
    expect((await here.refused('AddAttribute', ...add('f', 1000))).message).to.match(says);
    await here.call('AddAttribute', ...add('f', 10));
    expect((await here.refused('ModifyAttribute', ...add('f', 1000))).message).to.match(says);
    await here.call('ModifyAttribute', ...add('f', 9));
    const more = struct('Attributes', ...list(3, (place) => custom('2.1', `z${place}`, large(900))));
    expect((await here.refused('ReKey', id(which), more)).message).to.match(says);
    await here.call('ReKey', id(which));
  });

  it('is no way to make defaults and constraints that take long', async () => {
    const here = server.caller('2.1');
    const attributes = struct('Attributes', ...list(60, (place) => custom('2.1', 'a', large(300, place))));
    const says = /^the attributes of all rules must have at most 5000 items in all$/;
    const constraints = struct('Constraints', struct('Constraint', attributes));
    expect((await here.refused('SetConstraints', constraints)).message).to.match(says);
    const defaults = struct('ObjectDefaults', enumerated('ObjectType', 'SymmetricKey'), attributes);
    expect((await here.refused('SetDefaults', struct('DefaultsInformation', defaults))).message).to.match(says);
  });

  it('keeps nobody waiting when an object has 150,000 from before there was a bound', async () => {
    const here = server.caller('2.1');
    const which = await here.create();
    const { store } = server.fixture;
    const kept = await store.get(objectKind, which);
    if (kept === undefined) throw new Error('the object is not there');
    const values = list(150, (place) => vendorAttribute.read(custom('2.1', 'a', large(1000, place)), atRest));
    const attributes = { ...kept.value.attributes, vendorAttribute: values };
    await store.commit([update(kept, { ...kept.value, attributes })]);

    const absent = custom('2.1', 'a', large(1000, -1));
    const part = struct('Attribute', ...all(absent, 'AttributeValue'));
    const [locate] = await measuredly([item('Locate', [struct('Attributes', part)])]);
    expect(all(locate?.payload as Item, 'UniqueIdentifier')).to.have.length(0);
    const there = struct('Attribute', large(1000, 149));
    const [found] = await measuredly([item('Locate', [struct('Attributes', there)])]);
    expect(at(found?.payload as Item, 'UniqueIdentifier')?.value).to.equal(which);
    const [gone] = await measuredly([item('DeleteAttribute', [id(which), struct('CurrentAttribute', absent)])]);
    expect(gone?.message).to.match(/with this value$/);
    const [read] = await measuredly([item('GetAttributes', [id(which)])]);
    expect(all(at(read?.payload as Item, 'Attributes') as Item, 'Attribute')).to.have.length(150);
  });
});
