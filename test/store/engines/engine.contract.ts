/** What every engine does, sentence by sentence of engine.ts. A bug found in one engine becomes a case for all. */
import { expect } from 'chai';
import { bounds } from '#store/engines/bounds';
import { ConflictError, succeeds } from '#store/engines/engine';
import type { Change, Engine } from '#store/engines/engine';
import {
  bytesOf,
  collect,
  expectConflict,
  expectRecord,
  failureOf,
  idsOf,
  increments,
  patterned,
  present,
  record,
} from './contract-records.ts';
import type { EngineHome, EnginePlace } from './engine-place.ts';
import { findContract } from './find.contract.ts';
import { identifiersContract } from './identifiers.contract.ts';

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

    const at: EnginePlace = {
      get engine() {
        return engine;
      },
      async reopen() {
        await engine.close();
        engine = await home.open();
      },
    };
    findContract(at);
    identifiersContract(at);

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
