import { expect } from 'chai';
import { createPace } from '#server/run/pace';
import { fitting } from '#server/message/response-size';
import { decode } from '#ttlv/decode';
import { encode, encodedLength } from '#ttlv/encode';
import type { ResponseBatchItem } from '#protocol/message';
import { answersOf, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bytes, enumerated, request, struct, value, item } from '#test/fixtures/items';

describe('the size of answers', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const opaque = (length: number) => [
    enumerated('ObjectType', 'OpaqueObject'),
    struct('Attributes'),
    struct('OpaqueObject', enumerated('OpaqueDataType', 0x80000001), bytes('OpaqueDataValue', '00'.repeat(length))),
  ];

  it('is bounded, however often a small request asks for a large object', async () => {
    const registered = await fixture.exchange(request('2.1', [item('Register', opaque(900_000))]));
    const id = uniqueIdentifier(value(registered, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string);
    const gets = Array.from({ length: 40 }, () => item('Get', [id]));
    const goOn = { before: [enumerated('BatchErrorContinuationOption', 'Continue')] };
    const asked = encode(request('2.1', [...gets, item('Activate', [id])], goOn));
    const answer = await fixture.handler.handle(asked, fixture.session());
    const answers = answersOf(decode(answer, { maximumBytes: answer.length }));
    expect(answers.map(({ status, reason }) => reason ?? status)).to.deep.equal([
      ...Array<string>(10).fill('Success'),
      ...Array<string>(31).fill('ResponseTooLarge'),
    ]);
    expect(answers.at(-1)?.message).to.include('ask for fewer items at once');
  });

  it('is brought within a limit in one pass over the items', async () => {
    const items = Array.from({ length: 1000 }, (_, place): ResponseBatchItem => ({
      resultStatus: 'Success',
      responsePayload: struct('ResponsePayload', bytes('Data', '00'.repeat(place))),
    }));
    let measured = 0;
    const lengthOf = (some: readonly ResponseBatchItem[]): number => {
      measured += some.length;
      return some.reduce(
        (sum, { responsePayload }) => sum + (responsePayload ? encodedLength(responsePayload) : 8),
        100,
      );
    };
    const fitted = await fitting(items, 0x0201, 100_000, lengthOf, createPace());
    expect(measured).to.be.at.most(2000);
    const kept = fitted.filter(({ responsePayload }) => responsePayload !== undefined).length;
    expect(kept).to.be.within(400, 600);
    expect(fitted.slice(kept).every(({ resultReason }) => resultReason === 'ResponseTooLarge')).to.equal(true);
  });
});
