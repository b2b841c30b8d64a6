/** What one client may ask of the server, and what is left of a request when its client is gone. */
import { expect } from 'chai';
import { createHandler } from '#test/fixtures/handler';
import type { Store } from '#store/store';
import { enumerationNumber } from '#protocol/enumerations';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { answersOf, ask, createKey, aesKey, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, attribute, bytes, enumerated, long, request, struct, text, item } from '#test/fixtures/items';

describe('the bounds of requests', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  it('let an object grow up to a size, and name the limit then', async () => {
    const id = await createKey(fixture);
    const reasons: unknown[] = [];
    for (let part = 0; part < 10; part++) {
      const large = attribute(`x-${part}`, bytes('AttributeValue', '00'.repeat(900_000)));
      const { reason, message, status } = await ask(fixture, '1.4', 'AddAttribute', [uniqueIdentifier(id), large]);
      reasons.push(reason ?? status);
      if (reason !== undefined) expect(message).to.include('8388608 bytes');
    }
    expect(reasons).to.deep.equal([...Array<string>(9).fill('Success'), 'IndexOutOfBounds']);
    expect(fixture.logged).to.deep.equal([]);
    expect((await ask(fixture, '1.4', 'Locate')).object).to.equal(id);
  });

  it('let Locate ask by a hundred attributes', async () => {
    const id = await createKey(fixture);
    const asked = (count: number) =>
      ask(fixture, '2.1', 'Locate', [
        struct('Attributes', ...Array.from({ length: count }, () => enumerated('CryptographicAlgorithm', 'AES'))),
      ]);
    expect((await asked(100)).object).to.equal(id);
    expect((await asked(101)).reason).to.equal('ServerLimitExceeded');
  });

  it('let nobody begin with Usage Limits that cannot be counted', async () => {
    const total = (count: bigint) => long('UsageLimitsTotal', count);
    const unit = enumerated('UsageLimitsUnit', 'Byte');
    for (const limits of [[total(-5n), unit], [unit], [total(5n)]]) {
      const payload = aesKey('2.1', ['Usage Limits', struct('UsageLimits', ...limits)]);
      expect((await ask(fixture, '2.1', 'Create', payload)).reason).to.equal('InvalidAttributeValue');
    }
    // 1.4 section 3.21: "The server SHALL ignore the Usage Limits Count value" of who creates.
    const counted = struct('UsageLimits', total(5n), long('UsageLimitsCount', 1n), unit);
    expect((await ask(fixture, '2.1', 'Create', aesKey('2.1', ['Usage Limits', counted]))).status).to.equal('Success');
  });

  it('run no more of a batch when its connection is closed', async () => {
    let items = 0;
    const session = { ...fixture.session(), isClosed: () => ++items > 2 };
    const creates = Array.from({ length: 4 }, () => item('Create', aesKey('2.1')));
    const goOn = { before: [enumerated('BatchErrorContinuationOption', 'Continue')] };
    const answers = await send(fixture, '2.1', creates, { ...goOn, session });
    expect(answers.map(({ reason, status }) => reason ?? status)).to.deep.equal([
      'Success',
      'Success',
      'OperationCanceledByRequester',
      'OperationCanceledByRequester',
    ]);
  });

  it('refuse a batch with Undo that would change more than one commit holds, and undo it', async () => {
    const limits = {
      ...fixture.services.limits,
      maximumMessageSize: 4 * 1024 * 1024,
      maximumBatchCount: 10_000,
    };
    const handler = createHandler({ ...fixture.services, limits });
    const handle = async (items: Item[], options = {}) =>
      answersOf(decode(await handler.handle(encode(request('2.1', items, options)), fixture.session())));
    const creates = Array.from({ length: 700 }, () => item('Create', aesKey('2.1')));
    for (let batch = 0; batch < 3; batch++) await handle(creates);
    // An identifier that stands for all that Locate has found.
    const located = enumerated('UniqueIdentifier', enumerationNumber('UniqueIdentifier', 'Locate') as number);
    const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };
    const answers = await handle([item('Locate', [struct('Attributes')]), item('Activate', [located])], undo);
    const last = answers.at(-1);
    expect(last?.status).to.equal('OperationFailed');
    expect(last?.message).to.include('at most 4096 changes');
    expect(answers[1]?.status).to.equal('OperationUndone');
    const active = struct('Attributes', enumerated('State', 'Active'));
    expect((await ask(fixture, '2.1', 'Locate', [active])).object).to.equal(undefined);
  });

  it('leave no opened key behind', async () => {
    const id = await createKey(fixture);
    await ask(fixture, '1.4', 'Get', [uniqueIdentifier(id)]);
    const opened: Uint8Array[] = [];
    const { store } = fixture;
    const watched: Store = {
      ...store,
      async get(kind, id) {
        const kept = await store.get(kind, id);
        if (kept === undefined) return undefined;
        const { revision, value, hasMaterial, room } = kept;
        const openMaterial = () => {
          const material = kept.openMaterial();
          opened.push(material);
          return material;
        };
        return { kind, id, revision, value, hasMaterial, room, openMaterial };
      },
    };
    const handler = createHandler({ ...fixture.services, store: watched });
    const asked = encode(
      request('1.4', [item('Get', [uniqueIdentifier(id)]), item('Get', [text('UniqueIdentifier', '-')])]),
    );
    const answer = decode(await handler.handle(asked, fixture.session()));
    expect(answersOf(answer).map(({ status }) => status)).to.deep.equal(['Success', 'OperationFailed']);
    expect(opened.map((material) => Buffer.from(material).toString('hex'))).to.deep.equal(['00'.repeat(32)]);
    expect(
      at(answer, 'BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial')?.value,
    ).not.to.deep.equal(Buffer.alloc(32));
  });
});
