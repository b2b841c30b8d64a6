/**
 * The door's half of a request: every encoding leads to the same Item, and nothing that was read outlives the answer.
 */
import { expect } from 'chai';
import { encodings, type EncodingName } from '#protocol/encodings';
import { createMessageCore, type MessageCore } from '#server/message/message-core';
import { createExchange } from '#server/network/message-exchange';
import { RequestScope } from '#server/run/request-scope';
import { createServerState } from '#server/server-state';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { serverSession } from '#test/fixtures/handler';
import { at, operationCode, request, struct, text, value, item } from '#test/fixtures/items';
import { ItemType, type Item } from '#ttlv/item';

const names = Object.keys(encodings) as EncodingName[];

/** Byte strings, as they lie in the message. */
function bytesIn(item: Item): Uint8Array[] {
  if (item.type === ItemType.ByteString) return [item.value];
  return item.type === ItemType.Structure ? item.value.flatMap(bytesIn) : [];
}

describe('a message on its way through a door', () => {
  let fixture: Fixture;
  let core: MessageCore;
  /** What the core was asked, the last time. */
  let asked: Item;
  before(async () => {
    fixture = await openFixture();
    const real = createMessageCore(createServerState(fixture.services));
    core = {
      ...real,
      answer(message, scope) {
        asked = structuredClone(message);
        seen = bytesIn(message);
        return real.answer(message, scope);
      },
    };
  });
  after(() => fixture.close());
  let seen: Uint8Array[] = [];

  const exchangeOf = (maximumMessageSize: number) => createExchange({ ...fixture.services, core, maximumMessageSize });
  const { session } = serverSession({ connection: 1, clientId: 'client-1', fingerprint: '00' });
  const hashOf = (length: number): Item =>
    request('2.1', [
      item(
        operationCode('Hash'),
        [
          struct('CryptographicParameters', { tag: 0x420038, type: ItemType.Enumeration, value: 6 }),
          { tag: 0x4200c2, type: ItemType.ByteString, value: Buffer.alloc(length, 0xab) },
        ],
        'ab01',
      ),
    ]);

  for (const name of names) {
    for (const [size, length] of [
      ['short', 200],
      ['long', 100_000],
    ] as const) {
      it(`is the same Item of ${name}, and is wiped with its text, when it is ${size}`, async () => {
        const encoding = encodings[name];
        const message = hashOf(length);
        const body = Buffer.from(encoding.write(message));
        const scope = new RequestScope(session);
        scope.secretsToWipe.addMessage(body);
        const reply = await exchangeOf(1024 * 1024).respond(body, encoding, scope);
        expect(asked).to.deep.equal(structuredClone(message));
        const answer = encoding.read(reply);
        expect(value(answer, 'BatchItem', 'ResultStatus')).to.equal(0);
        expect(Buffer.from(value(answer, 'BatchItem', 'UniqueBatchItemID') as Uint8Array).toString('hex')).to.equal(
          'ab01',
        );
        expect(seen).to.have.length(2);
        for (const bytes of [body, ...seen]) expect(bytes.every((byte) => byte === 0)).to.equal(true);
        expect(reply.some((byte) => byte !== 0)).to.equal(true);
        await scope.end();
        expect(reply.every((byte) => byte === 0)).to.equal(true);
      });
    }

    it(`is measured in TTLV, whatever its length in ${name}`, async () => {
      const encoding = encodings[name];
      const message = hashOf(1000);
      const size = encodings.ttlv.write(message).length;
      const answers: unknown[] = [];
      for (const most of [size, size - 8]) {
        const reply = await exchangeOf(most).respond(encoding.write(message), encoding, new RequestScope(session));
        const answer = encoding.read(reply);
        answers.push(at(answer, 'BatchItem', 'ResultMessage')?.value ?? value(answer, 'BatchItem', 'ResultStatus'));
      }
      expect(answers).to.deep.equal([0, `message of ${size} bytes is longer than ${size - 8} at offset 0`]);
    });
  }

  it('is answered for its principal, on no connection at all', async () => {
    const origin = { door: 'none', signal: new AbortController().signal, hasLeft: () => false };
    const scope = new RequestScope({ principal: { clientId: 'client-1' }, origin });
    const answer = await core.answer(request('2.1', [item(operationCode('Ping'), [])]), scope);
    expect(value(answer, 'BatchItem', 'ResultStatus')).to.equal(0);
    const absent = [text('UniqueIdentifier', 'absent')];
    const refused = await core.answer(request('2.1', [item(operationCode('Get'), absent)]), scope);
    expect(value(refused, 'BatchItem', 'ResultMessage')).to.contain('object not found');
    await scope.end();
  });
});
