/** Commands share a chain: one goes on where the one before has stopped. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs, { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect } from 'chai';
import { findEnded } from '#audit/chain/chain-opening';
import { readCheckpoints, removeCheckpoints, takeResting } from '#audit/chain/checkpoint';
import { create } from '#store/store';
import { objectKind } from './object-kind.ts';
import { dataDirectory, get, type Fixture } from './trail-fixture.ts';

describe('a chain that commands share', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await dataDirectory();
  });
  afterEach(() => fixture.end());

  /** What a command does. */
  async function command(operation: string): Promise<void> {
    const trail = await fixture.open({ shared: true });
    await trail.append({ kind: 'administration', operation, status: 'Success' });
    await trail.close();
  }

  const operations = (): (string | undefined)[] =>
    fixture.records().flatMap(({ kind, operation }) => (kind === 'administration' ? [operation] : []));

  async function expectRight(chains: number): Promise<void> {
    const { broken, open, ...verdict } = await fixture.check();
    expect(broken).to.equal(undefined);
    expect(open).to.deep.equal([]);
    expect(verdict.chains).to.equal(chains);
  }

  it('is one file for seven commands, and is right', async () => {
    const names = ['1', '2', '3', '4', '5', '6', '7'];
    for (const name of names) await command(name);
    expect(fixture.files()).to.have.length(1);
    expect(operations()).to.deep.equal(names);
    await expectRight(1);
  });

  it('gives every record an identifier of its own, and forgets in the store what is on disk', async () => {
    for (let times = 0; times < 3; times++) {
      const trail = await fixture.open({ shared: true });
      const entry = { ...get, operation: 'Create' };
      // A commit that was tried again has used up identifiers, too.
      trail.pending(entry);
      const { change, entryId } = trail.pending(entry);
      await fixture.store.commit([create(objectKind, String(times), 'value'), change]);
      await trail.append(entry, entryId);
      await trail.close();
    }
    const entries = fixture.records().map(({ entry }) => entry);
    expect(new Set(entries).size).to.equal(entries.length);
    expect(await fixture.leftovers()).to.deep.equal([]);
    await expectRight(1);
  });

  it('completes what the command before it has committed, and did not hear of', async () => {
    const trail = await fixture.open({ shared: true });
    const { change, entryId } = trail.pending({ ...get, operation: 'Create' });
    await fixture.store.commit([create(objectKind, '1', 'value'), change]);
    await trail.close();
    const next = await fixture.open({ shared: true });
    expect(next.chain).to.equal(trail.chain);
    await next.close();
    expect(fixture.records().filter(({ kind }) => kind === 'recovered')).to.have.length(1);
    expect(fixture.records().filter(({ entry }) => entry === entryId)).to.have.length(1);
    expect(await fixture.leftovers()).to.deep.equal([]);
    await expectRight(1);
  });

  it('goes on in the next file when one is full', async () => {
    for (let times = 0; times < 4; times++) {
      const trail = await fixture.open({ shared: true, fileSize: 1000 });
      await trail.append({ kind: 'administration', operation: `${times}`, status: 'Success' });
      await trail.close();
    }
    expect(fixture.files().length).to.be.above(1);
    expect(operations()).to.deep.equal(['0', '1', '2', '3']);
    await expectRight(1);
  });

  it('goes on in the file where it rests, when a full disk had left an empty one behind it', async () => {
    await command('1');
    writeFileSync(join(fixture.directory, '00000001.000002.jsonl'), '');
    await command('2');
    expect(operations()).to.deep.equal(['1', '2']);
    await expectRight(1);
  });

  it('is written by one process at a time: another one begins its own, and both are gone on with', async () => {
    const first = await fixture.open({ shared: true });
    const second = await fixture.open({ shared: true });
    expect(second.chain).to.not.equal(first.chain);
    await first.close();
    await second.close();
    const third = await fixture.open({ shared: true });
    const fourth = await fixture.open({ shared: true });
    expect(new Set([third.chain, fourth.chain])).to.deep.equal(new Set([first.chain, second.chain]));
    await third.close();
    await fourth.close();
    await expectRight(2);
  });

  it('goes to one of two that want it at the same moment', async () => {
    await command('before');
    const [one, other] = await Promise.all([fixture.open({ shared: true }), fixture.open({ shared: true })]);
    expect(one.chain).to.not.equal(other.chain);
    await one.close();
    await other.close();
    await expectRight(2);
  });

  it('goes on beside servers that start and stop, and writes down how they ended', async () => {
    await command('before');
    const server = await fixture.open();
    await command('while it runs');
    const another = await fixture.open();
    await another.close();
    await server.close();
    await command('after');
    expect(fixture.files()).to.have.length(3);
    await expectRight(3);
    const pinned = fixture.records().filter(({ kind }) => kind === 'pinned');
    const pins = pinned.flatMap((record) => record.pins ?? []);
    expect(pins.map(({ chain }) => chain)).to.include.members([server.chain, another.chain]);
    // Once is enough.
    await command('again');
    expect(fixture.records().filter(({ kind }) => kind === 'pinned')).to.have.length(pinned.length);
  });

  it('is taken for running by a server that starts while a command goes on with it', async () => {
    await command('before');
    const going = await fixture.open({ shared: true });
    const server = await fixture.open();
    await going.append({ kind: 'administration', operation: 'going on', status: 'Success' });
    await going.close();
    await server.close();
    await expectRight(2);
  });

  it('is taken for running by who looks at its end at the moment when a command goes on with it', async () => {
    await command('before');
    const path = join(fixture.directory, fixture.files()[0] ?? '');
    const rested = readFileSync(path);
    const going = await fixture.open({ shared: true });
    const goneOnWith = readFileSync(path);
    const { openSync } = fs;
    let ended = 0;
    let opened = 1;
    try {
      // Between any two of its looks at the file.
      for (let at = 1; at <= opened; at++) {
        writeFileSync(path, rested);
        opened = 0;
        fs.openSync = (...given) => {
          if (++opened === at) fs.writeFileSync(path, goneOnWith);
          return openSync(...given);
        };
        syncBuiltinESMExports();
        ended += findEnded({ directory: fixture.directory, now: Date.now }, [going.chain]).ended.length;
      }
    } finally {
      fs.openSync = openSync;
      syncBuiltinESMExports();
      writeFileSync(path, goneOnWith);
    }
    expect(opened).to.be.above(3);
    expect(ended).to.equal(0);
    await going.close();
    await expectRight(1);
  });

  it('has ended, and is right, when the power failed as a command began to go on with it', async () => {
    await command('before');
    const path = join(fixture.directory, fixture.files()[0] ?? '');
    for (const checkpoint of await readCheckpoints(fixture.store)) await takeResting(fixture.store, checkpoint);
    writeFileSync(path, Buffer.alloc(300), { flag: 'a' });
    // Somebody may still be writing.
    await command('at once');
    expect(fixture.records().filter(({ kind }) => kind === 'ended')).to.deep.equal([]);
    utimesSync(path, 0, 0);
    const server = await fixture.open();
    await server.close();
    await command('after');
    await expectRight(3);
  });

  it('is found out when the store has forgotten it', async () => {
    await command('only');
    await removeCheckpoints(fixture.store, await readCheckpoints(fixture.store));
    expect((await fixture.check()).broken?.why).to.match(/^the store has no checkpoint of this chain/);
  });

  describe('whose command was killed', () => {
    beforeEach(async () => {
      await command('before');
      const writer = fileURLToPath(new URL('./trail-writer.js', import.meta.url));
      const child = fork(writer, [fixture.data, 'killed', '8', 'shared']);
      await once(child, 'exit');
    });

    it('is not gone on with; the record of the change that it made is completed', async () => {
      expect(fixture.files()).to.have.length(1);
      const next = await fixture.open({ shared: true });
      await next.close();
      expect(fixture.files()).to.have.length(2);
      expect(fixture.records().filter(({ kind }) => kind === 'recovered')).to.have.length(1);
      expect(await fixture.leftovers()).to.deep.equal([]);
      await expectRight(2);
    });

    it('is followed by one that is gone on with again', async () => {
      for (const name of ['1', '2', '3']) await command(name);
      expect(fixture.files()).to.have.length(2);
      await expectRight(2);
    });
  });

  describe('that somebody has cut', () => {
    /** The file without its last lines. */
    function cut(lines: number): void {
      const [file = ''] = fixture.files();
      const kept = fixture
        .read(file)
        .split('\n')
        .slice(0, -1 - lines);
      truncateSync(join(fixture.directory, file), kept.join('\n').length + 1);
    }

    beforeEach(async () => {
      for (const name of ['1', '2']) await command(name);
    });

    it('is found out when whole commands are missing at its end, and is not gone on with', async () => {
      cut(3);
      expect((await fixture.check()).broken?.why).to.match(/^cut off: the store saw record/);
      await command('3');
      expect(fixture.files()).to.have.length(2);
      expect((await fixture.check()).broken?.why).to.match(/^cut off: /);
      expect(fixture.log.join()).to.match(/was cut off or removed/);
    });

    it('is found out when only the end of the last command is missing', async () => {
      cut(1);
      expect((await fixture.check()).broken?.why).to.match(/^cut off: the store saw record/);
      await command('3');
      expect((await fixture.check()).broken?.why).to.match(/^cut off: /);
    });

    it('is found out when it was taken away', async () => {
      const [file = ''] = fixture.files();
      rmSync(join(fixture.directory, file));
      expect((await fixture.check()).broken).to.not.equal(undefined);
      await command('3');
      expect((await fixture.check()).broken).to.not.equal(undefined);
    });

    it('is found out when something was written behind it', async () => {
      const [file = ''] = fixture.files();
      const path = join(fixture.directory, file);
      writeFileSync(path, `${readFileSync(path, 'latin1')}{"time":"","kind":"administration","seq":9}\n`);
      utimesSync(path, 0, 0);
      expect((await fixture.check()).broken).to.not.equal(undefined);
      await command('3');
      expect(fixture.files()).to.have.length(2);
      expect((await fixture.check()).broken).to.not.equal(undefined);
    });
  });
});
