/** Work that takes long, and a client that leaves meanwhile: nothing of it is kept. */
import { expect } from 'chai';
import { activate } from '#operations/life-cycle/activate';
import { create } from '#operations/create/create';
import { createKeyPair } from '#operations/create/create-key-pair';
import { locate } from '#operations/server/locate';
import { createClient, item, type Client } from '#client/client';
import { KmipError } from '#protocol/kmip-error';
import { aesKey } from '#test/client/aes-key';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

const pair = {
  common: {
    instances: [
      { key: 'cryptographicAlgorithm', value: 'RSA' },
      { key: 'cryptographicLength', value: 2048 },
      { key: 'cryptographicUsageMask', value: 3 },
    ],
  },
} as const;

describe('a client that leaves', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  /** @param looks How often the server still finds it there. */
  function clientWith(looks: number): Client {
    let left = looks;
    const session = { ...fixture.session(), hasLeft: () => left-- <= 0 };
    return createClient({
      exchange: (message) => fixture.handler.handle(message, session),
      close: () => Promise.resolve(),
    });
  }
  const reasonOf = (error: unknown): string => (error instanceof KmipError ? error.reason : String(error));
  const kept = async (): Promise<readonly string[]> =>
    (await clientWith(Infinity).call(locate, { attributes: [] })).uniqueIdentifier ?? [];

  it('before its turn has nothing begun for it', async () => {
    expect(await clientWith(0).call(createKeyPair, pair).catch(reasonOf)).to.equal('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('while its key pair is made has none kept', async () => {
    const answer = clientWith(1).call(createKeyPair, pair).catch(reasonOf);
    expect(await answer).to.equal('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('while a batch with Undo is at work has nothing of it kept', async () => {
    const client = clientWith(1);
    const calls = [item(create, aesKey()), item(createKeyPair, pair)] as const;
    const answers = client.batch(calls, { batchErrorContinuationOption: 'Undo' });
    expect((await answers).map(({ error }) => error && reasonOf(error))).to.include('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('is served all the same when its requests are small', async () => {
    const client = clientWith(0);
    const { uniqueIdentifier } = await client.call(create, aesKey());
    await client.call(activate, { uniqueIdentifier });
    expect(await kept()).to.deep.equal([uniqueIdentifier]);
  });
});
