import { expect } from 'chai';
import { createClient, item, type Client } from '#client/client';
import { inProcess } from '#test/fixtures/in-process';
import { create } from '#operations/create/create';
import { get } from '#operations/fetch/get';
import { revoke } from '#operations/life-cycle/revoke';
import { KmipError } from '#protocol/kmip-error';
import { supportedVersions, versionText, type WireVersion } from '#protocol/versions';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { aesKey } from './aes-key.ts';

async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the client, in one process with the server', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  const open = (version: WireVersion | undefined): Client => {
    const session = fixture.session();
    const transport = inProcess((message) => fixture.handler.handle(message, session));
    return createClient(transport, version === undefined ? {} : { version });
  };

  for (const version of supportedVersions) {
    it(`calls operations with their own values in ${versionText(version)}`, async () => {
      const client = open(version);
      const { objectType, uniqueIdentifier } = await client.call(create, aesKey());
      expect(objectType).to.equal('SymmetricKey');
      const got = await client.call(get, { uniqueIdentifier });
      expect(got.uniqueIdentifier).to.equal(uniqueIdentifier);
      expect(got.object).to.have.nested.property('keyBlock.cryptographicLength', 256);
    });
  }

  it('throws the reason and the message that the server gave', async () => {
    const error = await refusalOf(open(undefined).call(get, { uniqueIdentifier: 'nobody' }));
    expect(error).to.be.instanceOf(KmipError).with.property('reason', 'ObjectNotFound');
    expect(error).to.have.property('message').that.matches(/\w/);
  });

  it('sends several items in one message, each with its own outcome', async () => {
    const [made, got, refused] = await open(undefined).batch(
      [
        item(create, aesKey()),
        item(get, {}),
        item(revoke, { uniqueIdentifier: 'nobody', revocationReason: { revocationReasonCode: 'Unspecified' } }),
      ],
      { batchErrorContinuationOption: 'Continue' },
    );
    expect(got.value?.uniqueIdentifier).to.equal(made.value?.uniqueIdentifier).and.to.be.a('string');
    expect(refused.error?.reason).to.equal('ObjectNotFound');
  });

  it('counts items that the server left out as failed', async () => {
    const [first, second] = await open(undefined).batch(
      [item(get, { uniqueIdentifier: 'nobody' }), item(create, aesKey())],
      {
        batchErrorContinuationOption: 'Stop',
      },
    );
    expect(first.error?.reason).to.equal('ObjectNotFound');
    expect(second.error?.message).to.equal('the server did not answer this item');
  });

  it('sends user name and password with every request when it has them', async () => {
    const sent: Uint8Array[] = [];
    const session = fixture.session();
    const transport = inProcess((message) => {
      sent.push(message);
      return fixture.handler.handle(message, session);
    });
    const client = createClient(transport, { credential: { username: 'vcenter', password: 'correct horse' } });
    await refusalOf(client.call(create, aesKey()));
    expect(Buffer.from(sent[0] ?? []).includes('correct horse')).to.equal(true);
  });
});
