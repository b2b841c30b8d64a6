/** What every engine does, sentence by sentence of engine.ts. A bug found in one engine becomes a case for all. */
import { expect } from 'chai';
import { bounds } from '#store/engines/bounds';
import { ConflictError, SpentError, succeeds } from '#store/engines/engine';
import type { Change, Engine, IndexQuery, StoredRecord } from '#store/engines/engine';

/** An engine's store that outlives the engine: `open` may be called again, and several times at once. */
export interface EngineHome {
  open(): Promise<Engine>;
  /** Deletes the store; every engine was closed. */
  remove(): Promise<void>;
}

/** `makeHome` gives an empty store each time. */
export function engineContract(name: string, makeHome: () => Promise<EngineHome>): void {
  describe(`the engine contract: ${name}`, () => {
    let home: EngineHome;
    let engine: Engine;

    beforeEach(async () => {
      home = await makeHome();
      engine = await home.open();
    });

    afterEach(async () => {
      await engine.close();
      await home.remove();
    });

    describe('get and commit', () => {
      it('knows nothing of a record that nobody made', async () => {
        expect(await engine.get('object', 'absent')).to.equal(undefined);
        expect(await engine.get('object', 'absent', 1)).to.equal(undefined);
      });

      it('gives back what was put', async () => {
        const put = record('a', 1, { terms: ['t1', 't2'], material: bytesOf('material') });
        await engine.commit([{ put }]);
        expectRecord(await engine.get('object', 'a'), put);
      });

      it('tells a record without material from one with empty material', async () => {
        await engine.commit([{ put: record('none', 1) }, { put: record('empty', 1, { material: new Uint8Array() }) }]);
        expect(await present(engine, 'none')).to.not.have.property('material');
        expect((await present(engine, 'empty')).material).to.have.length(0);
      });

      it('answers unchanged while the known revision is the present one', async () => {
        await engine.commit([{ put: record('a', 1) }]);
        expect(await engine.get('object', 'a', 1)).to.equal('unchanged');
        await engine.commit([{ put: record('a', 2) }]);
        expectRecord(await engine.get('object', 'a', 1), record('a', 2));
        expect(await engine.get('object', 'a', 2)).to.equal('unchanged');
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 2 } }]);
        expect(await engine.get('object', 'a', 2)).to.equal(undefined);
      });

      it('replaces terms, body and material', async () => {
        await engine.commit([{ put: record('a', 1, { terms: ['old'], material: bytesOf('material') }) }]);
        await engine.commit([{ put: record('a', 2, { terms: ['new'], body: bytesOf('other') }) }]);
        expectRecord(await engine.get('object', 'a'), record('a', 2, { terms: ['new'], body: bytesOf('other') }));
      });

      it('keeps an empty body, and bytes that are no text', async () => {
        const body = Uint8Array.from({ length: 256 }, (_, index) => index);
        await engine.commit([
          { put: record('empty', 1, { body: new Uint8Array() }) },
          { put: record('all', 1, { body }) },
        ]);
        expect((await present(engine, 'empty')).body).to.have.length(0);
        expectRecord(await engine.get('object', 'all'), record('all', 1, { body }));
      });

      it('keeps a mebibyte of body and of material', async () => {
        const put = record('big', 1, { body: patterned(1 << 20), material: patterned((1 << 20) + 1) });
        await engine.commit([{ put }]);
        expectRecord(await engine.get('object', 'big'), put);
        expect(await engine.get('object', 'big', 1)).to.equal('unchanged');
        const next = { ...put, revision: 2, body: patterned((1 << 20) + 7) };
        await engine.commit([{ put: next }]);
        expectRecord(await engine.get('object', 'big', 1), next);
        expect(await engine.get('object', 'big', 2)).to.equal('unchanged');
        await engine.commit([{ remove: { kind: 'object', id: 'big', revision: 2 } }]);
        expect(await engine.get('object', 'big', 2)).to.equal(undefined);
      });

      it('gives bytes that later reads and changes leave alone', async () => {
        await engine.commit([{ put: record('a', 1, { body: bytesOf('first') }) }, { put: record('b', 1) }]);
        const before = await present(engine, 'a');
        await engine.commit([{ put: record('a', 2, { body: bytesOf('other') }) }]);
        await present(engine, 'b');
        await present(engine, 'a');
        expectRecord(before, record('a', 1, { body: bytesOf('first') }));
      });

      it('takes bytes as they were when the commit was asked for', async () => {
        const body = bytesOf('as it was');
        const done = engine.commit([{ put: record('a', 1, { body }) }]);
        body.fill(0);
        await done;
        expectRecord(await engine.get('object', 'a'), record('a', 1, { body: bytesOf('as it was') }));
      });

      it('keeps identifiers of any script apart', async () => {
        const ids = ['a', 'A', 'ä', 'a\u0308', 'ключ', '鍵', '🔑', 'with space', 'a/b', 'a.b', '$a', 'a\0b'];
        await engine.commit(ids.map((id, index) => ({ put: record(id, 1, { body: Uint8Array.of(index) }) })));
        for (const [index, id] of ids.entries()) {
          expectRecord(await engine.get('object', id), record(id, 1, { body: Uint8Array.of(index) }));
        }
      });

      it('never lets records of two kinds meet', async () => {
        const put = { ...record('a', 1, { terms: ['t'] }), kind: 'client' };
        await engine.commit([{ put }, { put: record('a', 1, { terms: ['t'], body: bytesOf('an object') }) }]);
        expectRecord(await engine.get('client', 'a'), put);
        expect(await engine.get('clien', 'a')).to.equal(undefined);
        expect(await idsOf(engine, { kind: 'client', terms: ['t'] })).to.deep.equal(['a']);
        await engine.commit([{ remove: { kind: 'client', id: 'a', revision: 1 } }]);
        expect(await idsOf(engine, { kind: 'client', terms: [] })).to.deep.equal([]);
        expect(await idsOf(engine, { kind: 'object', terms: ['t'] })).to.deep.equal(['a']);
      });

      it('does nothing for an empty commit', async () => {
        await engine.commit([]);
        expect(await idsOf(engine, { kind: 'object', terms: [] })).to.deep.equal([]);
      });
    });

    describe('revisions', () => {
      it('refuses to create what exists', async () => {
        await engine.commit([{ put: record('a', 1) }]);
        await expectConflict(engine.commit([{ put: record('a', 1, { body: bytesOf('other') }) }]), 'a');
        expectRecord(await engine.get('object', 'a'), record('a', 1));
      });

      it('refuses to update what does not exist', async () => {
        await expectConflict(engine.commit([{ put: record('a', 2) }]), 'a');
        expect(await engine.get('object', 'a')).to.equal(undefined);
      });

      it('refuses to update a revision that is gone', async () => {
        await engine.commit([{ put: record('a', 1) }]);
        await engine.commit([{ put: record('a', 2) }]);
        await expectConflict(engine.commit([{ put: record('a', 2, { body: bytesOf('other') }) }]), 'a');
        await expectConflict(engine.commit([{ put: record('a', 4) }]), 'a');
        expectRecord(await engine.get('object', 'a'), record('a', 2));
      });

      it('removes only the revision that is there', async () => {
        await expectConflict(engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1 } }]), 'a');
        await engine.commit([{ put: record('a', 1) }]);
        await engine.commit([{ put: record('a', 2) }]);
        await expectConflict(engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1 } }]), 'a');
        expect(await engine.get('object', 'a', 2)).to.equal('unchanged');
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 2 } }]);
        expect(await engine.get('object', 'a')).to.equal(undefined);
      });

      it('starts again at revision 1 after a removal', async () => {
        await engine.commit([{ put: record('a', 1) }]);
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1 } }]);
        await engine.commit([{ put: record('a', 1, { body: bytesOf('again') }) }]);
        expectRecord(await engine.get('object', 'a'), record('a', 1, { body: bytesOf('again') }));
      });

      it('names the record in conflict', async () => {
        const error = await failureOf(engine.commit([{ put: record('fine', 1) }, { put: record('stale', 3) }]));
        expect(error).to.be.instanceOf(ConflictError).and.to.include({ kind: 'object', id: 'stale' });
      });

      it('creates, updates and removes in one commit', async () => {
        await engine.commit([{ put: record('updated', 1) }, { put: record('removed', 1, { terms: ['t'] }) }]);
        await engine.commit([
          { put: record('created', 1, { terms: ['t'] }) },
          { put: record('updated', 2, { terms: ['t'] }) },
          { remove: { kind: 'object', id: 'removed', revision: 1 } },
        ]);
        expect(await idsOf(engine, { kind: 'object', terms: ['t'] })).to.deep.equal(['created', 'updated']);
        expect(await engine.get('object', 'removed')).to.equal(undefined);
      });

      it('applies the changes of one record in order', async () => {
        await engine.commit([{ put: record('a', 1, { terms: ['t1'] }) }, { put: record('a', 2, { terms: ['t2'] }) }]);
        expectRecord(await engine.get('object', 'a'), record('a', 2, { terms: ['t2'] }));
        expect(await idsOf(engine, { kind: 'object', terms: ['t1'] })).to.deep.equal([]);
        await engine.commit([
          { remove: { kind: 'object', id: 'a', revision: 2 } },
          { put: record('a', 1, { terms: ['t3'] }) },
        ]);
        expectRecord(await engine.get('object', 'a'), record('a', 1, { terms: ['t3'] }));
        expect(await idsOf(engine, { kind: 'object', terms: ['t2'] })).to.deep.equal([]);
      });

      it('leaves nothing of a commit with a conflict', async () => {
        await engine.commit([
          { put: record('updated', 1, { terms: ['before'], material: bytesOf('material') }) },
          { put: record('removed', 1, { terms: ['before'] }) },
          { put: record('stale', 1) },
        ]);
        const changes: Change[] = [
          { put: record('created', 1, { terms: ['after'] }) },
          { put: record('updated', 2, { terms: ['after'] }) },
          { remove: { kind: 'object', id: 'removed', revision: 1 } },
        ];
        await expectConflict(engine.commit([...changes, { put: record('stale', 1) }]), 'stale');
        await expectConflict(engine.commit([...changes, { put: record('stale', 3) }]), 'stale');
        const stale = { remove: { kind: 'object', id: 'stale', revision: 2 } };
        await expectConflict(engine.commit([...changes, stale]), 'stale');
        expect(await idsOf(engine, { kind: 'object', terms: ['before'] })).to.deep.equal(['removed', 'updated']);
        expect(await idsOf(engine, { kind: 'object', terms: ['after'] })).to.deep.equal([]);
        expect(await engine.get('object', 'created')).to.equal(undefined);
        const kept = record('updated', 1, { terms: ['before'], material: bytesOf('material') });
        expectRecord(await engine.get('object', 'updated'), kept);
      });

      it('fails only the stale one of the commits of one turn', async () => {
        await engine.commit([{ put: record('stale', 1) }]);
        const outcomes = await Promise.allSettled([
          engine.commit([{ put: record('a', 1) }]),
          engine.commit([{ put: record('b', 1) }, { put: record('stale', 1) }]),
          engine.commit([{ put: record('c', 1) }]),
        ]);
        expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
        expect(await idsOf(engine, { kind: 'object', terms: [] })).to.deep.equal(['a', 'c', 'stale']);
      });

      it('lets one of many creations of the same record win', async () => {
        const tries = Array.from({ length: 16 }, (_, index) =>
          engine.commit([{ put: record('a', 1, { body: Uint8Array.of(index) }) }]).then(() => index),
        );
        const outcomes = await Promise.allSettled(tries);
        const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
        expect(winners).to.have.length(1);
        expect((await present(engine, 'a')).body[0]).to.equal(winners[0]?.value);
      });

      it('loses no increment of 200 from 16 loops over two engines', async () => {
        const other = await home.open();
        try {
          await engine.commit([{ put: record('counter', 1, { body: Uint8Array.of(0) }) }]);
          let left = 200;
          const loop = async (mine: Engine): Promise<void> => {
            while (left > 0) {
              left--;
              while (!(await increments(mine))) continue;
            }
          };
          await Promise.all(Array.from({ length: 16 }, (_, index) => loop(index % 2 === 0 ? engine : other)));
          const { revision, body } = await present(engine, 'counter');
          expect({ revision, count: body[0] }).to.deep.equal({ revision: 201, count: 200 });
        } finally {
          await other.close();
        }
      });
    });

    describe('races of commits with several changes', () => {
      it('changes both of a pair or none, 40 times from 8 loops', async () => {
        await engine.commit([{ put: record('left', 1) }, { put: record('right', 1) }]);
        let left = 40;
        const bump = async (): Promise<boolean> => {
          const pair = await Promise.all(['left', 'right'].map((id) => present(engine, id)));
          return succeeds(engine.commit(pair.map(({ id, revision }) => ({ put: record(id, revision + 1) }))));
        };
        const loop = async (): Promise<void> => {
          while (left-- > 0) while (!(await bump())) continue;
        };
        await Promise.all(Array.from({ length: 8 }, loop));
        expect((await present(engine, 'left')).revision).to.equal(41);
        expect((await present(engine, 'right')).revision).to.equal(41);
      });
    });

    describe('find', () => {
      const query = (terms: readonly string[], rest: Partial<IndexQuery> = {}): IndexQuery => ({
        kind: 'object',
        terms,
        ...rest,
      });

      it('yields every record of the kind, whole, in the order of identifiers', async () => {
        const records = ['b', 'a', 'c'].map((id) => record(id, 1, { terms: [`t-${id}`], material: bytesOf(id) }));
        await engine.commit(records.map((put) => ({ put })));
        const found = await collect(engine.find(query([])));
        expect(found.map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
        for (const one of found)
          expectRecord(
            one,
            records.find(({ id }) => id === one.id)!,
          );
      });

      it('orders identifiers by their bytes of UTF-8', async () => {
        const ids = ['B', 'a', 'ab', 'b', 'ä', '\uffee', '🔑'];
        await engine.commit(ids.toReversed().map((id) => ({ put: record(id, 1, { terms: ['t'] }) })));
        expect(await idsOf(engine, query([]))).to.deep.equal(ids);
        expect(await idsOf(engine, query(['t']))).to.deep.equal(ids);
        expect(await idsOf(engine, query(['t'], { reverse: true }))).to.deep.equal(ids.toReversed());
      });

      it('yields only records that have every term', async () => {
        await engine.commit([
          { put: record('all', 1, { terms: ['red', 'round', 'small'] }) },
          { put: record('also', 1, { terms: ['small', 'round', 'red', 'other'] }) },
          { put: record('one', 1, { terms: ['red'] }) },
          { put: record('two', 1, { terms: ['red', 'small'] }) },
          { put: record('longer', 1, { terms: ['reddish', 'round', 'small'] }) },
        ]);
        expect(await idsOf(engine, query(['red']))).to.deep.equal(['all', 'also', 'one', 'two']);
        expect(await idsOf(engine, query(['small', 'red']))).to.deep.equal(['all', 'also', 'two']);
        expect(await idsOf(engine, query(['red', 'round', 'small']))).to.deep.equal(['all', 'also']);
        expect(await idsOf(engine, query(['red', 'red']))).to.deep.equal(['all', 'also', 'one', 'two']);
        expect(await idsOf(engine, query(['red', 'absent']))).to.deep.equal([]);
        expect(await idsOf(engine, query(['re']))).to.deep.equal([]);
      });

      it('starts after an identifier, whether it exists or not, forward and in reverse', async () => {
        const ids = ['a', 'c', 'e', 'g'];
        await engine.commit(ids.map((id) => ({ put: record(id, 1, { terms: ['t', 'u'] }) })));
        for (const terms of [[], ['t'], ['t', 'u']]) {
          expect(await idsOf(engine, query(terms, { after: 'c' }))).to.deep.equal(['e', 'g']);
          expect(await idsOf(engine, query(terms, { after: 'b' }))).to.deep.equal(['c', 'e', 'g']);
          expect(await idsOf(engine, query(terms, { after: 'g' }))).to.deep.equal([]);
          expect(await idsOf(engine, query(terms, { reverse: true }))).to.deep.equal(['g', 'e', 'c', 'a']);
          expect(await idsOf(engine, query(terms, { reverse: true, after: 'e' }))).to.deep.equal(['c', 'a']);
          expect(await idsOf(engine, query(terms, { reverse: true, after: 'f' }))).to.deep.equal(['e', 'c', 'a']);
          expect(await idsOf(engine, query(terms, { reverse: true, after: 'a' }))).to.deep.equal([]);
        }
      });

      it('follows changed terms', async () => {
        await engine.commit([{ put: record('a', 1, { terms: ['kept', 'old'] }) }]);
        await engine.commit([{ put: record('a', 2, { terms: ['kept', 'new'] }) }]);
        expect(await idsOf(engine, query(['old']))).to.deep.equal([]);
        expect(await idsOf(engine, query(['kept', 'new']))).to.deep.equal(['a']);
        await engine.commit([{ put: record('a', 3) }]);
        expect(await idsOf(engine, query(['kept']))).to.deep.equal([]);
        await engine.commit([{ put: record('a', 4, { terms: ['old'] }) }]);
        expect(await idsOf(engine, query(['old']))).to.deep.equal(['a']);
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 4 } }]);
        expect(await idsOf(engine, query(['old']))).to.deep.equal([]);
      });

      it('finds a few among many, and many', async () => {
        const ids = Array.from({ length: 500 }, (_, index) => String(index).padStart(4, '0'));
        const terms = (index: number): string[] => ['every', ...[2, 3, 97].filter((n) => index % n === 0).map(String)];
        await engine.commit(ids.map((id, index) => ({ put: record(id, 1, { terms: terms(index) }) })));
        const expected = (n: number): string[] => ids.filter((_, index) => index % n === 0);
        expect(await idsOf(engine, query([]))).to.deep.equal(ids);
        expect(await idsOf(engine, query(['every']))).to.deep.equal(ids);
        expect(await idsOf(engine, query(['every'], { reverse: true }))).to.deep.equal(ids.toReversed());
        expect(await idsOf(engine, query(['every', '97']))).to.deep.equal(expected(97));
        expect(await idsOf(engine, query(['2', '3']))).to.deep.equal(expected(6));
        expect(await idsOf(engine, query(['2', '3'], { reverse: true }))).to.deep.equal(expected(6).toReversed());
        expect(await idsOf(engine, query(['every', '2', '3'], { after: '0300' }))).to.deep.equal(
          expected(6).filter((id) => id > '0300'),
        );
      });

      it('may be left early', async () => {
        await engine.commit(Array.from({ length: 200 }, (_, n) => ({ put: record(`${n}`, 1, { terms: ['t'] }) })));
        for await (const { id } of engine.find(query(['t']))) {
          if (id === '100') break;
        }
        expect(await idsOf(engine, query(['t'], { after: '98' }))).to.deep.equal(['99']);
      });

      it('yields each unchanged record once while others come, change and go', async () => {
        const ids = Array.from({ length: 300 }, (_, index) => String(index).padStart(4, '0'));
        const fixed = ids.filter((_, index) => index % 3 === 0);
        await engine.commit(ids.map((id) => ({ put: record(id, 1, { terms: ['t'] }) })));
        const seen: string[] = [];
        let count = 0;
        for await (const one of engine.find(query(['t']))) {
          expect(one.terms).to.deep.equal(['t']);
          seen.push(one.id);
          if (count++ % 20 !== 0) continue;
          const target = ids.find((id) => id > one.id && !fixed.includes(id) && Number(id) % 3 === 1);
          if (target === undefined) continue;
          ids.splice(ids.indexOf(target), 1);
          const gone = ids.findLast((id) => Number(id) % 3 === 2)!;
          ids.splice(ids.indexOf(gone), 1);
          await engine.commit([
            { put: record(target, 2, { terms: ['other'] }) },
            { put: record(`${target}-new`, 1, { terms: ['t'] }) },
            { remove: { kind: 'object', id: gone, revision: 1 } },
          ]);
        }
        expect(new Set(seen)).to.have.property('size', seen.length);
        expect(seen).to.deep.equal(seen.toSorted());
        expect(seen).to.include.members(fixed);
      });

      it('lets the event loop run', async () => {
        await engine.commit(Array.from({ length: 2000 }, (_, n) => ({ put: record(`${n}`, 1, { terms: ['t'] }) })));
        let turns = 0;
        let isOver = false;
        const count = (): void => {
          turns++;
          if (!isOver) setImmediate(count);
        };
        setImmediate(count);
        try {
          expect(await idsOf(engine, query(['t']))).to.have.length(2000);
        } finally {
          isOver = true;
        }
        expect(turns).to.be.greaterThan(2);
      });
    });

    describe('lives of one identifier', () => {
      const spend = (revision: number): Change => ({ remove: { kind: 'object', id: 'a', revision, spend: true } });

      it('begins a record with the revision that it is given', async () => {
        const put = record('a', 2 ** 46 + 5, { terms: ['t'] });
        await engine.commit([{ put, isNew: true }]);
        expectRecord(await engine.get('object', 'a'), put);
        expect(await engine.get('object', 'a', put.revision)).to.equal('unchanged');
        await expectConflict(engine.commit([{ put: { ...put, revision: 7 }, isNew: true }]), 'a');
        await expectConflict(engine.commit([{ put: { ...put, revision: 1 } }]), 'a');
        await engine.commit([{ put: record('a', put.revision + 1) }]);
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: put.revision + 1 } }]);
        expect(await engine.get('object', 'a')).to.equal(undefined);
      });

      it('tells a record from the one that had its identifier before', async () => {
        await engine.commit([{ put: record('a', 1000), isNew: true }]);
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1000 } }]);
        const second = record('a', 5000, { body: bytesOf('another life') });
        await engine.commit([{ put: second, isNew: true }]);
        expectRecord(await engine.get('object', 'a', 1000), second);
        await expectConflict(engine.commit([{ put: record('a', 1001) }]), 'a');
        await expectConflict(engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1000 } }]), 'a');
        expectRecord(await engine.get('object', 'a'), second);
      });

      it('never makes a record where a tombstone lies', async () => {
        await engine.commit([{ put: record('a', 1, { terms: ['t'], material: bytesOf('m') }) }]);
        await engine.commit([spend(1)]);
        const attempts: Change[] = [
          { put: record('a', 1) },
          { put: record('a', 77), isNew: true },
          { put: record('a', 2) },
          { remove: { kind: 'object', id: 'a', revision: 1 } },
          spend(1),
          spend(0),
        ];
        for (const attempt of attempts) await expectConflict(engine.commit([attempt]), 'a');
        for (const attempt of attempts.slice(0, 2)) {
          expect(await failureOf(engine.commit([attempt]))).to.be.instanceOf(SpentError);
          const withOther = engine.commit([{ put: record('b', 1) }, attempt]);
          expect(await failureOf(withOther)).to.be.instanceOf(SpentError);
          expect(await engine.get('object', 'b')).to.equal(undefined);
        }
        await engine.commit([{ put: { ...record('a', 1), kind: 'other' } }]);
      });

      it('shows no tombstone, and keeps it when it is opened again', async () => {
        await engine.commit([{ put: record('a', 1, { terms: ['t'] }) }]);
        await engine.commit([spend(1), { put: record('b', 1, { terms: ['t'] }) }]);
        for (const known of [undefined, 1, 2]) expect(await engine.get('object', 'a', known)).to.equal(undefined);
        expect(await idsOf(engine, { kind: 'object', terms: [] })).to.deep.equal(['b']);
        expect(await idsOf(engine, { kind: 'object', terms: [], reverse: true })).to.deep.equal(['b']);
        expect(await idsOf(engine, { kind: 'object', terms: ['t'] })).to.deep.equal(['b']);
        await engine.close();
        engine = await home.open();
        await expectConflict(engine.commit([{ put: record('a', 1) }]), 'a');
        expect(await engine.get('object', 'a')).to.equal(undefined);
      });

      it('spends an identifier that nothing was made under', async () => {
        await engine.commit([spend(0)]);
        await expectConflict(engine.commit([{ put: record('a', 1) }]), 'a');
      });

      it('makes and spends within one commit', async () => {
        await engine.commit([{ put: record('a', 9), isNew: true }, spend(9)]);
        expect(await engine.get('object', 'a')).to.equal(undefined);
        await expectConflict(engine.commit([{ put: record('a', 1) }]), 'a');
        const again = engine.commit([
          { put: { ...record('a', 1), id: 'c' } },
          { remove: { kind: 'object', id: 'c', revision: 1, spend: true } },
          { put: { ...record('a', 1), id: 'c' } },
        ]);
        await expectConflict(again, 'c');
        expect(await engine.get('object', 'c')).to.equal(undefined);
      });

      it('puts a record of any revision in the place of one that the same commit removes', async () => {
        await engine.commit([{ put: record('a', 5), isNew: true }]);
        const put = record('a', 3, { body: bytesOf('older') });
        await engine.commit([{ remove: { kind: 'object', id: 'a', revision: 5 } }, { put }]);
        expectRecord(await engine.get('object', 'a'), put);
      });
    });

    describe('a survey', () => {
      it('names the kinds of what lies there', async () => {
        expect(await engine.kinds()).to.deep.equal([]);
        const kinds = ['a', 'client', 'client-claim', 'object', 'z9'];
        await engine.commit(kinds.flatMap((kind) => ['1', '2'].map((id) => ({ put: { ...record(id, 1), kind } }))));
        expect([...(await engine.kinds())].sort()).to.deep.equal(kinds);
      });

      it('finds no fault in an index that every change has kept', async () => {
        await engine.commit(
          Array.from({ length: 200 }, (_, n) => ({ put: record(`${n}\0x`, 1, { terms: ['t', `${n}`] }) })),
        );
        await engine.commit([
          { put: record('5\0x', 2, { terms: ['u'] }) },
          { remove: { kind: 'object', id: '6\0x', revision: 1, spend: true } },
        ]);
        for await (const fault of engine.indexFaults()) throw new Error(`${fault.kind} ${fault.id}: ${fault.fault}`);
      });
    });

    describe('bounds', () => {
      it('knows no record by an identifier that no record can have', async () => {
        expect(await engine.get('object', 'x'.repeat(bounds.idBytes + 1))).to.equal(undefined);
        expect(await engine.get('object', 'x'.repeat(100_000))).to.equal(undefined);
        expect(await engine.get('object', '')).to.equal(undefined);
        expect(await engine.get('object', '\ud800')).to.equal(undefined);
      });

      it('accepts the longest kind, identifier and terms, and the largest record', async () => {
        const put = {
          ...record('ü'.repeat(bounds.idBytes / 2), 1, { body: patterned(bounds.recordBytes) }),
          kind: 'k'.repeat(bounds.kindBytes),
          terms: ['a', 'b'].map((letter) => letter.repeat(bounds.termBytes)),
        };
        await engine.commit([{ put }]);
        const found = await collect(engine.find({ kind: put.kind, terms: put.terms }));
        expect(found).to.have.length(1);
        expectRecord(found[0], put);
      });

      const longId = 'x'.repeat(bounds.idBytes + 1);
      const refused: Record<string, Change> = {
        'a long identifier': { put: record(longId, 1) },
        'a long identifier that is not ASCII': { put: record('ü'.repeat(bounds.idBytes / 2 + 1), 1) },
        'an empty identifier': { put: record('', 1) },
        'an unpaired surrogate': { put: record('a\udc00', 1) },
        'a long kind': { put: { ...record('a', 1), kind: 'k'.repeat(bounds.kindBytes + 1) } },
        'an empty kind': { put: { ...record('a', 1), kind: '' } },
        'a kind with a separator': { put: { ...record('a', 1), kind: 'a:b' } },
        'a long term': { put: record('a', 1, { terms: ['t'.repeat(bounds.termBytes + 1)] }) },
        'a term with NUL': { put: record('a', 1, { terms: ['a\0b'] }) },
        'too many terms': { put: record('a', 1, { terms: Array.from({ length: bounds.termsPerRecord + 1 }, String) }) },
        'a large record': { put: record('a', 1, { body: new Uint8Array(bounds.recordBytes), material: bytesOf('x') }) },
        'revision 0': { put: record('a', 0) },
        'a fraction of a revision': { remove: { kind: 'object', id: 'a', revision: 1.5 } },
      };
      for (const [what, change] of Object.entries(refused)) {
        it(`refuses ${what}`, async () => {
          expect(await failureOf(engine.commit([{ put: record('fine', 1) }, change]))).to.be.instanceOf(RangeError);
          expect(await engine.get('object', 'fine')).to.equal(undefined);
        });
      }
    });

    describe('closing and opening', () => {
      it('keeps everything', async () => {
        const put = record('a', 1, { terms: ['t'], material: bytesOf('material') });
        await engine.commit([{ put }]);
        await engine.close();
        engine = await home.open();
        expectRecord(await engine.get('object', 'a'), put);
        expect(await idsOf(engine, { kind: 'object', terms: ['t'] })).to.deep.equal(['a']);
        await expectConflict(engine.commit([{ put }]), 'a');
      });

      it('waits for the commits under way', async () => {
        const commits = Array.from({ length: 20 }, (_, n) => engine.commit([{ put: record(`${n}`, 1) }]));
        await engine.close();
        await Promise.all(commits);
        engine = await home.open();
        expect(await idsOf(engine, { kind: 'object', terms: [] })).to.have.length(20);
      });

      it('may be closed twice, and refuses everything afterwards', async () => {
        await engine.close();
        await engine.close();
        expect(await failureOf(engine.get('object', 'a'))).to.be.instanceOf(Error);
        expect(await failureOf(engine.commit([{ put: record('a', 1) }]))).to.be.instanceOf(Error);
        expect(await failureOf(idsOf(engine, { kind: 'object', terms: [] }))).to.be.instanceOf(Error);
      });

      it('shows a commit to another engine on the same store at once', async () => {
        const other = await home.open();
        try {
          for (let revision = 1; revision <= 20; revision++) {
            await (revision % 2 === 0 ? engine : other).commit([{ put: record('a', revision) }]);
            expect(await engine.get('object', 'a', revision)).to.equal('unchanged');
            expect(await other.get('object', 'a', revision)).to.equal('unchanged');
          }
        } finally {
          await other.close();
        }
      });
    });
  });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
}

