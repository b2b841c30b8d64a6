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
  let hasLeft = false;
  beforeEach(async () => {
    fixture = await openFixture();
    hasLeft = false;
  });
  afterEach(() => fixture.close());

  function clientWith(leaves: boolean): Client {
    const session = { ...fixture.session(), hasLeft: () => leaves && hasLeft };
    return createClient({
      exchange: (message) => fixture.handler.handle(message, session),
      close: () => Promise.resolve(),
    });
  }
  const reasonOf = (error: unknown): string => (error instanceof KmipError ? error.reason : String(error));
  const kept = async (): Promise<readonly string[]> =>
    (await clientWith(false).call(locate, { attributes: [] })).uniqueIdentifier ?? [];

  it('before its turn has nothing begun for it', async () => {
    hasLeft = true;
    expect(await clientWith(true).call(createKeyPair, pair).catch(reasonOf)).to.equal('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('while its key pair is made has none kept', async () => {
    const answer = clientWith(true).call(createKeyPair, pair).catch(reasonOf);
    setTimeout(() => (hasLeft = true), 5);
    expect(await answer).to.equal('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('while a batch with Undo is at work has nothing of it kept', async () => {
    const client = clientWith(true);
    const calls = [item(create, aesKey()), item(createKeyPair, pair)] as const;
    const answers = client.batch(calls, { batchErrorContinuationOption: 'Undo' });
    setTimeout(() => (hasLeft = true), 5);
    expect((await answers).map(({ error }) => error && reasonOf(error))).to.include('OperationCanceledByRequester');
    expect(await kept()).to.deep.equal([]);
  });

  it('is served all the same when its requests are small', async () => {
    hasLeft = true;
    const client = clientWith(true);
    const { uniqueIdentifier } = await client.call(create, aesKey());
    await client.call(activate, { uniqueIdentifier });
    expect(await kept()).to.deep.equal([uniqueIdentifier]);
  });
});
