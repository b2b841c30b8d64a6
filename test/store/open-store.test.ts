import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { ConflictError } from '#store/engines/engine';
import type { Change, StoredRecord } from '#store/engines/engine';
import { SealError } from '#store/seal/seal';
import { create, remove, update } from '#store/store';
import type { Kept, Store } from '#store/store';
import { makeStorePlace, note } from '#test/fixtures/store-place';
import type { Note, StorePlace } from '#test/fixtures/store-place';
import { rejection } from './rejection.ts';

describe('the store', () => {
  let place: StorePlace;
  let store: Store;
  const first: Note = { title: 'first', pages: 1 };

  beforeEach(async () => {
    place = await makeStorePlace();
    store = await place.open();
  });
  afterEach(() => place.remove());

  async function read(id: string, from = store): Promise<Kept<Note>> {
    const kept = await from.get(note, id);
    if (kept === undefined) throw new Error(`there is no ${id}`);
    return kept;
  }

  async function titles(terms: readonly string[], from = store): Promise<string[]> {
    const found: string[] = [];
    for await (const { value } of from.find(note, { terms })) found.push(value.title);
    return found;
  }

  /** Changes a record behind the store's back, as a thief or a broken disk would. */
  async function tamper(id: string, change: (record: StoredRecord) => Partial<StoredRecord>): Promise<void> {
    const engine = await place.openEngine();
    const record = await engine.get(note.name, id);
    if (record === undefined || record === 'unchanged') throw new Error(`there is no ${id}`);
    const remove: Change = { remove: { kind: note.name, id, revision: record.revision } };
    await engine.commit([remove, { put: { ...record, ...change(record) } }]);
    await engine.close();
  }

  it('gives back what was committed, with its material', async () => {
    await store.commit([
      create(note, 'a', first, Buffer.from('secret')),
      create(note, 'b', { title: 'second', pages: 2 }),
    ]);
    const a = await read('a');
    expect(a.value).to.deep.equal(first);
    expect(a.revision).to.be.greaterThan(0);
    expect(a.hasMaterial).to.equal(true);
    expect(Buffer.from(a.openMaterial()).toString()).to.equal('secret');
    const b = await read('b');
    expect(b.hasMaterial).to.equal(false);
    expect(() => b.openMaterial()).to.throw(RangeError, 'no material');
    expect(await store.get(note, 'c')).to.equal(undefined);
  });

  it('opens the same store again with the same root key', async () => {
    await store.commit([create(note, 'a', first, Buffer.from('secret'))]);
    const again = await place.open();
    const a = await read('a', again);
    expect(a.value).to.deep.equal(first);
    expect(Buffer.from(a.openMaterial()).toString()).to.equal('secret');
    expect(await titles([again.term('title', 'first')], again)).to.deep.equal(['first']);
  });

  it('opens material again at each use, so that the caller may wipe it', async () => {
    await store.commit([create(note, 'a', first, Buffer.from('secret'))]);
    (await read('a')).openMaterial().fill(0);
    expect(Buffer.from((await read('a')).openMaterial()).toString()).to.equal('secret');
  });

  it('keeps, replaces and drops material as a change says', async () => {
    await store.commit([create(note, 'a', first, Buffer.from('one'))]);
    const { revision } = await read('a');
    await store.commit([update(await read('a'), { title: 'kept', pages: 1 })]);
    expect(Buffer.from((await read('a')).openMaterial()).toString()).to.equal('one');
    await store.commit([update(await read('a'), first, Buffer.from('two'))]);
    await store.commit([update(await read('a'), { title: 'kept again', pages: 1 })]);
    expect(Buffer.from((await read('a')).openMaterial()).toString()).to.equal('two');
    await store.commit([update(await read('a'), first, null)]);
    const dropped = await read('a');
    expect(dropped.hasMaterial).to.equal(false);
    expect(dropped.revision).to.equal(revision + 4);
  });

  it('refuses an update that would lose material because it does not name what was read', async () => {
    await store.commit([create(note, 'a', first, Buffer.from('one'))]);
    const blind = { kind: note, id: 'a', revision: (await read('a')).revision, value: first };
    expect(await rejection(store.commit([blind]))).to.be.instanceOf(TypeError);
    expect((await read('a')).hasMaterial).to.equal(true);
  });

  it('refuses a stale change, and all of its commit with it', async () => {
    await store.commit([create(note, 'a', first)]);
    const stale = await read('a');
    await store.commit([update(stale, { title: 'newer', pages: 2 })]);
    const error = await rejection(store.commit([create(note, 'b', first), update(stale, first)]));
    expect(error).to.be.instanceOf(ConflictError);
    expect((await read('a')).value.title).to.equal('newer');
    expect(await store.get(note, 'b')).to.equal(undefined);
    expect(await rejection(store.commit([create(note, 'a', first)]))).to.be.instanceOf(ConflictError);
  });

  it('removes', async () => {
    await store.commit([create(note, 'a', first)]);
    await store.commit([remove(await read('a'))]);
    expect(await store.get(note, 'a')).to.equal(undefined);
    expect(await titles([])).to.deep.equal([]);
  });

  it('finds by terms, in the order of identifiers', async () => {
    const third: Note = { title: 'third', pages: 3 };
    await store.commit([create(note, 'c', first), create(note, 'a', third), create(note, 'b', first)]);
    expect(await titles([])).to.deep.equal(['third', 'first', 'first']);
    expect(await titles([store.term('title', 'first')])).to.deep.equal(['first', 'first']);
    expect(await titles([store.term('title', 'fourth')])).to.deep.equal([]);
    expect(await titles([store.term('heading', 'first')])).to.deep.equal([]);
    await store.commit([update(await read('c'), third)]);
    expect(await titles([store.term('title', 'first')])).to.deep.equal(['first']);
  });

  it('makes terms that differ between stores and say nothing', async () => {
    const other = await makeStorePlace();
    const elsewhere = await other.open();
    expect(store.term('title', 'first')).to.match(/^[\w-]{22}$/);
    expect(store.term('title', 'first')).to.equal(store.term('title', Buffer.from('first')));
    expect(store.term('title', 'first')).not.to.equal(elsewhere.term('title', 'first'));
    expect(store.term('ti', 'tlefirst')).not.to.equal(store.term('title', 'first'));
    await other.remove();
  });

  it('shows at once what another process changed, though it was cached', async () => {
    const other = await place.open();
    await store.commit([create(note, 'a', first)]);
    expect(await read('a')).to.equal(await read('a'));
    await other.commit([update(await read('a', other), { title: 'changed', pages: 1 })]);
    expect((await read('a')).value.title).to.equal('changed');
    await other.commit([remove(await read('a', other))]);
    expect(await store.get(note, 'a')).to.equal(undefined);
  });

  it('works with no cache at all', async () => {
    const bare = await place.open({ cacheBytes: 0 });
    await bare.commit([create(note, 'a', first, Buffer.from('secret'))]);
    expect((await read('a', bare)).value).to.deep.equal(first);
    expect(await read('a', bare)).not.to.equal(await read('a', bare));
  });

  it('refuses the kinds that its keys are kept in', async () => {
    for (const name of ['root', 'data-key', 'kind']) {
      const error = await rejection(store.commit([create({ ...note, name }, 'a', first)]));
      expect(error).to.be.instanceOf(RangeError);
    }
  });

  describe('over an engine that cannot be trusted', () => {
    const secret = randomBytes(32);

    async function expectUnreadable(id: string): Promise<void> {
      expect(await rejection(store.get(note, id).then((kept) => kept?.openMaterial()))).to.be.instanceOf(SealError);
    }

    beforeEach(async () => {
      await store.commit([create(note, 'a', first, Buffer.from('first material'))]);
      await store.commit([update(await read('a'), first, secret)]);
      await store.commit([create(note, 'b', { title: 'second', pages: 2 }, secret)]);
      // Nothing below is to come from the cache.
      store = await place.open({ cacheBytes: 0 });
    });

    it('does not open a record moved to another identifier', async () => {
      const engine = await place.openEngine();
      const b = (await engine.get(note.name, 'b')) as StoredRecord;
      await engine.commit([{ put: { ...b, id: 'c' }, isNew: true }]);
      await expectUnreadable('c');
    });

    it('does not open a record moved to another kind', async () => {
      const engine = await place.openEngine();
      const b = (await engine.get(note.name, 'b')) as StoredRecord;
      await engine.commit([{ put: { ...b, kind: 'letter' }, isNew: true }]);
      const error = await rejection(store.get({ ...note, name: 'letter' }, 'b'));
      expect(error).to.be.instanceOf(SealError);
    });

    it('does not open a record whose revision was changed', async () => {
      await tamper('a', ({ revision }) => ({ revision: revision + 1 }));
      await expectUnreadable('a');
      await tamper('a', ({ revision }) => ({ revision: revision - 2 }));
      await expectUnreadable('a');
    });

    it('does not open material of an earlier revision or another record', async () => {
      const engine = await place.openEngine();
      const a = (await engine.get(note.name, 'a')) as StoredRecord;
      await store.commit([update(await read('a'), first, Buffer.from('newest'))]);
      await tamper('a', () => ({ material: a.material! }));
      await expectUnreadable('a');
      const b = (await engine.get(note.name, 'b')) as StoredRecord;
      await tamper('a', () => ({ material: b.material! }));
      await expectUnreadable('a');
    });

    it('notices material taken away or brought in', async () => {
      const engine = await place.openEngine();
      const { material: taken, ...bare } = (await engine.get(note.name, 'b')) as StoredRecord;
      await engine.commit([{ remove: { kind: note.name, id: 'b', revision: bare.revision } }, { put: bare }]);
      await expectUnreadable('b');
      await store.commit([create(note, 'd', first)]);
      await tamper('d', () => ({ material: taken! }));
      await expectUnreadable('d');
    });

    it('notices any byte flipped in body or material', async () => {
      const engine = await place.openEngine();
      const b = (await engine.get(note.name, 'b')) as StoredRecord;
      for (const part of ['body', 'material'] as const) {
        for (let at = 0; at < b[part]!.length; at++) {
          const altered = Buffer.from(b[part]!);
          altered[at]! ^= 0xff;
          const present = (await engine.get(note.name, 'b')) as StoredRecord;
          await engine.commit([
            { remove: { kind: note.name, id: 'b', revision: present.revision } },
            { put: { ...b, [part]: altered } },
          ]);
          await expectUnreadable('b');
        }
      }
    });
  });
});
