/** What a batch leaves in the audit trail. */
import { expect } from 'chai';
import { createHandler } from '#test/fixtures/handler';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { aesKey, answersOf, attributesFor, createKey, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { enumerated, item, request } from '#test/fixtures/items';
import { recordsOf } from './audit-records.ts';

const onContinue = { before: [enumerated('BatchErrorContinuationOption', 'Continue')] };
const batchPing = item('Query', [enumerated('QueryFunction', 'QueryOperations')]);
const absent = uniqueIdentifier('no-such-object');

describe('the audit records of a batch', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const records = () => recordsOf(fixture);

  /** So many new keys, in one request. */
  async function many(count: number): Promise<string[]> {
    const answers = await send(
      fixture,
      '2.1',
      Array.from({ length: count }, () => item('Create', aesKey('2.1'))),
    );
    return answers.map(({ object }) => object as string);
  }

  it('writes one audit record for each item, refusals too', async () => {
    const id = await createKey(fixture);
    const items = [item('Get', [uniqueIdentifier(id)], '01'), item('Get', [absent], '02'), item('Poll', [], '03')];
    await send(fixture, '1.4', items, onContinue);
    const written = (await records()).slice(-3).map(({ operation, status, reason }) => [operation, status, reason]);
    expect(written).to.deep.equal([
      ['Get', 'Success', undefined],
      ['Get', 'OperationFailed', 'ObjectNotFound'],
      ['Poll', 'OperationFailed', 'OperationNotSupported'],
    ]);
  });

  it('writes one audit record for items that change nothing and differ in nothing, with their number', async () => {
    const id = await createKey(fixture);
    const before = (await records()).length;
    const items = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0 ? item('Get', [uniqueIdentifier(id)], '01') : item(index % 3 === 1 ? 'Ping' : 'Get', [], '02'),
    );
    const bytes = request('1.4', items, onContinue);
    await send(fixture, '1.4', items, onContinue);
    const written = (await records()).slice(before) as { operation: string; status: string; items?: number }[];
    expect(written.map(({ operation, status, items }) => [operation, status, items])).to.deep.equal([
      // The first Get is a change: the key is no longer fresh.
      ['Get', 'Success', undefined],
      ['Ping', 'OperationFailed', 10],
      ['Get', 'OperationFailed', 10],
      ['Get', 'Success', 9],
    ]);
    expect(JSON.stringify(written).length).to.be.below(encode(bytes).length);
  });

  it('lists all objects that were given out in as few audit records as have room for them', async () => {
    const ids = await many(99);
    const before = (await records()).length;
    const gets = [...ids, ids[0] as string].map((id) => item('Get', [uniqueIdentifier(id)]));
    await send(fixture, '2.1', gets, onContinue);
    // The first Get of each is a change, and has its own.
    expect(await records()).to.have.length(before + 100);
    await send(fixture, '2.1', gets, onContinue);
    const [record, ...others] = (await records()).slice(before + 100) as { items?: number; objects?: string[] }[];
    expect(others).to.deep.equal([]);
    expect(record).to.deep.include({ items: 100, objects: ids });
  });

  it('lists only some of the objects for which one reference stood, when only attributes were read', async () => {
    const handler = createHandler({
      ...fixture.services,
      limits: { ...fixture.services.limits, maximumBatchCount: 1000 },
    });
    for (let each = 0; each < 3; each++) await many(100);
    const ask = async (operation: 'GetAttributeList' | 'Get' | 'Activate') => {
      const before = (await records()).length;
      const items = [
        item('Locate', [attributesFor('2.1')]),
        item(operation, [enumerated('UniqueIdentifier', 'Locate')]),
      ];
      const answers = answersOf(
        decode(await handler.handle(encode(request('2.1', items, onContinue)), fixture.session())),
      );
      expect(answers).to.have.length(301);
      return (await records()).slice(before + 1) as { items?: number; objects?: string[]; omitted?: number }[];
    };
    const [record, ...others] = await ask('GetAttributeList');
    expect(others).to.deep.equal([]);
    expect(record).to.include({ items: 300, omitted: 200 });
    expect(record?.objects).to.have.length(100);
    // Changes have theirs in their commits.
    expect(await ask('Get')).to.have.length(300);
    const given = await ask('Get');
    expect(given.map(({ items, objects, omitted }) => [items, objects?.length, omitted])).to.deep.equal(
      Array.from({ length: 3 }, () => [100, 100, undefined]),
    );
  });

  it('writes some audit records for messages that are refused as a whole, and counts the others', async () => {
    const sent = 2000;
    for (let each = 0; each < sent; each++) {
      await fixture.handler.handle(Buffer.from('4200780100000000', 'hex'), fixture.session());
    }
    const mandatory = { before: [enumerated('AsynchronousIndicator', 'Mandatory')] };
    for (let each = 0; each < 100; each++) await fixture.exchange(request('2.1', [batchPing], mandatory));
    fixture.handler.settle();
    await send(fixture, '1.4', [batchPing]);
    const written = (await records()) as { count?: number }[];
    expect(written).to.have.length(2 * 17 + 1);
    expect(written.filter(({ count }) => count !== undefined).map(({ count }) => count)).to.deep.equal([
      sent - 16,
      100 - 16,
    ]);
  });
});
