import { expect } from 'chai';
import type { Engine, StoredRecord } from '#store/engines/engine';
import { rootKeyFile } from '#store/seal/root-key-file';
import { readRootRecord } from '#store/seal/root-record';
import { rotateDataKey } from '#store/seal/rotate-data-key';
import type { RotationProgress } from '#store/seal/rotate-data-key';
import { SealError } from '#store/seal/seal';
import { keyNumbersOf } from '#store/seal/sealed-record';
import { create, update } from '#store/store';
import type { Store } from '#store/store';
import { rejection } from './rejection.ts';
import { makeStorePlace, note } from '#test/fixtures/store-place';
import type { StorePlace } from '#test/fixtures/store-place';
import { dyingEngine, watchedEngine } from './watched-engine.ts';

describe('the data key', () => {
  let place: StorePlace;
  let engine: Engine;
  let store: Store;
  const letter = { ...note, name: 'letter' };
  const count = 300;

  beforeEach(async () => {
    place = await makeStorePlace();
    engine = await place.openEngine();
    store = await place.open();
    const ids = Array.from({ length: count }, (_, index) => `n${index}`);
    await store.commit(ids.map((id) => create(note, id, { title: id, pages: 1 }, Buffer.from(`secret of ${id}`))));
    await store.commit([create(letter, 'l', { title: 'l', pages: 1 }, Buffer.from('secret of l'))]);
  });
  afterEach(() => place.remove());

  async function rotate(over: Engine = engine, wait = async () => {}): Promise<RotationProgress[]> {
    const progress: RotationProgress[] = [];
    const rotation = rotateDataKey({ engine: over, rootKey: rootKeyFile(place.keyFile), wait });
    for await (const step of rotation) progress.push(step);
    return progress;
  }

  async function keyNumbers(): Promise<Set<number>> {
    const numbers = new Set<number>();
    for (const kind of [note.name, letter.name]) {
      for await (const record of engine.find({ kind, terms: [] })) keyNumbersOf(record).forEach((n) => numbers.add(n));
    }
    return numbers;
  }

  async function expectWhole(from: Store): Promise<void> {
    let seen = 0;
    for (const kind of [note, letter]) {
      for await (const { id, value, openMaterial } of kept(from, kind)) {
        expect(value.title).to.equal(id);
        expect(openMaterial()).to.equal(`secret of ${id}`);
        seen++;
      }
    }
    expect(seen).to.equal(count + 1);
  }

  async function* kept(from: Store, kind: typeof note) {
    for await (const one of from.find(kind, { terms: [] })) {
      yield { id: one.id, value: one.value, openMaterial: () => Buffer.from(one.openMaterial()).toString() };
    }
  }

  it('is replaced everywhere, and the old one deleted', async () => {
    expect(await keyNumbers()).to.deep.equal(new Set([1]));
    const progress = await rotate();
    expect(await keyNumbers()).to.deep.equal(new Set([2]));
    expect((await readRootRecord(engine))?.current).to.equal(2);
    expect(await engine.get('data-key', '1')).to.equal(undefined);
    await expectWhole(store);
    await expectWhole(await place.open());
    expect(progress[0]).to.deep.equal({ done: 0, total: count + 1 });
    expect(progress.at(-1)).to.deep.equal({ done: count + 1, total: count + 1 });
    const done = progress.map((step) => step.done);
    expect(done).to.deep.equal([...done].sort((a, b) => a - b));
  });

  it('no longer opens what it sealed, once it is deleted', async () => {
    const old = (await engine.get(note.name, 'n1')) as StoredRecord;
    await rotate();
    const present = (await engine.get(note.name, 'n1')) as StoredRecord;
    const { kind, id } = old;
    await engine.commit([{ remove: { kind, id, revision: present.revision } }, { put: old }]);
    const fresh = await place.open();
    expect(await rejection(fresh.get(note, 'n1'))).to.be.instanceOf(SealError);
  });

  it('opens what was read before it was deleted for ten seconds more, then is forgotten', async () => {
    let now = 0;
    const other = await place.open({ now: () => now });
    const before = (await other.get(note, 'n1'))!;
    await rotate();
    now += 1000;
    await other.commit([create(letter, 'm', { title: 'm', pages: 1 })]);
    expect(Buffer.from(before.openMaterial()).toString()).to.equal('secret of n1');
    now += 10_000;
    await other.commit([create(letter, 'n', { title: 'n', pages: 1 })]);
    expect(() => before.openMaterial()).to.throw(SealError);
    expect(Buffer.from((await other.get(note, 'n1'))!.openMaterial()).toString()).to.equal('secret of n1');
  });

  it('lets index terms stay as they are', async () => {
    await rotate();
    const found: string[] = [];
    for await (const { id } of store.find(note, { terms: [store.term('title', 'n7')] })) found.push(id);
    expect(found).to.deep.equal(['n7']);
  });

  it('loses nothing to those who write meanwhile, each record and all the time', async () => {
    const other = await place.open();
    let pages = 0;
    let writing = true;
    const writer = (async () => {
      for (let index = 0; writing; index = (index + 7) % count) {
        const before = await other.get(note, `n${index}`);
        const value = { title: `n${index}`, pages: before!.value.pages + 1 };
        try {
          await other.commit([update(before!, value)]);
          pages++;
        } catch (error) {
          expect(error).to.have.property('name', 'ConflictError');
        }
      }
    })();
    await rotate();
    await rotate();
    writing = false;
    await writer;
    expect(pages).to.be.greaterThan(0);
    await expectWhole(store);
    let total = 0;
    for await (const { value } of store.find(note, { terms: [] })) total += value.pages;
    expect(total).to.equal(count + pages);
    expect(await keyNumbers()).to.deep.equal(new Set([3]));
  });

  it('seals what is written during the rotation under the new one, seen within two seconds', async () => {
    let now = 0;
    const other = await place.open({ now: () => now });
    await rotate(engine, async () => {
      now += 2000;
      await other.commit([create({ ...letter, identifiers: 'unique' }, 'meanwhile', { title: 'meanwhile', pages: 1 })]);
      const record = (await engine.get(letter.name, 'meanwhile')) as StoredRecord;
      expect(keyNumbersOf(record)).to.deep.equal([2]);
      expect(record.revision).to.equal(1);
    });
  });

  it('does not take a record along that a slow process commits after all else', async () => {
    let sealed: () => void = () => {};
    const isSealed = new Promise<void>((resolve) => (sealed = resolve));
    let land: () => void = () => {};
    const mayLand = new Promise<void>((resolve) => (land = resolve));
    const slowEngine = watchedEngine(await place.openEngine(), async (changes, proceed) => {
      const isTheRecord = changes.some((change) => 'put' in change && change.put.id === 'late');
      if (isTheRecord) {
        sealed();
        await mayLand;
      }
      await proceed();
    });
    // Its clock stands still: a virtual machine that was paused.
    const slow = await place.open({ engine: slowEngine, now: () => 0 });
    const committed = slow.commit([create(letter, 'late', { title: 'late', pages: 1 }, Buffer.from('secret of late'))]);
    await isSealed;
    await rotate();
    land();
    await committed;
    const late = await (await place.open()).get(letter, 'late');
    expect(Buffer.from(late!.openMaterial()).toString()).to.equal('secret of late');
    expect(await keyNumbers()).to.deep.equal(new Set([2]));
  });

  it('is rotated to the end by a second run, wherever the first one died', async () => {
    let commits = 0;
    const counting = watchedEngine(engine, (_changes, proceed) => {
      commits++;
      return proceed();
    });
    await rotate(counting);
    // Putting the new key into use, reserving its uses, the records, deleting the old key, forgetting its count.
    expect(commits).to.be.at.least(count + 5);
    for (const at of [0, 1, 2, 100, 130, commits - 3, commits - 2, commits - 1]) {
      for (const when of ['before', 'after'] as const) {
        const { current } = (await readRootRecord(engine))!;
        const error = await rejection(rotate(dyingEngine(engine, at, when)));
        expect(error.message).to.equal('the process was killed');
        const fresh = await place.open();
        await expectWhole(fresh);
        await expectWhole(store);
        await fresh.close();
        await rotate();
        const next = (await readRootRecord(engine))!.current;
        expect(next, `${when} commit ${at}`).to.be.oneOf([current + 1, current + 2]);
        expect(await keyNumbers()).to.deep.equal(new Set([next]));
        await expectWhole(store);
      }
    }
  });

  it('may be rotated by two at once', async () => {
    await Promise.all([rotate(), rotate(await place.openEngine())]);
    await expectWhole(store);
    const { current } = (await readRootRecord(engine))!;
    expect(await keyNumbers()).to.deep.equal(new Set([current]));
  });

  it('is kept when a record is damaged, all others being sealed again', async () => {
    const record = (await engine.get(note.name, 'n5')) as StoredRecord;
    const body = Buffer.from(record.body);
    body[body.length - 1]! ^= 1;
    const { kind, id, revision } = record;
    await engine.commit([{ remove: { kind, id, revision } }, { put: { ...record, body } }]);
    const error = await rejection(rotate());
    expect(error).to.be.instanceOf(SealError);
    expect(error.message).to.equal('the record note n5 cannot be opened: its seal does not fit');
    const numbers: number[] = [];
    for await (const one of engine.find({ kind: note.name, terms: [] })) numbers.push(...keyNumbersOf(one));
    expect(numbers.filter((number) => number === 1)).to.have.length(2);
  });

  it('is replaced by itself before it was used too often, by all processes together', async () => {
    const usesPerDataKey = 400;
    const stores = await Promise.all([place.open({ usesPerDataKey }), place.open({ usesPerDataKey, now: () => 0 })]);
    for (let index = 0; index < 600; index++) {
      await stores[index % 2]!.commit([create(letter, `l${index}`, { title: 'x', pages: 1 })]);
    }
    const uses = new Map<number, number>();
    for await (const record of engine.find({ kind: letter.name, terms: [] })) {
      const [number = 0] = keyNumbersOf(record);
      uses.set(number, (uses.get(number) ?? 0) + 1);
    }
    expect([...uses.keys()]).to.include.members([2, 3]);
    for (const [number, times] of uses) if (number > 1) expect(times).to.be.at.most(usesPerDataKey);
    const fresh = await place.open();
    for (let index = 0; index < 600; index++) expect((await fresh.get(letter, `l${index}`))?.value.pages).to.equal(1);
  });
});
