import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { changeRootKey } from '#store/seal/change-root-key';
import { openMongodb } from '#store/engines/mongodb';
import { rootKeyFile } from '#store/seal/root-key-file';
import { rotateDataKey } from '#store/seal/rotate-data-key';
import { keyNumbersOf } from '#store/seal/sealed-record';
import { create, update } from '#store/store';
import { makeStorePlace, note } from '#test/fixtures/store-place';
import type { StorePlace } from '#test/fixtures/store-place';
import { startMongodb } from './server.ts';
import type { MongodbServer } from './server.ts';

describe('the sealed store on MongoDB', () => {
  let server: MongodbServer;
  let place: StorePlace;

  before(async () => {
    server = await startMongodb();
  });
  after(async () => {
    await server?.stop();
  });
  beforeEach(async () => {
    const url = server.url(`kmipd-test-${randomUUID()}`);
    place = await makeStorePlace(() => openMongodb(url));
  });
  afterEach(() => place.remove());

  it('is one store to all servers that first come at once', async () => {
    const stores = await Promise.all([place.open(), place.open(), place.open()]);
    await Promise.all(
      stores.map((store, at) =>
        store.commit([create(note, `n${at}`, { title: 'x', pages: at }, Buffer.from('secret'))]),
      ),
    );
    for (const store of stores) {
      for (const at of stores.keys()) {
        const kept = await store.get(note, `n${at}`);
        expect(kept?.value.pages).to.equal(at);
        expect(Buffer.from(kept!.openMaterial()).toString()).to.equal('secret');
      }
    }
  });

  it('loses nothing while root key and data key are changed under a server that writes', async () => {
    const store = await place.open();
    const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await store.commit(ids.map((id) => create(note, id, { title: id, pages: 0 }, Buffer.from(id))));

    const rootKey = rootKeyFile(place.keyFile);
    const engine = await place.openEngine();
    let pages = 0;
    let writing = true;
    const writer = (async () => {
      for (let at = 0; writing; at = (at + 1) % ids.length) {
        const before = (await store.get(note, ids[at]!))!;
        try {
          await store.commit([update(before, { ...before.value, pages: before.value.pages + 1 })]);
          pages++;
        } catch (error) {
          expect(error).to.have.property('name', 'ConflictError');
        }
      }
    })();
    await changeRootKey({ engine, from: rootKey, to: rootKey });
    for await (const _ of rotateDataKey({ engine, rootKey, wait: async () => {} }));
    writing = false;
    await writer;

    const fresh = await place.open();
    let total = 0;
    for (const id of ids) {
      const kept = (await fresh.get(note, id))!;
      expect(Buffer.from(kept.openMaterial()).toString()).to.equal(id);
      total += kept.value.pages;
    }
    expect(pages).to.be.greaterThan(0);
    expect(total).to.equal(pages);
    for await (const record of engine.find({ kind: note.name, terms: [] })) {
      expect(new Set(keyNumbersOf(record))).to.deep.equal(new Set([2]));
    }
  });
});
