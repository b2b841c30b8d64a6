/**
 * Key material that one request has opened at a time: counted at every opening, not guessed from the memory of the
 * process.
 */
import { expect } from 'chai';
import { createClient, item, type Client } from '#client/client';
import { create } from '#operations/create/create';
import { get } from '#operations/fetch/get';
import { createHandler } from '#test/fixtures/handler';
import { SecretsToWipe } from '#server/run/secrets-to-wipe';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import type { Store } from '#store/store';

const mebibyte = 1024 * 1024;

/** The store, and how many bytes that it has opened are not wiped: of all, and at the most. */
function watch(store: Store) {
  const opened: Uint8Array[] = [];
  const seen = { openings: 0, most: 0 };
  const isThere = (bytes: Uint8Array): boolean => bytes.subarray(0, 16).some((byte) => byte !== 0);
  const live = (): number => opened.filter(isThere).reduce((sum, { length }) => sum + length, 0);
  const watched: Store = {
    ...store,
    async get(kind, id) {
      const kept = await store.get(kind, id);
      // The very record: a change of the object asks for it.
      if (kept === undefined || Object.hasOwn(kept, 'openMaterial')) return kept;
      const open = kept.openMaterial.bind(kept);
      return Object.assign(kept, {
        openMaterial(): Uint8Array {
          const material = open();
          opened.push(material);
          seen.openings += 1;
          seen.most = Math.max(seen.most, live());
          return material;
        },
      });
    },
  };
  return { watched, live, seen };
}

describe('a batch that opens a key of 1 MiB with each of its items', () => {
  let fixture: Fixture;
  let client: Client;
  let store: ReturnType<typeof watch>;
  let id: string;
  beforeEach(async () => {
    fixture = await openFixture();
    store = watch(fixture.store);
    const handler = createHandler({ ...fixture.services, store: store.watched });
    const session = fixture.session();
    client = createClient({ exchange: (message) => handler.handle(message, session), close: async () => undefined });
    ({ uniqueIdentifier: id } = await client.call(create, {
      objectType: 'SymmetricKey',
      attributes: {
        instances: [
          { key: 'cryptographicAlgorithm', value: 'OneTimePad' },
          { key: 'cryptographicLength', value: 8 * mebibyte },
          { key: 'cryptographicUsageMask', value: 0x180 },
        ],
      },
    }));
  });
  afterEach(() => fixture.close());

  const inContainers = () =>
    client.batch(
      Array.from({ length: 100 }, () => item(get, { uniqueIdentifier: id, keyFormatType: 'PKCS_12' })),
      { batchErrorContinuationOption: 'Continue' },
    );

  it('has wiped what a failed item opened before the next one opens more', async () => {
    const results = await inContainers();
    expect(results.every(({ error }) => error?.reason === 'KeyFormatTypeNotSupported')).to.equal(true);
    expect(store.seen.openings).to.equal(100);
    expect(store.seen.most).to.equal(mebibyte);
    expect(store.live()).to.equal(0);
  });

  it('holds what its answer holds until that is written, and no more', async () => {
    const gets = Array.from({ length: 40 }, () => item(get, { uniqueIdentifier: id }));
    const results = await client.batch(gets, { batchErrorContinuationOption: 'Continue' });
    const given = results.flatMap(({ value }) => (value === undefined ? [] : [value.object]));
    expect(given).to.have.length.within(8, 9);
    for (const object of given) {
      const { keyMaterial } = ('keyBlock' in object && object.keyBlock.keyValue) as { keyMaterial: Uint8Array };
      expect(keyMaterial.length).to.equal(mebibyte);
      expect(keyMaterial.subarray(0, 16).some((byte) => byte !== 0)).to.equal(true);
    }
    expect(results.at(-1)?.error?.reason).to.equal('ResponseTooLarge');
    expect(store.seen.most).to.be.at.most(9 * mebibyte);
    expect(store.live()).to.equal(0);
  });

  it('gives others a turn after every MiB that is wiped', async () => {
    const secrets = new SecretsToWipe();
    const held = Array.from({ length: 20 }, () => new Uint8Array(mebibyte).fill(1));
    for (const each of held) secrets.add(each);
    expect(secrets.bytes).to.equal(20 * mebibyte);
    let isOver = false;
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await secrets.wipe();
    isOver = true;
    expect(turns).to.be.at.least(19);
    expect(held.every((each) => Buffer.from(each.buffer).equals(Buffer.alloc(mebibyte)))).to.equal(true);
    expect(secrets.bytes).to.equal(0);
  });
});
