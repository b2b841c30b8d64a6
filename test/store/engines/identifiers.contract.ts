/** The part of the engine contract about identifiers that are used again, or never again. */
import { expect } from 'chai';
import { SpentError } from '#store/engines/engine';
import type { Change } from '#store/engines/engine';
import { bytesOf, expectConflict, expectRecord, failureOf, idsOf, record } from './contract-records.ts';
import type { EnginePlace } from './engine-place.ts';

/** @param at has another engine and another store for each test. */
export function identifiersContract(at: EnginePlace): void {
  describe('lives of one identifier', () => {
    const spend = (revision: number): Change => ({ remove: { kind: 'object', id: 'a', revision, spend: true } });

    it('begins a record with the revision that it is given', async () => {
      const put = record('a', 2 ** 46 + 5, { terms: ['t'] });
      await at.engine.commit([{ put, isNew: true }]);
      expectRecord(await at.engine.get('object', 'a'), put);
      expect(await at.engine.get('object', 'a', put.revision)).to.equal('unchanged');
      await expectConflict(at.engine.commit([{ put: { ...put, revision: 7 }, isNew: true }]), 'a');
      await expectConflict(at.engine.commit([{ put: { ...put, revision: 1 } }]), 'a');
      await at.engine.commit([{ put: record('a', put.revision + 1) }]);
      await at.engine.commit([{ remove: { kind: 'object', id: 'a', revision: put.revision + 1 } }]);
      expect(await at.engine.get('object', 'a')).to.equal(undefined);
    });

    it('tells a record from the one that had its identifier before', async () => {
      await at.engine.commit([{ put: record('a', 1000), isNew: true }]);
      await at.engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1000 } }]);
      const second = record('a', 5000, { body: bytesOf('another life') });
      await at.engine.commit([{ put: second, isNew: true }]);
      expectRecord(await at.engine.get('object', 'a', 1000), second);
      await expectConflict(at.engine.commit([{ put: record('a', 1001) }]), 'a');
      await expectConflict(at.engine.commit([{ remove: { kind: 'object', id: 'a', revision: 1000 } }]), 'a');
      expectRecord(await at.engine.get('object', 'a'), second);
    });

    it('never makes a record where a tombstone lies', async () => {
      await at.engine.commit([{ put: record('a', 1, { terms: ['t'], material: bytesOf('m') }) }]);
      await at.engine.commit([spend(1)]);
      const attempts: Change[] = [
        { put: record('a', 1) },
        { put: record('a', 77), isNew: true },
        { put: record('a', 2) },
        { remove: { kind: 'object', id: 'a', revision: 1 } },
        spend(1),
        spend(0),
      ];
      for (const attempt of attempts) await expectConflict(at.engine.commit([attempt]), 'a');
      for (const attempt of attempts.slice(0, 2)) {
        expect(await failureOf(at.engine.commit([attempt]))).to.be.instanceOf(SpentError);
        const withOther = at.engine.commit([{ put: record('b', 1) }, attempt]);
        expect(await failureOf(withOther)).to.be.instanceOf(SpentError);
        expect(await at.engine.get('object', 'b')).to.equal(undefined);
      }
      await at.engine.commit([{ put: { ...record('a', 1), kind: 'other' } }]);
    });

    it('shows no tombstone, and keeps it when it is opened again', async () => {
      await at.engine.commit([{ put: record('a', 1, { terms: ['t'] }) }]);
      await at.engine.commit([spend(1), { put: record('b', 1, { terms: ['t'] }) }]);
      for (const known of [undefined, 1, 2]) expect(await at.engine.get('object', 'a', known)).to.equal(undefined);
      expect(await idsOf(at.engine, { kind: 'object', terms: [] })).to.deep.equal(['b']);
      expect(await idsOf(at.engine, { kind: 'object', terms: [], reverse: true })).to.deep.equal(['b']);
      expect(await idsOf(at.engine, { kind: 'object', terms: ['t'] })).to.deep.equal(['b']);
      await at.reopen();
      await expectConflict(at.engine.commit([{ put: record('a', 1) }]), 'a');
      expect(await at.engine.get('object', 'a')).to.equal(undefined);
    });

    it('spends an identifier that nothing was made under', async () => {
      await at.engine.commit([spend(0)]);
      await expectConflict(at.engine.commit([{ put: record('a', 1) }]), 'a');
    });

    it('makes and spends within one commit', async () => {
      await at.engine.commit([{ put: record('a', 9), isNew: true }, spend(9)]);
      expect(await at.engine.get('object', 'a')).to.equal(undefined);
      await expectConflict(at.engine.commit([{ put: record('a', 1) }]), 'a');
      const again = at.engine.commit([
        { put: { ...record('a', 1), id: 'c' } },
        { remove: { kind: 'object', id: 'c', revision: 1, spend: true } },
        { put: { ...record('a', 1), id: 'c' } },
      ]);
      await expectConflict(again, 'c');
      expect(await at.engine.get('object', 'c')).to.equal(undefined);
    });

    it('puts a record of any revision in the place of one that the same commit removes', async () => {
      await at.engine.commit([{ put: record('a', 5), isNew: true }]);
      const put = record('a', 3, { body: bytesOf('older') });
      await at.engine.commit([{ remove: { kind: 'object', id: 'a', revision: 5 } }, { put }]);
      expectRecord(await at.engine.get('object', 'a'), put);
    });
  });
}
