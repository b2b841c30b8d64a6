/**
 * The items of a batch: order, Stop, Continue, Undo, and what every answer echoes (KMIP 2.1 §8.6, §9.6, §9.8;
 * 1.4 §6.12 to §6.14, §11.1).
 */
import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { aesKey, answersOf, ask, createKey, headerOf, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { recordsOf } from './audit-records.ts';
import { bool, bytes, enumerated, request, struct, text, value, versions, item } from '#test/fixtures/items';

const option = { Continue: 1, Stop: 2, Undo: 3 } as const;
const onError = (which: keyof typeof option) => ({
  before: [enumerated('BatchErrorContinuationOption', option[which])],
});
const absent = uniqueIdentifier('no-such-object');

describe('a batch', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const statuses = async (version: string, items: readonly Item[], header?: Parameters<typeof send>[3]) =>
    (await send(fixture, version, items, header)).map(({ status }) => status);

  const records = () => recordsOf(fixture);

  for (const version of versions) {
    describe(`in ${version}`, () => {
      it('runs its items in the order given, whatever Batch Order Option says', async () => {
        for (const header of [
          {},
          { after: [bool('BatchOrderOption', true)] },
          { after: [bool('BatchOrderOption', false)] },
        ]) {
          const id = await createKey(fixture, version);
          const steps = [
            item('Activate', [uniqueIdentifier(id)], '01'),
            item('Activate', [uniqueIdentifier(id)], '02'),
          ];
          const answers = await send(fixture, version, steps, header);
          expect(answers.map(({ id, status }) => [id, status])).to.deep.equal([
            ['01', 'Success'],
            ['02', 'OperationFailed'],
          ]);
        }
      });

      it('stops at the first failure when nothing else is asked, and answers the items that were reached', async () => {
        const items = [
          item('Create', aesKey(version), '01'),
          item('Activate', [absent], '02'),
          item('Create', aesKey(version), '03'),
        ];
        for (const header of [{}, onError('Stop')]) {
          const answers = await send(fixture, version, items, header);
          expect(answers.map(({ operation, id, status }) => [operation, id, status])).to.deep.equal([
            ['Create', '01', 'Success'],
            ['Activate', '02', 'OperationFailed'],
          ]);
          // "Completed operations SHALL NOT be undone."
          expect(
            (await ask(fixture, version, 'Get', [uniqueIdentifier(answers[0]?.object as string)])).status,
          ).to.equal('Success');
        }
      });

      it('goes on after a failure with Continue', async () => {
        const items = [item('Activate', [absent], '01'), item('Create', aesKey(version), '02')];
        expect(await statuses(version, items, onError('Continue'))).to.deep.equal(['OperationFailed', 'Success']);
      });

      it('leaves nothing of an undone batch, and says which operations were undone', async () => {
        const kept = await createKey(fixture, version);
        const answers = await send(
          fixture,
          version,
          [
            item('Create', aesKey(version), '01'),
            item('Activate', [uniqueIdentifier(kept)], '02'),
            item('Destroy', [absent], '03'),
            item('Create', aesKey(version), '04'),
          ],
          onError('Undo'),
        );
        expect(answers.map(({ operation, id, status, reason }) => [operation, id, status, reason])).to.deep.equal([
          ['Create', '01', 'OperationUndone', undefined],
          ['Activate', '02', 'OperationUndone', undefined],
          ['Destroy', '03', 'OperationFailed', version < '2' ? 'ItemNotFound' : 'ObjectNotFound'],
        ]);
        // "Response Payload: Yes, if not a failure."
        expect(answers[0]?.object).to.be.a('string');
        // Still Pre-Active.
        expect((await ask(fixture, version, 'Activate', [uniqueIdentifier(kept)])).status).to.equal('Success');
        const undone = (await records()).filter(({ status }) => status === 'OperationUndone');
        expect(undone.map(({ operation }) => operation)).to.deep.equal(['Create', 'Activate']);
        const [created] = undone;
        expect(created?.objects).to.have.length(1);
        const gone = await ask(fixture, version, 'Get', [uniqueIdentifier(created?.objects?.[0] as string)]);
        expect(gone.status).to.equal('OperationFailed');
      });

      it('keeps all of a batch with Undo in which nothing fails', async () => {
        const items = [item('Create', aesKey(version), '01'), item('Activate', [], '02'), item('Get', [], '03')];
        const answers = await send(fixture, version, items, onError('Undo'));
        expect(answers.map(({ status }) => status)).to.deep.equal(['Success', 'Success', 'Success']);
        const id = answers[0]?.object as string;
        expect(answers[2]?.object).to.equal(id);
        const again = await ask(fixture, version, 'Activate', [uniqueIdentifier(id)]);
        expect(again.reason).to.equal(version < '2' ? 'PermissionDenied' : 'WrongKeyLifecycleState');
        const success = (await records()).filter(
          ({ status, objects }) => status === 'Success' && objects?.includes(id),
        );
        expect(success.map(({ operation }) => operation)).to.deep.equal(['Create', 'Activate', 'Get']);
      });

      it('echoes an operation that nobody knows, or that the version lacks', async () => {
        const unknown = struct(
          'BatchItem',
          enumerated('Operation', 0x7f),
          bytes('UniqueBatchItemID', 'ab'),
          struct('RequestPayload'),
        );
        const response = await fixture.exchange(request(version, [unknown]));
        const [answer] = answersOf(response);
        expect(answer).to.include({ id: 'ab', status: 'OperationFailed', reason: 'OperationNotSupported' });
        expect(value(response, 'BatchItem', 'Operation')).to.equal(0x7f);
        const [later] = await send(fixture, version, [item('Ping', [], 'cd')]);
        expect(later).to.include({
          operation: 'Ping',
          id: 'cd',
          status: version < '2.1' ? 'OperationFailed' : 'Success',
        });
      });

      it('fails an item that cannot be read alone, echoing what can be', async () => {
        const noPayload = struct('BatchItem', enumerated('Operation', 'Create'), bytes('UniqueBatchItemID', '01'));
        const noOperation = struct('BatchItem', bytes('UniqueBatchItemID', '02'), struct('RequestPayload'));
        const twice = struct(
          'BatchItem',
          enumerated('Operation', 'Create'),
          enumerated('Operation', 'Create'),
          struct('RequestPayload'),
        );
        const wrongType = item('Get', [bytes('UniqueIdentifier', '00')], '03');
        const items = [noPayload, noOperation, twice, wrongType, item('Create', aesKey(version), '04')];
        const answers = await send(fixture, version, items, onError('Continue'));
        expect(answers.map(({ operation, id, reason }) => [operation, id, reason])).to.deep.equal([
          ['Create', '01', 'InvalidMessage'],
          [undefined, '02', 'InvalidMessage'],
          ['Create', undefined, 'InvalidMessage'],
          ['Get', '03', 'InvalidMessage'],
          ['Create', '04', undefined],
        ]);
      });

      it('fails an item with a field that the version does not know', async () => {
        const [answer] = await send(fixture, version, [item('Get', [text('Username', 'x')], '01')]);
        expect(answer).to.include({ operation: 'Get', id: '01', reason: 'InvalidField' });
      });

      it('echoes a Unique Batch Item ID byte for byte, an empty one and a repeated one too', async () => {
        const ids = ['', '00', 'ff00', '01', '01', 'a5'.repeat(64)];
        const answers = await send(
          fixture,
          version,
          ids.map((id) => item('Get', [absent], id)),
          onError('Continue'),
        );
        expect(answers.map(({ id }) => id)).to.deep.equal(ids);
      });

      it('refuses a Batch Count that disagrees, in an item without operation', async () => {
        for (const [items, batchCount] of [
          [[item('Create', aesKey(version), '01')], 2],
          [[item('Create', aesKey(version), '01')], 0],
          [[item('Create', aesKey(version), '01')], -1],
          [[], 1],
          [[], 0],
        ] as const) {
          const [answer, ...more] = await send(fixture, version, items, { batchCount });
          expect(answer).to.include({
            operation: undefined,
            id: undefined,
            status: 'OperationFailed',
            reason: 'InvalidMessage',
          });
          expect(more).to.deep.equal([]);
        }
        expect(await records()).to.have.length(5);
      });
    });
  }

  it('takes as many items as its limit, and no more', async () => {
    const items = (count: number) => Array.from({ length: count }, () => item('Get', [absent]));
    const { maximumBatchCount } = fixture.services.limits;
    expect(await statuses('2.1', items(maximumBatchCount), onError('Continue'))).to.have.length(maximumBatchCount);
    const [answer, ...more] = await send(fixture, '2.1', items(maximumBatchCount + 1));
    expect(answer).to.include({ operation: undefined, reason: 'ServerLimitExceeded' });
    expect(more).to.deep.equal([]);
  });

  it('shows nothing of a batch with Undo to others before its end', async () => {
    const id = await createKey(fixture);
    const seen: string[] = [];
    const { store } = fixture.services;
    const { commit } = store;
    // The batch's only commit is the moment before which all of it must be unseen.
    Object.assign(store, {
      commit: async (...changes: Parameters<typeof commit>) => {
        Object.assign(store, { commit });
        seen.push((await ask(fixture, '1.4', 'GetAttributes', [uniqueIdentifier(id)])).status);
        const activated = await ask(fixture, '1.4', 'Activate', [uniqueIdentifier(id)]);
        seen.push(activated.status);
        return store.commit(...changes);
      },
    });
    const items = [item('Destroy', [uniqueIdentifier(id)], '01'), item('Create', aesKey('1.4'), '02')];
    const answers = await send(fixture, '1.4', items, onError('Undo'));
    expect(seen).to.deep.equal(['Success', 'Success']);
    // Run again, it meets the key that was activated meanwhile.
    expect(answers.map(({ status, reason }) => [status, reason])).to.deep.equal([
      ['OperationFailed', 'PermissionDenied'],
    ]);
  });

  it('sees its own changes while it can still be undone', async () => {
    const items = [
      item('Create', aesKey('1.4'), '01'),
      item('Get', [], '02'),
      item('Destroy', [], '03'),
      item('Get', [], '04'),
    ];
    const answers = await send(fixture, '1.4', items, onError('Undo'));
    expect(answers.map(({ status }) => status)).to.deep.equal([
      'OperationUndone',
      'OperationUndone',
      'OperationUndone',
      'OperationFailed',
    ]);
  });

  it('loses no change to another client of the same object, with Undo too', async () => {
    const id = await createKey(fixture);
    const activate = [item('Activate', [uniqueIdentifier(id)], '01'), item('Get', [uniqueIdentifier(id)], '02')];
    const runs = await Promise.all(
      Array.from({ length: 8 }, () =>
        send(fixture, '1.4', activate, { ...onError('Undo'), session: fixture.session() }),
      ),
    );
    expect(runs.filter(([first]) => first?.status === 'Success')).to.have.length(1);
  });

  it('answers when the store fails at the end of a batch with Undo', async () => {
    const { store } = fixture.services;
    const { commit } = store;
    Object.assign(store, { commit: () => Promise.reject(new Error('the disk is full')) });
    const items = [item('Create', aesKey('2.1'), '01'), item('Create', aesKey('2.1'), '02')];
    const answers = await send(fixture, '2.1', items, onError('Undo'));
    Object.assign(store, { commit });
    expect(answers.map(({ id, status, reason }) => [id, status, reason])).to.deep.equal([
      ['01', 'OperationUndone', undefined],
      ['02', 'OperationFailed', 'GeneralFailure'],
    ]);
    expect(answers[1]?.message).to.not.include('disk');
    expect(fixture.logged.join()).to.include('the disk is full');
  });

  for (const [version, answered] of [
    ['3.0', '2.1'],
    ['9.9', '2.1'],
    ['1.9', '1.4'],
    ['0.9', '1.0'],
  ] as const) {
    it(`refuses a header of version ${version} in an answer of ${answered}`, async () => {
      const response = await fixture.exchange(request(version, [item('Get', [absent], '01')]));
      const { major, minor } = headerOf(response);
      expect(`${major}.${minor}`).to.equal(answered);
      expect(answersOf(response)[0]).to.include({
        operation: undefined,
        status: 'OperationFailed',
        reason: answered < '2' ? 'InvalidMessage' : 'UnsupportedProtocolVersion',
      });
    });
  }
});
