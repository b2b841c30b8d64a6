import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { changeRootKey } from '#store/seal/change-root-key';
import { jsonKind } from '#store/json-kind';
import { rootKeyFile } from '#store/seal/root-key-file';
import { rotateDataKey } from '#store/seal/rotate-data-key';
import { create, update } from '#store/store';
import type { Store } from '#store/store';
import { makeStorePlace } from '#test/fixtures/store-place';
import type { StorePlace } from '#test/fixtures/store-place';

describe('at rest', () => {
  const named = jsonKind<{ readonly name: string }>('named', ({ name }, term) => [term('name', name)]);
  const name = 'Kronjuwelen-Tresor-7';
  const renamed = 'Reichsapfel-Tresor-8';
  const material = randomBytes(48);
  let place: StorePlace;
  let store: Store;

  beforeEach(async () => {
    place = await makeStorePlace();
    store = await place.open();
    await store.commit([create(named, 'a', { name }, material)]);
    await store.commit([update((await store.get(named, 'a'))!, { name: renamed })]);
    const engine = await place.openEngine();
    const rootKey = rootKeyFile(place.keyFile);
    for await (const _ of rotateDataKey({ engine, rootKey, wait: async () => {} }));
    await changeRootKey({ engine, from: rootKey, to: rootKey });
  });
  afterEach(() => place.remove());

  /** All forms of some bytes that a careless writer might leave, base64 at any of its three alignments. */
  function formsOf(plain: Buffer): string[] {
    const base64 = [0, 1, 2].flatMap((shift) => {
      const middle = plain.subarray(shift, shift + 3 * Math.floor((plain.length - shift) / 3));
      return [middle.toString('base64'), middle.toString('base64url')];
    });
    return [plain.toString('latin1'), plain.toString('hex'), plain.toString('hex').toUpperCase(), ...base64];
  }

  async function contents(): Promise<string> {
    const entries = await readdir(place.directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && join(entry.parentPath, entry.name) !== place.keyFile);
    expect(files.map((file) => file.name)).to.include('data.mdb');
    const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
    return texts.join('\n');
  }

  it('no file beside the root key holds a name or key material, raw, in hex or in base64', async () => {
    const all = await contents();
    for (const plain of [Buffer.from(name), Buffer.from(renamed), material, await rootKey()]) {
      for (const form of formsOf(plain)) expect(all.includes(form)).to.equal(false);
    }
  });

  it('identifiers and kinds are readable, so the search above would find what is there', async () => {
    const all = await contents();
    expect(all).to.contain('data-key');
    expect(formsOf(Buffer.from('named')).some((form) => all.includes(form))).to.equal(true);
  });

  async function rootKey(): Promise<Buffer> {
    return Buffer.from((await readFile(place.keyFile, 'latin1')).trim(), 'hex');
  }
});
