import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { createKey, item, send, uniqueIdentifier } from './batches.ts';
import { openFixture, type Fixture } from './fixture.ts';
import { all, at, attribute, enumerated, int, request, value } from './items.ts';

const clients = 100;

describe('many who change one object at once', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const undoable = { before: [enumerated('BatchErrorContinuationOption', 3)] };

  for (const [what, header] of [
    ['alone', {}],
    ['in batches that can be undone', undoable],
  ] as const) {
    it(`all succeed, and no change is lost, ${what}`, async () => {
      const id = await createKey(fixture);
      const addition = (name: string) =>
        item('AddAttribute', [uniqueIdentifier(id), attribute(name, int('AttributeValue', 1))]);
      const answers = await Promise.all(
        Array.from({ length: clients }, (_, each) =>
          send(fixture, '1.4', [addition(`x-${each}`), addition(`x-more-${each}`)], header),
        ),
      );
      expect(new Set(answers.flat().map(({ status, message }) => message ?? status))).to.deep.equal(
        new Set(['Success']),
      );
      const attributes = await fixture.exchange(request('1.4', [item('GetAttributes', [uniqueIdentifier(id)])]));
      const payload = at(attributes, 'BatchItem', 'ResponsePayload') as Item;
      const named = all(payload, 'Attribute').filter((each) => String(value(each, 'AttributeName')).startsWith('x-'));
      expect(named).to.have.length(2 * clients);
      expect(fixture.logged).to.deep.equal([]);
    });
  }
});
