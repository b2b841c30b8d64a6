/** What clients rely on that send several things at once, or more than they need. */
import { expect } from 'chai';
import { enumerationValues } from '#protocol/enumerations';
import { versionOf } from '#protocol/versions';
import {
  all,
  at,
  bool,
  bytes,
  date,
  enumerated,
  int,
  request,
  struct,
  text,
  isOld,
  versions,
  operationCode,
  item,
} from '#test/fixtures/items';
import { hex } from '#test/ttlv/wire';
import { encode, ItemType, type Item, type StructureItem } from '#ttlv/index';
import { aes, given, id, name, olderVersions, serverForEach } from './caller.ts';

describe('a client that sends batches', () => {
  const { caller } = serverForEach();

  const creation = (version: string, itemId?: string): Item =>
    item('Create', [enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes())], itemId);
  const continuation = (option: number): { after: Item[] } => ({
    after: [enumerated('BatchErrorContinuationOption', option)],
  });
  const idsOf = (answers: readonly { item: Item }[]): string[] =>
    answers.map((each) => hex(at(each.item, 'UniqueBatchItemID')?.value as Uint8Array));

  it('batch-echoes-item-ids: every identifier comes back byte for byte, in order', async () => {
    const ids = ['01', '00', 'ff00ff00ff', '7468697264', '00'.repeat(40)];
    for (const version of versions) {
      const answers = await caller(version).send(
        ids.map((each) => creation(version, each)),
        { after: [bool('BatchOrderOption', true)] },
      );
      expect(answers.map(({ status }) => status)).to.deep.equal(ids.map(() => 'Success'));
      expect(idsOf(answers)).to.deep.equal(ids);
    }
  });

  it('placeholder-without-order: what an item made is found by the next, Batch Order Option or not', async () => {
    for (const version of versions) {
      for (const after of [[], [bool('BatchOrderOption', true)]]) {
        const answers = await caller(version).send(
          [creation(version, '01'), item('Activate', [], '02'), item('Get', [], '03'), item('GetAttributes', [], '04')],
          { after },
        );
        expect(answers.map(({ status, message }) => message ?? status)).to.deep.equal(Array(4).fill('Success'));
        const found = answers.map(({ payload }) => at(payload, 'UniqueIdentifier')?.value);
        expect(new Set(found).size).to.equal(1);
      }
    }
  });

  it('stopped-batch-counts: a batch that stops answers what was reached, and counts it', async () => {
    for (const version of versions) {
      const items = [creation(version, '01'), item('Get', [id('absent')], '02'), creation(version, '03')];
      for (const header of [{}, continuation(2)]) {
        const stopped = await caller(version).send(items, header);
        expect(stopped.map(({ status }) => status)).to.deep.equal(['Success', 'OperationFailed']);
        expect(idsOf(stopped)).to.deep.equal(['01', '02']);
      }
      const went = await caller(version).send(items, continuation(1));
      expect(went.map(({ status }) => status)).to.deep.equal(['Success', 'OperationFailed', 'Success']);
      expect(idsOf(went)).to.deep.equal(['01', '02', '03']);
    }
  });

  it('failures-echo-the-item: whatever failed, operation and identifier come back', async () => {
    for (const version of versions) {
      const failures: readonly Item[] = [
        item('Get', [id('absent')], '0a0b'),
        item('Get', [int('UniqueIdentifier', 1), int('UniqueIdentifier', 2)], '0a0b'),
        item('Get', [text('Username', 'x')], '0a0b'),
        item('Create', [], '0a0b'),
        item(0x7fffffff, [], '0a0b'),
        struct('BatchItem', enumerated('Operation', operationCode('Get')), bytes('UniqueBatchItemID', '0a0b')),
        struct(
          'BatchItem',
          enumerated('Operation', operationCode('Get')),
          bytes('UniqueBatchItemID', '0a0b'),
          text('RequestPayload', ''),
        ),
      ];
      for (const failure of failures) {
        const [answer] = await caller(version).send([failure]);
        expect(answer?.status).to.equal('OperationFailed');
        expect(answer?.reason).to.not.equal(undefined);
        expect(at(answer?.item as Item, 'Operation')?.value).to.equal(at(failure, 'Operation')?.value);
        expect(hex(at(answer?.item as Item, 'UniqueBatchItemID')?.value as Uint8Array)).to.equal('0a0b');
      }
    }
  });

  it('failures-echo-the-item: an operation that the version lacks is named in the refusal of it', async () => {
    const [answer] = await caller('1.0').send([item('DiscoverVersions', [], '01')]);
    expect(answer?.reason).to.equal('OperationNotSupported');
    expect(at(answer?.item as Item, 'Operation')?.value).to.equal(operationCode('DiscoverVersions'));
  });

  it('harmless-extras-are-taken: a Time Stamp in the request, long past or to come', async () => {
    for (const version of versions) {
      for (const seconds of [0, 1_700_000_000, 4_000_000_000]) {
        const [answer] = await caller(version).send([creation(version)], { after: [date('TimeStamp', seconds)] });
        expect(answer?.status).to.equal('Success');
      }
    }
  });

  it('harmless-extras-are-taken: a Client Correlation Value, which is for the request alone', async () => {
    for (const version of versions.filter((each) => each >= '1.4')) {
      const answer = await caller(version).exchange(
        request(version, [creation(version)], { before: [text('ClientCorrelationValue', 'job 7')] }),
      );
      expect(at(answer, 'ResponseHeader', 'ClientCorrelationValue')).to.equal(undefined);
      expect(at(answer, 'BatchItem', 'ResultStatus')?.value).to.equal(0);
    }
  });

  it('harmless-extras-are-taken: several Names without an index, numbered in their order', async () => {
    for (const version of olderVersions) {
      const { attributes, create } = caller(version);
      const key = await create(name('a'), name('b'), name('c'));
      const held = await attributes(key, text('AttributeName', 'Name'));
      expect(held.map((each) => at(each, 'AttributeValue', 'NameValue')?.value)).to.deep.equal(['a', 'b', 'c']);
      expect(held.map((each) => at(each, 'AttributeIndex')?.value ?? 0)).to.deep.equal([0, 1, 2]);
    }
  });

  it('harmless-extras-are-taken: a batch of one with options that only larger ones need', async () => {
    for (const version of versions) {
      const [answer] = await caller(version).send([creation(version, '01')], {
        after: [enumerated('BatchErrorContinuationOption', 'Stop'), bool('BatchOrderOption', true)],
      });
      expect(answer?.status).to.equal('Success');
    }
  });

  it('harmless-extras-are-taken: an extension that need not be understood; one that must be fails the whole message', async () => {
    for (const version of versions) {
      const here = caller(version);
      const extended = (critical: boolean): Item => {
        const { tag, value } = creation(version, '02') as StructureItem;
        const extension = struct(
          'MessageExtension',
          text('VendorIdentification', 'acme'),
          bool('CriticalityIndicator', critical),
          struct('VendorExtension', { ...int('BatchCount', 1), tag: 0x540001 }),
        );
        return { tag, type: ItemType.Structure, value: [...value, extension] };
      };
      const harmless = await here.send([creation(version, '01'), extended(false)]);
      expect(harmless.map(({ status }) => status)).to.deep.equal(['Success', 'Success']);
      const critical = await here.send([creation(version, '01'), extended(true)]);
      const reason = isOld(version) ? 'FeatureNotSupported' : 'UnknownMessageExtension';
      expect(critical.map((each) => each.reason)).to.deep.equal([reason, reason]);
      expect(idsOf(critical)).to.deep.equal(['01', '02']);
    }
  });

  it('small-buffers: 8192 bytes are enough for a key and its attributes, and kept to', async () => {
    for (const version of versions) {
      const here = caller(version);
      const key = await here.create(name('small'));
      for (const operation of ['Get', 'GetAttributes'] as const) {
        const answer = await here.exchange(
          request(version, [item(operation, [id(key)])], { before: [int('MaximumResponseSize', 8192)] }),
        );
        expect(encode(answer).length).to.be.at.most(8192);
        expect(at(answer, 'BatchItem', 'ResultStatus')?.value).to.equal(0);
      }
      const [tooLarge] = await here.send([item('GetAttributes', [id(key)], '01')], {
        before: [int('MaximumResponseSize', 256)],
      });
      expect([tooLarge?.status, tooLarge?.reason]).to.deep.equal(['OperationFailed', 'ResponseTooLarge']);
    }
  });

  it('small-buffers: identifiers are UUIDs of 36 characters, never digits alone', async () => {
    const here = caller('1.0');
    for (let count = 0; count < 50; count++) {
      expect(await here.create()).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    }
  });

  it('every-request-is-answered: attributes that the object lacks are left out, not waited for', async () => {
    for (const version of versions) {
      const { attributes, create } = caller(version);
      const key = await create();
      const absent = isOld(version)
        ? text('AttributeName', 'Contact Information')
        : enumerated('AttributeReference', 0x420022);
      expect(await attributes(key, absent)).to.deep.equal([]);
      const unknown = isOld(version)
        ? text('AttributeName', 'x-nobody')
        : struct('AttributeReference', text('VendorIdentification', 'x'), text('AttributeName', 'nobody'));
      expect(await attributes(key, unknown)).to.deep.equal([]);
    }
  });

  it('every-request-is-answered: every operation of every version, with nothing in it', async () => {
    for (const version of versions) {
      const [major, minor] = version.split('.').map(Number) as [number, number];
      for (const operation of enumerationValues('Operation', versionOf(major, minor))) {
        const answer = await caller(version).exchange(request(version, [item(operation, [])]));
        expect(all(answer, 'BatchItem').length, `${operation} in ${version}`).to.equal(1);
        const reason = at(answer, 'BatchItem', 'ResultReason')?.value;
        expect(reason, `${operation} in ${version} failed by a fault of the server`).to.not.equal(0x100);
      }
    }
  });
});
