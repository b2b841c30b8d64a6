/**
 * The header's fields and what concerns a whole message (KMIP 2.1 §8.2, §8.5, chapter 9; 1.4 chapters 6, 7 and §11.1).
 */
import { expect } from 'chai';
import { enumerationRows } from '#protocol/enumeration-rows';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { aesKey, answersOf, ask, createKey, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { at, bool, date, enumerated, int, request, struct, text, value, versions, item } from '#test/fixtures/items';

const goOn = enumerated('BatchErrorContinuationOption', 'Continue');
const extension = (critical: boolean): Item =>
  struct(
    'MessageExtension',
    text('VendorIdentification', 'somebody'),
    bool('CriticalityIndicator', critical),
    struct('VendorExtension', int('BatchCount', 1)),
  );
const extended = (of: Item, ...extensions: Item[]): Item =>
  ({ ...of, value: [...(of.value as Item[]), ...extensions] }) as Item;

describe('a message', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    const isNew = version >= '2';

    describe(`in ${version}`, () => {
      it('is answered with the time, and nothing that was not asked for', async () => {
        fixture.clock.now = Date.UTC(2026, 4, 6, 7, 8, 9, 999);
        const response = await fixture.exchange(
          request(version, [item('Query', [enumerated('QueryFunction', 'QueryObjects')])]),
        );
        const header = at(response, 'ResponseHeader')?.value as Item[];
        expect(header).to.have.length(3);
        expect(value(response, 'ResponseHeader', 'TimeStamp')).to.equal(BigInt(Date.UTC(2026, 4, 6, 7, 8, 9)) / 1000n);
      });

      it('may bring a Time Stamp of any time', async () => {
        const header = { after: [date('TimeStamp', 5)] };
        const [answer] = await send(fixture, version, [item('Create', aesKey(version))], header);
        expect(answer?.status).to.equal('Success');
      });

      it("may bring correlation values from 1.4 on: the client's is logged, neither is echoed", async () => {
        const correlation = text('ClientCorrelationValue', 'step "7"\u2028');
        const header = { before: [correlation, text('ServerCorrelationValue', 'ours')] };
        const message = request(version, [item('Create', aesKey(version), '01')], header);
        const response = await fixture.exchange(message);
        const [answer] = answersOf(response);
        if (version < '1.4') {
          expect(answer?.reason).to.equal('InvalidField');
          return;
        }
        expect(answer?.status).to.equal('Success');
        expect(at(response, 'ResponseHeader')?.value).to.have.length(3);
        expect(fixture.logged.join('\n')).to.include('step').and.not.include('\u2028');
      });

      it('is processed when the client could take an asynchronous answer, and refused when it takes no other', async () => {
        const indicator = (which: number): Item =>
          isNew ? enumerated('AsynchronousIndicator', which) : bool('AsynchronousIndicator', which === 2);
        const { Mandatory, Optional, Prohibited } = enumerationRows.AsynchronousIndicator;
        for (const [which] of [Optional, Prohibited]) {
          const [answer] = await send(fixture, version, [item('Create', aesKey(version))], {
            before: [indicator(which)],
          });
          expect(answer?.status).to.equal('Success');
        }
        if (!isNew) return;
        const items = [item('Create', aesKey(version), '01'), item('Get', [], '02')];
        const answers = await send(fixture, version, items, { before: [indicator(Mandatory[0])] });
        expect(answers.map(({ operation, id, reason }) => [operation, id, reason])).to.deep.equal([
          ['Create', '01', 'FeatureNotSupported'],
          ['Get', '02', 'FeatureNotSupported'],
        ]);
      });

      it('may speak of attestation from 1.2 on', async () => {
        const header = {
          before: [bool('AttestationCapableIndicator', true), enumerated('AttestationType', 'TPMQuote')],
        };
        const [answer] = await send(fixture, version, [item('Create', aesKey(version))], header);
        if (version < '1.2') expect(answer?.reason).to.equal('InvalidField');
        else expect(answer?.status).to.equal('Success');
      });

      it('may hold Ephemeral from 2.0 on', async () => {
        const ephemeral = struct(
          'BatchItem',
          enumerated('Operation', 'Create'),
          bool('Ephemeral', true),
          struct('RequestPayload', ...aesKey(version)),
        );
        const [answer] = await send(fixture, version, [ephemeral]);
        if (isNew) expect(answer?.status).to.equal('Success');
        else expect(answer?.reason).to.equal('InvalidField');
      });

      it('is processed as if an extension were absent that is not critical', async () => {
        const items = [extended(item('Create', aesKey(version)), extension(false), extension(false))];
        const [answer] = await send(fixture, version, items);
        expect(answer?.status).to.equal('Success');
        expect(at(answer?.item as Item, 'ResponsePayload')).to.not.equal(undefined);
      });

      it('is refused as a whole when an extension is critical, before anything is done', async () => {
        const id = await createKey(fixture, version);
        const items = [
          item('Destroy', [uniqueIdentifier(id)], '01'),
          extended(item('Get', [uniqueIdentifier(id)], '02'), extension(false), extension(true)),
        ];
        const answers = await send(fixture, version, items, { before: [goOn] });
        const reason = isNew ? 'UnknownMessageExtension' : 'FeatureNotSupported';
        expect(answers.map(({ operation, id, reason }) => [operation, id, reason])).to.deep.equal([
          ['Destroy', '01', reason],
          ['Get', '02', reason],
        ]);
        expect((await ask(fixture, version, 'Get', [uniqueIdentifier(id)])).status).to.equal('Success');
      });

      it('fails the item whose extension cannot be read', async () => {
        const broken = struct('MessageExtension', text('VendorIdentification', 'somebody'));
        const [answer] = await send(fixture, version, [extended(item('Create', aesKey(version)), broken)]);
        expect(answer).to.include({ operation: 'Create', reason: 'InvalidMessage' });
      });

      it('is refused with a header field twice, or one that nobody knows', async () => {
        const twice = { before: [int('MaximumResponseSize', 8192), int('MaximumResponseSize', 8192)] };
        const [repeated] = await send(fixture, version, [item('Get')], twice);
        expect(repeated).to.include({ operation: undefined, reason: 'InvalidMessage' });
        const [unknown] = await send(fixture, version, [item('Get')], { before: [text('Username', 'x')] });
        expect(unknown).to.include({ operation: undefined, reason: 'InvalidField' });
      });
    });
  }

  it('may have its fields in any order', async () => {
    const {
      value: [header, ...items],
    } = request('1.4', [item('Create', aesKey('1.4'))]) as Extract<Item, { value: readonly Item[] }>;
    const [version, ...rest] = (header as Item).value as Item[];
    const moved = struct(
      'RequestHeader',
      version as Item,
      bool('BatchOrderOption', true),
      ...rest,
      int('MaximumResponseSize', 8192),
    );
    expect(answersOf(await fixture.exchange(struct('RequestMessage', moved, ...items)))[0]?.status).to.equal('Success');
  });

  describe('with a Maximum Response Size', () => {
    const get = (id: string, batchId: string): Item => item('Get', [uniqueIdentifier(id)], batchId);
    const limited = (size: number) => ({ before: [int('MaximumResponseSize', size), goOn] });
    const sizeOf = async (items: Item[]) =>
      encode(await fixture.exchange(request('1.4', items, { before: [goOn] }))).length;

    it('is answered in full when the answer fits exactly', async () => {
      const items = [get(await createKey(fixture), '01')];
      const size = await sizeOf(items);
      expect((await send(fixture, '1.4', items, limited(size)))[0]?.status).to.equal('Success');
      const [answer] = await send(fixture, '1.4', items, limited(size - 1));
      expect(answer).to.include({ operation: 'Get', id: '01', status: 'OperationFailed', reason: 'ResponseTooLarge' });
      expect(at(answer?.item as Item, 'ResponsePayload')).to.equal(undefined);
    });

    it('loses only the largest answers', async () => {
      const id = await createKey(fixture);
      const items = [
        item('Query', [enumerated('QueryFunction', 'QueryObjects')], '01'),
        get(id, '02'),
        item('Activate', [uniqueIdentifier(id)], '03'),
      ];
      const whole = await sizeOf([items[0] as Item, items[1] as Item]);
      const answers = await send(fixture, '1.4', items, limited(whole));
      expect(answers.map(({ reason }) => reason)).to.deep.equal([undefined, 'ResponseTooLarge', undefined]);
    });

    it('is never exceeded while the items themselves can be answered', async () => {
      const ids = await Promise.all(Array.from({ length: 5 }, () => createKey(fixture)));
      const items = ids.map((id, place) => get(id, `0${place}`));
      const smallest = encode(await fixture.exchange(request('1.4', items, limited(1)))).length;
      for (let size = smallest; size < 1400; size += 40) {
        const response = await fixture.exchange(request('1.4', items, limited(size)));
        expect(encode(response).length).to.be.at.most(size);
        expect(answersOf(response).map(({ id }) => id)).to.deep.equal(['00', '01', '02', '03', '04']);
      }
    });

    for (const size of [0, 1, -1, 8]) {
      it(`of ${size} is answered as shortly as can be`, async () => {
        const [answer, ...more] = await send(fixture, '1.4', [get(await createKey(fixture), '01')], limited(size));
        expect(answer).to.include({ operation: 'Get', id: '01', reason: 'ResponseTooLarge', message: undefined });
        expect(more).to.deep.equal([]);
      });
    }

    it('does not undo what was done', async () => {
      const id = await createKey(fixture);
      await send(fixture, '1.4', [item('Activate', [uniqueIdentifier(id)])], limited(1));
      expect((await ask(fixture, '1.4', 'Activate', [uniqueIdentifier(id)])).reason).to.equal('PermissionDenied');
    });
  });
});
