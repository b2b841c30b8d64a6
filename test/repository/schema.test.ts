/**
 * The schema of the store: said in a record, brought forward, resumed where it was stopped, refused when it is newer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { beginSchema, checkSchema, migrations, openSchema, schemaKind, type SchemaRecord } from '#repository/schema';
import { OperatorError } from '#operator-error';
import { openLmdb } from '#store/engines/lmdb';
import { succeeds } from '#store/engines/engine';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import { rotateDataKey } from '#store/seal/rotate-data-key';
import { create, update, type Store } from '#store/store';
import { makePlace } from '#test/cli/kmipd';
import { makeStorePlace, note, type StorePlace } from '#test/fixtures/store-place';
import { byPages, pagedNote } from './notes.ts';

const notes = 500;

describe('the schema of the store', function () {
  this.timeout(60_000);
  let place: StorePlace;
  let store: Store;

  beforeEach(async () => {
    place = await makeStorePlace();
    store = await place.open();
  });
  afterEach(() => place.remove());

  const schemaOf = async (): Promise<SchemaRecord | undefined> => (await store.get(schemaKind, 'schema'))?.value;
  const nameOf = (number: number): string => `note-${String(number).padStart(4, '0')}`;

  async function fill(): Promise<void> {
    for (let first = 0; first < notes; first += 100) {
      await store.commit(
        Array.from({ length: 100 }, (_, place) => {
          const number = first + place;
          return create(note, nameOf(number), { title: 'all', pages: number % 10 }, Buffer.of(number % 256));
        }),
      );
    }
  }

  async function found(term: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id } of store.find(pagedNote, { terms: [term] })) ids.push(id);
    return ids;
  }

  /** Each note is found by its pages and no longer by its title, and has the material that it had. */
  async function expectReindexed(): Promise<void> {
    expect(await found(store.term('title', 'all'))).to.deep.equal([]);
    const byNumber = Array.from({ length: 10 }, (_, pages) => found(store.term('pages', String(pages))));
    expect((await Promise.all(byNumber)).map((ids) => ids.length)).to.deep.equal(Array(10).fill(notes / 10));
    for await (const kept of store.find(pagedNote, { terms: [] })) {
      expect(kept.openMaterial()).to.deep.equal(Buffer.of(Number(kept.id.slice(5)) % 256));
    }
    expect(await schemaOf()).to.deep.equal({ version: 2 });
  }

  async function refusalOf(work: Promise<void>): Promise<OperatorError> {
    const error: unknown = await work.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(OperatorError);
    return error as OperatorError;
  }

  it('has rows in their order, without a gap', () => {
    expect(migrations.map(({ to }) => to)).to.deep.equal(migrations.map((_, place) => place + 2));
  });

  it('is written when a store is made, and counts as 1 where it is missing', async () => {
    await openSchema(store);
    await checkSchema(store);
    expect(await schemaOf()).to.equal(undefined);
    await beginSchema(store, { migrations: byPages });
    expect(await schemaOf()).to.deep.equal({ version: 2 });
  });

  it('is refused when it is newer, and by readers when it is older', async () => {
    const older = await refusalOf(checkSchema(store, { migrations: byPages }));
    expect(older.message).to.equal('the store has schema 1: this kmipd needs schema 2');
    expect(older.hint).to.contain('kmipd serve');
    await openSchema(store, { migrations: byPages });
    for (const open of [openSchema, checkSchema]) {
      const newer = await refusalOf(open(store));
      expect(newer.message).to.equal('the store has schema 2: this kmipd supports schemas up to 1');
      expect(newer.hint).to.contain('kmipd --version');
    }
  });

  it('is brought forward: each record is found by what it is indexed by from then on', async () => {
    await fill();
    const said: string[] = [];
    await openSchema(store, { migrations: byPages, log: { info: (line) => said.push(line) } });
    await expectReindexed();
    expect(said).to.deep.equal([
      'the store goes from schema 1 to 2: notes are found by pages',
      'the store has schema 2',
    ]);
    const revisions = new Map<string, number>();
    for await (const { id, revision } of store.find(pagedNote, { terms: [] })) revisions.set(id, revision);
    for await (const { changed } of store.reindex(pagedNote)) expect(changed).to.equal(0);
    for await (const { id, revision } of store.find(pagedNote, { terms: [] })) {
      expect(revision).to.equal(revisions.get(id));
    }
  });

  it('counts as 1 when its record is damaged, which is then written again', async () => {
    await fill();
    await openSchema(store, { migrations: byPages });
    const engine = await place.openEngine();
    const before = await engine.get(schemaKind.name, 'schema');
    if (before === undefined || before === 'unchanged') throw new Error('there is no schema record');
    await engine.commit([{ put: { ...before, revision: before.revision + 1, body: Buffer.from('damaged') } }]);
    await checkSchema(store);
    await openSchema(store, { mend: true });
    expect(await schemaOf()).to.deep.equal({ version: 1 });
    await openSchema(store, { migrations: byPages });
    await expectReindexed();
  });

  it('goes on behind its last mark when the process that brought it forward was killed', async () => {
    await fill();
    const path = join(place.directory, 'store');
    const script = join('dist', 'test', 'repository', 'reindexer.js');
    const child = spawn(process.execPath, [script, path, place.keyFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await exited;
    const [firstMark = ''] = line.toString().split('\n');

    const stopped = await schemaOf();
    expect(stopped?.version).to.equal(1);
    expect(stopped?.mark?.after).to.satisfy((after: string) => after >= firstMark && after < nameOf(notes - 1));
    const begun: (string | undefined)[] = [];
    const watched: Store = {
      ...store,
      reindex(kind, after) {
        begun.push(after);
        return store.reindex(kind, after);
      },
    };
    await openSchema(watched, { migrations: byPages });
    expect(begun).to.deep.equal([stopped?.mark?.after]);
    await expectReindexed();
  });

  it('loses no change that is made meanwhile, nor a rotation of data keys', async () => {
    await fill();
    const engine = await openLmdb(join(place.directory, 'store'));
    const other = await openStore({ engine, rootKey: rootKeyFile(place.keyFile) });
    let isOver = false;
    let changes = 0;
    const change = async (): Promise<void> => {
      for (let number = 0; !isOver; number = (number + 7) % notes) {
        const kept = await other.get(pagedNote, nameOf(number));
        if (kept === undefined) throw new Error(`${nameOf(number)} is gone`);
        const value = { ...kept.value, title: `${kept.value.title}+` };
        if (await succeeds(other.commit([update(kept, value)]))) changes++;
      }
    };
    const rotate = async (): Promise<void> => {
      const rotation = { engine, rootKey: rootKeyFile(place.keyFile), wait: () => Promise.resolve() };
      for await (const _ of rotateDataKey(rotation));
    };
    const changing = change();
    await Promise.all([openSchema(store, { migrations: byPages }), rotate()]);
    isOver = true;
    await changing;
    let marks = 0;
    for await (const { value } of store.find(pagedNote, { terms: [] })) marks += value.title.length - 'all'.length;
    expect(marks).to.equal(changes);
    await expectReindexed();
    await other.close();
  });

  it('stops every command when it is newer, with a hint', async () => {
    const installation = makePlace();
    const added = await installation.kmipd('client', 'add', 'array', '--out', installation.path('array'));
    expect(added.status, added.stderr).to.equal(0);
    const keyFile = join(installation.data, 'root.key');
    const made = await openStore({
      engine: await openLmdb(join(installation.data, 'lmdb')),
      rootKey: rootKeyFile(keyFile),
    });
    const kept = await made.get(schemaKind, 'schema');
    expect(kept?.value).to.deep.equal({ version: 1 });
    if (kept !== undefined) await made.commit([update(kept, { version: 9 })]);
    await made.close();
    for (const command of [
      ['client', 'list'],
      ['client', 'revoke', 'array'],
    ]) {
      const { status, stderr } = await installation.kmipd(...command);
      expect(status).to.not.equal(0);
      expect(stderr).to.contain('the store has schema 9: this kmipd supports schemas up to 1');
      expect(stderr).to.contain('kmipd --version');
    }
    await installation.remove();
  });
});
