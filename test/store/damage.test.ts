/** One damaged record is set aside: everything else works, and it is named. */
import { expect } from 'chai';
import { open } from 'lmdb';
import { join } from 'node:path';
import { DamagedRecordError, SpentError } from '#store/engines/engine';
import type { StoredRecord } from '#store/engines/engine';
import { jsonKind } from '#store/json-kind';
import { recordKey } from '#store/engines/lmdb-layout';
import { create, remove, replaceDamaged, update } from '#store/store';
import type { Store } from '#store/store';
import { rejection } from './rejection.ts';
import { makeStorePlace, note } from '#test/fixtures/store-place';
import type { StorePlace } from '#test/fixtures/store-place';

const spent = jsonKind<{ title: string }>('spent', () => [], 'spent');
const unique = jsonKind<{ title: string }>('unique', () => [], 'unique');

/** What can happen to the bytes that LMDB keeps of a record. */
const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'a bit of its revision': flipped(5),
  'a bit of its layout': flipped(6),
  'a bit of its mark of material': flipped(7),
  'a bit of the length of its terms': flipped(11),
  'a high bit of the length of its terms': flipped(8, 0x80),
  'a bit of the length of its body': flipped(15),
  'a high bit of the length of its body': flipped(12, 0x40),
  'a bit of the length of a term': flipped(17),
  'a bit of its body': (bytes) => flipped(bodyStart(bytes) + 25)(bytes),
  'the format of its body': (bytes) => flipped(bodyStart(bytes), 3)(bytes),
  'the number of its data key': (bytes) => flipped(bodyStart(bytes) + 4)(bytes),
  'the format of its material': (bytes) => flipped(materialStart(bytes), 3)(bytes),
  'its end': (bytes) => bytes.subarray(0, materialStart(bytes) - 1),
  'all but its header': (bytes) => bytes.subarray(0, 16),
  'all but half its header': (bytes) => bytes.subarray(0, 8),
  'all of it': () => Buffer.alloc(0),
  'its beginning': (bytes) => bytes.subarray(10),
};

describe('a damaged record', () => {
  let place: StorePlace;
  let store: Store;
  let warned: string[];

  beforeEach(async () => {
    place = await makeStorePlace();
    warned = [];
    store = await place.open({ cacheBytes: 0, log: { warn: (message) => warned.push(message) } });
    const titled = (title: string) => create(note, title, { title, pages: 1 }, Buffer.from(`secret of ${title}`));
    await store.commit([titled('a'), titled('b'), titled('c')]);
  });
  afterEach(() => place.remove());

  /** Beneath the engine, as a disk would. */
  function harm(id: string, change: (bytes: Buffer) => Buffer): void {
    const root = open<Buffer, Buffer>({ path: join(place.directory, 'store'), noSubdir: false, maxDbs: 2 });
    const records = root.openDB<Buffer, Buffer>('records', { encoding: 'binary', keyEncoding: 'binary' });
    const key = recordKey(note.name, id);
    records.transactionSync(() => records.putSync(key, change(Buffer.from(records.get(key)!))));
  }

  async function found(from = store): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id } of from.find(note, { terms: [] })) ids.push(id);
    return ids;
  }

  for (const [what, change] of Object.entries(damages)) {
    it(`that has lost ${what} is passed over, refused, and named once`, async () => {
      harm('b', change);
      expect(await found()).to.deep.equal(['a', 'c']);
      const error = await rejection(store.get(note, 'b'));
      expect(error).to.be.instanceOf(DamagedRecordError);
      expect(error).to.include({ kind: 'note', id: 'b' });
      await found();
      expect(warned.filter((line) => line.includes('note "b" is damaged'))).to.have.length(1);
      const named: string[] = [];
      store.onDamage(({ kind, id }) => named.push(`${kind} ${id}`));
      expect(named).to.deep.equal(['note b']);
      // The others can be changed, nothing can be made over it, and it can be replaced.
      await store.commit([update((await store.get(note, 'a'))!, { title: 'changed', pages: 2 })]);
      expect(await rejection(store.commit([create(note, 'b', { title: 'other', pages: 1 })]))).to.have.property(
        'name',
        'ConflictError',
      );
      await store.commit([replaceDamaged(note, error as DamagedRecordError, { title: 'mended', pages: 3 })]);
      expect((await store.get(note, 'b'))?.value.title).to.equal('mended');
      expect(await found()).to.deep.equal(['a', 'b', 'c']);
      const mended: string[] = [];
      for await (const { id } of store.find(note, { terms: [store.term('title', 'mended')] })) mended.push(id);
      expect(mended).to.deep.equal(['b']);
    });
  }

  it('is not damaged material, beside which the value can be read and changed', async () => {
    harm('b', (bytes) => flipped(bytes.length - 1)(bytes));
    expect(await found()).to.deep.equal(['a', 'b', 'c']);
    const kept = (await store.get(note, 'b'))!;
    expect(() => kept.openMaterial()).to.throw(DamagedRecordError, 'key material');
    expect(warned.filter((line) => line.includes('note "b" is damaged'))).to.have.length(1);
    await store.commit([update(kept, { title: 'without', pages: 1 }, null)]);
    expect((await store.get(note, 'b'))?.hasMaterial).to.equal(false);
  });

  it('may be two that changed places', async () => {
    const engine = await place.openEngine();
    const [a, b] = (await Promise.all(['a', 'b'].map((id) => engine.get(note.name, id)))) as [
      StoredRecord,
      StoredRecord,
    ];
    const moved = (from: StoredRecord, to: StoredRecord) => [
      { remove: { kind: note.name, id: to.id, revision: to.revision } },
      { put: { ...from, id: to.id } },
    ];
    await engine.commit([...moved(a, b), ...moved(b, a)]);
    expect(await found()).to.deep.equal(['c']);
  });

  it('that holds no readable value is one too', async () => {
    const unreadable = { ...note, encode: () => Buffer.from('{"title":') };
    await store.commit([create(unreadable, 'd', { title: 'd', pages: 1 })]);
    expect(await found()).to.deep.equal(['a', 'b', 'c']);
    expect(await rejection(store.get(note, 'd'))).to.be.instanceOf(DamagedRecordError);
  });

  it('is named a thousand times at most', async () => {
    const bad = { ...note, encode: () => Buffer.from('no JSON') };
    for (let group = 0; group < 3; group++) {
      await store.commit(
        Array.from({ length: 400 }, (_, n) => create(bad, `bad-${group}-${n}`, { title: 'x', pages: 1 })),
      );
    }
    await found();
    expect(warned).to.have.length(1001);
    expect(warned.at(-1)).to.include('kmipd store check');
  });

  it('is named however many of another kind are damaged', async () => {
    const bad = { ...note, encode: () => Buffer.from('no JSON') };
    for (let group = 0; group < 3; group++) {
      await store.commit(
        Array.from({ length: 400 }, (_, n) => create(bad, `bad-${group}-${n}`, { title: 'x', pages: 1 })),
      );
    }
    await store.commit([create({ ...unique, encode: bad.encode }, 'other', { title: 'x' })]);
    await found();
    expect(await rejection(store.get(unique, 'other'))).to.be.instanceOf(DamagedRecordError);
    expect(warned.at(-1)).to.include('unique "other" is damaged');
  });

  it('does not stop commits when it is the count of uses of the data key', async () => {
    const engine = await place.openEngine();
    const count = (await engine.get('data-key', '1')) as StoredRecord;
    const body = Buffer.from(count.body);
    body[20]! ^= 1;
    const { kind, id, revision } = count;
    await engine.commit([{ remove: { kind, id, revision } }, { put: { ...count, body } }]);
    const other = await place.open();
    await other.commit([create(note, 'd', { title: 'd', pages: 1 })]);
    expect(await found(other)).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(await found(await place.open())).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('does not stop commits when it says that a kind has records, and no rotation overlooks the kind', async () => {
    const engine = await place.openEngine();
    await engine.commit([{ remove: { kind: 'kind', id: 'note', revision: 1 } }]);
    expect(await engine.kinds()).to.include('note');
    const other = await place.open();
    await other.commit([create(note, 'd', { title: 'd', pages: 1 })]);
  });
});