function record(id: string, revision: number, rest: Partial<StoredRecord> = {}): StoredRecord {
  return { kind: 'object', id, revision, terms: [], body: bytesOf(`body of ${id}`), ...rest };
}

async function present(engine: Engine, id: string): Promise<StoredRecord> {
  const found = await engine.get('object', id);
  if (found === undefined || found === 'unchanged') throw new Error(`there is no record ${id}`);
  return found;
}

/** One compare-and-set; false when somebody else was faster. */
async function increments(engine: Engine): Promise<boolean> {
  const { revision, body } = await present(engine, 'counter');
  return succeeds(engine.commit([{ put: record('counter', revision + 1, { body: Uint8Array.of(body[0]! + 1) }) }]));
}

async function collect(found: AsyncIterable<StoredRecord>): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const one of found) records.push(one);
  return records;
}

async function idsOf(engine: Engine, query: IndexQuery): Promise<string[]> {
  return (await collect(engine.find(query))).map(({ id }) => id);
}

/** Bytes may be any view; terms may come in any order. */
function expectRecord(found: StoredRecord | 'unchanged' | undefined, expected: StoredRecord): void {
  if (found === undefined || found === 'unchanged') throw new Error(`found ${found} instead of a record`);
  const plain = ({ body: _body, material: _material, terms, ...rest }: StoredRecord): unknown => ({
    ...rest,
    terms: terms.toSorted(),
  });
  expect(plain(found)).to.deep.equal(plain(expected));
  expect(Buffer.from(found.body).equals(expected.body), 'the body').to.equal(true);
  expect(found.material === undefined, 'absent material').to.equal(expected.material === undefined);
  if (found.material && expected.material) {
    expect(Buffer.from(found.material).equals(expected.material), 'the material').to.equal(true);
  }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it was expected to fail');
    },
    (error: unknown) => error,
  );
}

async function expectConflict(commit: Promise<void>, id: string): Promise<void> {
  const error = await failureOf(commit);
  expect(error, String(error)).to.be.instanceOf(ConflictError);
  expect(error).to.include({ kind: 'object', id });
}
