/** The part of the engine contract about finding records, and about all that lies there. */
import { expect } from 'chai';
import type { IndexQuery } from '#store/engines/engine';
import { bytesOf, collect, expectRecord, idsOf, record } from './contract-records.ts';
import type { EnginePlace } from './engine-place.ts';

/** @param at has another engine and another store for each test. */
export function findContract(at: EnginePlace): void {
  describe('find', () => {
    const query = (terms: readonly string[], rest: Partial<IndexQuery> = {}): IndexQuery => ({
      kind: 'object',
      terms,
      ...rest,
    });

    it('yields every record of the kind, whole, in the order of identifiers', async () => {
      const records = ['b', 'a', 'c'].map((id) => record(id, 1, { terms: [`t-${id}`], material: bytesOf(id) }));
      await at.engine.commit(records.map((put) => ({ put })));
      const found = await collect(at.engine.find(query([])));
      expect(found.map(({ id }) => id)).to.deep.equal(['a', 'b', 'c']);
      for (const one of found)
        expectRecord(
          one,
          records.find(({ id }) => id === one.id)!,
        );
    });

    it('orders identifiers by their bytes of UTF-8', async () => {
      const ids = ['B', 'a', 'ab', 'b', 'ä', '\uffee', '🔑'];
      await at.engine.commit(ids.toReversed().map((id) => ({ put: record(id, 1, { terms: ['t'] }) })));
      expect(await idsOf(at.engine, query([]))).to.deep.equal(ids);
      expect(await idsOf(at.engine, query(['t']))).to.deep.equal(ids);
      expect(await idsOf(at.engine, query(['t'], { reverse: true }))).to.deep.equal(ids.toReversed());
    });

    it('yields only records that have every term', async () => {
      await at.engine.commit([
        { put: record('all', 1, { terms: ['red', 'round', 'small'] }) },
        { put: record('also', 1, { terms: ['small', 'round', 'red', 'other'] }) },
        { put: record('one', 1, { terms: ['red'] }) },
        { put: record('two', 1, { terms: ['red', 'small'] }) },
        { put: record('longer', 1, { terms: ['reddish', 'round', 'small'] }) },
      ]);
      expect(await idsOf(at.engine, query(['red']))).to.deep.equal(['all', 'also', 'one', 'two']);
      expect(await idsOf(at.engine, query(['small', 'red']))).to.deep.equal(['all', 'also', 'two']);
      expect(await idsOf(at.engine, query(['red', 'round', 'small']))).to.deep.equal(['all', 'also']);
      expect(await idsOf(at.engine, query(['red', 'red']))).to.deep.equal(['all', 'also', 'one', 'two']);
      expect(await idsOf(at.engine, query(['red', 'absent']))).to.deep.equal([]);
      expect(await idsOf(at.engine, query(['re']))).to.deep.equal([]);
    });

    it('starts after an identifier, whether it exists or not, forward and in reverse', async () => {
      const ids = ['a', 'c', 'e', 'g'];
      await at.engine.commit(ids.map((id) => ({ put: record(id, 1, { terms: ['t', 'u'] }) })));
      for (const terms of [[], ['t'], ['t', 'u']]) {
        expect(await idsOf(at.engine, query(terms, { after: 'c' }))).to.deep.equal(['e', 'g']);
        expect(await idsOf(at.engine, query(terms, { after: 'b' }))).to.deep.equal(['c', 'e', 'g']);
        expect(await idsOf(at.engine, query(terms, { after: 'g' }))).to.deep.equal([]);
        expect(await idsOf(at.engine, query(terms, { reverse: true }))).to.deep.equal(['g', 'e', 'c', 'a']);
        expect(await idsOf(at.engine, query(terms, { reverse: true, after: 'e' }))).to.deep.equal(['c', 'a']);
        expect(await idsOf(at.engine, query(terms, { reverse: true, after: 'f' }))).to.deep.equal(['e', 'c', 'a']);
        expect(await idsOf(at.engine, query(terms, { reverse: true, after: 'a' }))).to.deep.equal([]);
      }
    });

    it('follows changed terms', async () => {
      await at.engine.commit([{ put: record('a', 1, { terms: ['kept', 'old'] }) }]);
      await at.engine.commit([{ put: record('a', 2, { terms: ['kept', 'new'] }) }]);
      expect(await idsOf(at.engine, query(['old']))).to.deep.equal([]);
      expect(await idsOf(at.engine, query(['kept', 'new']))).to.deep.equal(['a']);
      await at.engine.commit([{ put: record('a', 3) }]);
      expect(await idsOf(at.engine, query(['kept']))).to.deep.equal([]);
      await at.engine.commit([{ put: record('a', 4, { terms: ['old'] }) }]);
      expect(await idsOf(at.engine, query(['old']))).to.deep.equal(['a']);
      await at.engine.commit([{ remove: { kind: 'object', id: 'a', revision: 4 } }]);
      expect(await idsOf(at.engine, query(['old']))).to.deep.equal([]);
    });

    it('finds a few among many, and many', async () => {
      const ids = Array.from({ length: 500 }, (_, index) => String(index).padStart(4, '0'));
      const terms = (index: number): string[] => ['every', ...[2, 3, 97].filter((n) => index % n === 0).map(String)];
      await at.engine.commit(ids.map((id, index) => ({ put: record(id, 1, { terms: terms(index) }) })));
      const expected = (n: number): string[] => ids.filter((_, index) => index % n === 0);
      expect(await idsOf(at.engine, query([]))).to.deep.equal(ids);
      expect(await idsOf(at.engine, query(['every']))).to.deep.equal(ids);
      expect(await idsOf(at.engine, query(['every'], { reverse: true }))).to.deep.equal(ids.toReversed());
      expect(await idsOf(at.engine, query(['every', '97']))).to.deep.equal(expected(97));
      expect(await idsOf(at.engine, query(['2', '3']))).to.deep.equal(expected(6));
      expect(await idsOf(at.engine, query(['2', '3'], { reverse: true }))).to.deep.equal(expected(6).toReversed());
      expect(await idsOf(at.engine, query(['every', '2', '3'], { after: '0300' }))).to.deep.equal(
        expected(6).filter((id) => id > '0300'),
      );
    });

    it('may be left early', async () => {
      await at.engine.commit(Array.from({ length: 200 }, (_, n) => ({ put: record(`${n}`, 1, { terms: ['t'] }) })));
      for await (const { id } of at.engine.find(query(['t']))) {
        if (id === '100') break;
      }
      expect(await idsOf(at.engine, query(['t'], { after: '98' }))).to.deep.equal(['99']);
    });

    it('yields each unchanged record once while others come, change and go', async () => {
      const ids = Array.from({ length: 300 }, (_, index) => String(index).padStart(4, '0'));
      const fixed = ids.filter((_, index) => index % 3 === 0);
      await at.engine.commit(ids.map((id) => ({ put: record(id, 1, { terms: ['t'] }) })));
      const seen: string[] = [];
      let count = 0;
      for await (const one of at.engine.find(query(['t']))) {
        expect(one.terms).to.deep.equal(['t']);
        seen.push(one.id);
        if (count++ % 20 !== 0) continue;
        const target = ids.find((id) => id > one.id && !fixed.includes(id) && Number(id) % 3 === 1);
        if (target === undefined) continue;
        ids.splice(ids.indexOf(target), 1);
        const gone = ids.findLast((id) => Number(id) % 3 === 2)!;
        ids.splice(ids.indexOf(gone), 1);
        await at.engine.commit([
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
      await at.engine.commit(Array.from({ length: 2000 }, (_, n) => ({ put: record(`${n}`, 1, { terms: ['t'] }) })));
      let turns = 0;
      let isOver = false;
      const count = (): void => {
        turns++;
        if (!isOver) setImmediate(count);
      };
      setImmediate(count);
      try {
        expect(await idsOf(at.engine, query(['t']))).to.have.length(2000);
      } finally {
        isOver = true;
      }
      expect(turns).to.be.greaterThan(2);
    });
  });

  describe('a survey', () => {
    it('names the kinds of what lies there', async () => {
      expect(await at.engine.kinds()).to.deep.equal([]);
      const kinds = ['a', 'client', 'client-claim', 'object', 'z9'];
      await at.engine.commit(kinds.flatMap((kind) => ['1', '2'].map((id) => ({ put: { ...record(id, 1), kind } }))));
      expect([...(await at.engine.kinds())].sort()).to.deep.equal(kinds);
    });

    it('finds no fault in an index that every change has kept', async () => {
      await at.engine.commit(
        Array.from({ length: 200 }, (_, n) => ({ put: record(`${n}\0x`, 1, { terms: ['t', `${n}`] }) })),
      );
      await at.engine.commit([
        { put: record('5\0x', 2, { terms: ['u'] }) },
        { remove: { kind: 'object', id: '6\0x', revision: 1, spend: true } },
      ]);
      for await (const fault of at.engine.indexFaults()) throw new Error(`${fault.kind} ${fault.id}: ${fault.fault}`);
    });
  });
}