describe('two lives of one identifier', () => {
  let place: StorePlace;
  beforeEach(async () => (place = await makeStorePlace()));
  afterEach(() => place.remove());

  it('are two for a cache that remembers the first', async () => {
    const [one, other] = [await place.open(), await place.open()];
    await one.commit([create(note, 'a', { title: 'first', pages: 1 })]);
    const remembered = (await other.get(note, 'a'))!;
    await one.commit([remove((await one.get(note, 'a'))!)]);
    await one.commit([create(note, 'a', { title: 'second', pages: 1 })]);
    expect((await other.get(note, 'a'))?.value.title).to.equal('second');
    expect(await rejection(other.commit([remove(remembered)]))).to.have.property('name', 'ConflictError');
    expect(await rejection(other.commit([update(remembered, remembered.value)]))).to.have.property(
      'name',
      'ConflictError',
    );
    expect((await one.get(note, 'a'))?.value.title).to.equal('second');
  });

  it('are impossible where identifiers are spent', async () => {
    const store = await place.open();
    await store.commit([create(spent, 'a', { title: 'first' })]);
    await store.commit([remove((await store.get(spent, 'a'))!)]);
    expect(await store.get(spent, 'a')).to.equal(undefined);
    expect(await rejection(store.commit([create(spent, 'a', { title: 'second' })]))).to.be.instanceOf(SpentError);
    for await (const _ of store.find(spent, { terms: [] })) throw new Error('a tombstone was found');
  });

  it('leave no trace of identifiers that are made once', async () => {
    const store = await place.open();
    await store.commit([create(unique, 'a', { title: 'x' })]);
    const kept = (await store.get(unique, 'a'))!;
    expect(kept.revision).to.equal(1);
    await store.commit([remove(kept)]);
    const engine = await place.openEngine();
    expect(await engine.kinds()).to.not.include('unique');
  });
});

function flipped(at: number, bit = 1): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const altered = Buffer.from(bytes);
    altered[at]! ^= bit;
    return altered;
  };
}

const bodyStart = (bytes: Buffer): number => 16 + bytes.readUInt32BE(8);
const materialStart = (bytes: Buffer): number => bodyStart(bytes) + bytes.readUInt32BE(12);
