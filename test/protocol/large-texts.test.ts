/** Answers of very many small items as XML and JSON: what they are made of must fit into a worker thread. */
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { KmipError } from '#protocol/kmip-error';
import { rejection } from '#test/store/rejection';
import { struct, text } from '#test/fixtures/items';
import { encode, type Item } from '#ttlv/index';
import { createWorkers, type Workers } from '#workers/tasks';

const answer = (count: number): Uint8Array => {
  const empty: Item = text('NameValue', '');
  return encode(struct('ResponseMessage', { ...struct('BatchItem'), value: Array<Item>(count).fill(empty) } as Item));
};

describe('an answer of very many items', () => {
  let workers: Workers;
  before(() => (workers = createWorkers()));
  after(() => workers.close());

  const written = (encoding: 'xml' | 'json', body: Uint8Array): Promise<Uint8Array> =>
    workers.run('writeText', { encoding, body }, { client: 'a', random: randomBytes, hasLeft: () => false });

  for (const encoding of ['xml', 'json'] as const) {
    it(`is refused before its ${encoding} fills the memory of a thread`, async () => {
      for (const count of [400_000, 1_000_000]) {
        const error = await rejection(written(encoding, answer(count)));
        expect(error).to.be.instanceOf(KmipError);
        expect(error).to.include({ reason: 'ResponseTooLarge' });
        expect(String(error)).to.match(/at most 400000 items/);
      }
    });
  }

  it('is written below that', async () => {
    expect((await written('json', answer(100_000))).length).to.be.above(4_000_000);
  });
});
