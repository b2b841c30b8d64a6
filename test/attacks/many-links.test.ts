/** What a request of few bytes makes the server hold by the links of its object. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { createClient, item, type Client } from '#client/client';
import { activate } from '#operations/life-cycle/activate';
import { addAttribute } from '#operations/attributes/add-attribute';
import { create } from '#operations/create/create';
import { createKeyPair } from '#operations/create/create-key-pair';
import { get } from '#operations/fetch/get';
import { register } from '#operations/create/register';
import { createHandler } from '#test/fixtures/handler';
import type { Store } from '#store/store';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

const mebibyte = 1024 * 1024;
const links = 120;

describe('a private key whose certificate is to be found among many links', () => {
  let fixture: Fixture;
  let client: Client;
  let alive: () => number;
  let looked: string[];

  before(async () => {
    fixture = await openFixture();
    const { store } = fixture;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const records: WeakRef<object>[] = [];
    looked = [];
    alive = () => {
      collect();
      return records.filter((each) => each.deref() !== undefined).length;
    };
    const watched: Store = {
      ...store,
      async get(kind, id) {
        const kept = await store.get(kind, id);
        if (kept === undefined || kind.name !== 'object') return kept;
        looked.push(id);
        records.push(new WeakRef(kept));
        // A reference that was made in this turn is a strong one.
        await setImmediate();
        if (looked.length === links) most = alive();
        return kept;
      },
    };
    const handler = createHandler({ ...fixture.services, store: watched });
    const session = fixture.session();
    client = createClient({ exchange: (message) => handler.handle(message, session), close: async () => undefined });
  });
  let most = 0;
  after(() => fixture.close());

  it('is given out, or refused, without holding what they lead to', async () => {
    const mask = (value: number) => ({ key: 'cryptographicUsageMask', value }) as const;
    const pad = item(create, {
      objectType: 'SymmetricKey',
      attributes: {
        instances: [
          { key: 'cryptographicAlgorithm', value: 'OneTimePad' },
          { key: 'cryptographicLength', value: 8 * mebibyte },
          mask(0x180),
        ],
      },
    });
    const pair = await client.call(createKeyPair, {
      common: {
        instances: [
          { key: 'cryptographicAlgorithm', value: 'RSA' },
          { key: 'cryptographicLength', value: 2048 },
        ],
      },
      ofPrivate: { instances: [mask(1)] },
      ofPublic: { instances: [mask(2)] },
    });
    const { uniqueIdentifier: password } = await client.call(register, {
      objectType: 'SecretData',
      attributes: { instances: [mask(0)] },
      object: {
        objectType: 'SecretData',
        secretDataType: 'Password',
        keyBlock: { keyFormatType: 'Raw', keyValue: { keyMaterial: Buffer.from('password') } },
      },
    });
    await client.call(activate, { uniqueIdentifier: password });
    const link = (on: string, linkType: 'CertificateLink' | 'PKCS_12PasswordLink', linkedObjectIdentifier: string) =>
      item(addAttribute, {
        uniqueIdentifier: on,
        newAttribute: { key: 'link', value: { linkType, linkedObjectIdentifier } },
      });
    const [, added] = await client.batch([
      link(pair.privateKeyUniqueIdentifier, 'PKCS_12PasswordLink', password),
      link(pair.publicKeyUniqueIdentifier, 'CertificateLink', password),
    ]);
    expect(added.error).to.equal(undefined);
    for (let count = 0; count < links; count += 40) {
      const pads = await client.batch(Array.from({ length: 40 }, () => pad));
      const to = pads.map(({ value }) => value?.uniqueIdentifier as string);
      const linked = await client.batch(
        to.map((each) => link(pair.publicKeyUniqueIdentifier, 'CertificateLink', each)),
      );
      expect(linked.every(({ error }) => error === undefined)).to.equal(true);
    }
    looked.length = 0;
    const asked = { uniqueIdentifier: pair.privateKeyUniqueIdentifier, keyFormatType: 'PKCS_12' } as const;
    const { object } = await client.call(get, asked);
    expect(object.objectType).to.equal('PrivateKey');
    expect(looked).to.have.length.above(links);
    console.log(`      ${most} of ${links} linked records were there at once, those of the cache among them`);
    // The cache of records has room for some 63 of them.
    expect(most).to.be.below(90);
  });
});
