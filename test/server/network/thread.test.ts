/** The whole way of a request, in every version: Create, LMDB, Get; and once from bytes on a TLS socket. */
import { expect } from 'chai';
import type { Item } from '#ttlv/item';
import { ask, serve } from '#test/clients/connected';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import {
  enumerated,
  int,
  request,
  struct,
  text,
  value,
  versions,
  isOld,
  aesTemplate,
  item,
} from '#test/fixtures/items';

const [createOperation, getOperation] = [0x01, 0x0a];

const createAes = (version: string): Item =>
  request(version, [
    item(createOperation, [
      enumerated('ObjectType', 'SymmetricKey'),
      isOld(version)
        ? aesTemplate()
        : struct(
            'Attributes',
            enumerated('CryptographicAlgorithm', 'AES'),
            int('CryptographicLength', 256),
            int('CryptographicUsageMask', 12),
          ),
    ]),
  ]);

describe('a request through the whole server', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    it(`creates a key and gives it out in ${version}`, async () => {
      const created = await fixture.exchange(createAes(version));
      const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
      expect(id).to.match(/^[0-9a-f-]{36}$/);
      const got = await fixture.exchange(request(version, [item(getOperation, [text('UniqueIdentifier', id)])]));
      const block = ['BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock'] as const;
      expect(value(got, ...block, 'KeyValue', 'KeyMaterial')).to.have.length(32);
      expect(value(got, ...block, 'CryptographicLength')).to.equal(256);
      expect(value(got, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor')).to.equal(
        Number(version.slice(2)),
      );
    });
  }

  it('does not tell another client that the key exists', async () => {
    const created = await fixture.exchange(createAes('1.4'));
    const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
    const get = (which: string): Item => request('1.4', [item(getOperation, [text('UniqueIdentifier', which)])]);
    const foreign = await fixture.exchange(get(id), fixture.session('client-2'));
    const absent = await fixture.exchange(get('no-such-object'), fixture.session('client-2'));
    expect(value(foreign, 'BatchItem', 'ResultReason')).to.equal(1);
    expect(foreign).to.deep.equal(absent);
  });

  it('answers over mutual TLS', async () => {
    const server = await serve(fixture);
    try {
      const socket = await server.connect();
      expect(value(await ask(socket, createAes('1.2')), 'BatchItem', 'ResultStatus')).to.equal(0);
      socket.end();
    } finally {
      await server.close();
    }
  });
});
