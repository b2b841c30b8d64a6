import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { createHandler, type Handler } from '#test/fixtures/handler';
import { answersOf, createKey, send, uniqueIdentifier } from '#test/fixtures/batches';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, attribute, bytes, enumerated, int, request, struct, text, value, item } from '#test/fixtures/items';

const clients = 100;

describe('many who change one object at once', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const undoable = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };

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

  describe('while another connection of the client changes it all the time', () => {
    const hashes = 60;
    let runs: number;
    let charged: number;
    let stop: () => Promise<void>;
    let handler: Handler;
    let id: string;

    /** Rivals that are never slower than a batch, if nobody gives way. */
    async function begin(): Promise<void> {
      id = await createKey(fixture);
      [runs, charged] = [0, 0];
      const facts = fixture.services.clients;
      const clients: typeof facts = {
        ids: () => facts.ids(),
        hasRotations: (client) => facts.hasRotations(client),
        quotaOf(client, name) {
          if (name === 'requestsPerSecond') charged++;
          return facts.quotaOf(client, name);
        },
      };
      handler = createHandler({ ...fixture.services, clients });
      let isOver = false;
      const session = fixture.session();
      const change = async (): Promise<void> => {
        while (!isOver) {
          const payload = [uniqueIdentifier(id), struct('NewAttribute', text('Comment', String(++runs)))];
          await fixture.handler.handle(encode(request('2.1', [item('SetAttribute', payload)])), session);
        }
      };
      const running = change();
      stop = async () => {
        isOver = true;
        await running;
      };
    }
    const batch = (): Item => {
      const set = struct('NewAttribute', text('ContactInformation', 'somebody'));
      const hash = [struct('CryptographicParameters', enumerated('HashingAlgorithm', 'SHA_256')), bytes('Data', '00')];
      const items = Array.from({ length: hashes }, () => item('Hash', hash));
      return request('2.1', [item('SetAttribute', [uniqueIdentifier(id), set]), ...items], undoable);
    };

    it('a long batch that can be undone wins after a few runs', async () => {
      await begin();
      const answers = answersOf(await fixture.exchange(batch()));
      await stop();
      expect(answers.map(({ message, status }) => message ?? status)).to.deep.equal(
        Array.from({ length: hashes + 1 }, () => 'Success'),
      );
    });

    it('a batch that loses against other processes ends soon, is charged for its runs, and says why', async () => {
      await begin();
      // The rival works through another handler, as another process does: it gives no way to this one.
      const answers = answersOf(decode(await handler.handle(encode(batch()), fixture.session())));
      await stop();
      const last = answers.at(-1);
      expect(last).to.include({ status: 'OperationFailed', reason: 'ServerLimitExceeded' });
      expect(last?.message).to.include('others changed the object each time');
      // Once for the message, and for each run but the first.
      expect(charged).to.equal(1 + 15);
    });
  });
});
