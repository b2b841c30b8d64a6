import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openLmdb } from '#store/lmdb';
import type { Engine } from '#store/engine';
import { bodyOf } from './lmdb-writer-records.ts';
import type { Acknowledged } from './lmdb-writer-records.ts';

const writer = fileURLToPath(new URL('lmdb-writer.js', import.meta.url));

describe('several processes on one LMDB store', function () {
  this.timeout(60_000);
  let path: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'kmipd-lmdb-'));
    children = [];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(path, { recursive: true });
  });

  /** Runs the writer, behind `wrapper` when there is one, and hands over what it acknowledges. */
  function start(name: string, count: number, loops: number, wrapper: readonly string[] = []): ChildProcess {
    const [command = '', ...rest] = [...wrapper, process.execPath, writer, path, name, `${count}`, `${loops}`];
    const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    return child;
  }

  async function expectWhole(engine: Engine, id: string): Promise<void> {
    const found = await engine.get('object', id);
    if (found === undefined || found === 'unchanged') throw new Error(`the acknowledged record ${id} is lost`);
    expect(bodyOf(id).equals(found.body), `the body of ${id}`).to.equal(true);
    expect(bodyOf(id).equals(found.material ?? Buffer.of(1)), `the material of ${id}`).to.equal(true);
  }

  it('shows what another process committed as soon as that says so', async () => {
    const engine = await openLmdb(path);
    try {
      // The odd reads before each message leave lmdb with a snapshot that is about to be old.
      const reading = setInterval(() => void engine.get('object', 'absent'), 0);
      const child = start('other', 200, 1);
      let shown = 0;
      child.on('message', ({ id }: Acknowledged) => void expectWhole(engine, id).then(() => shown++));
      await once(child, 'close');
      clearInterval(reading);
      expect(shown).to.equal(200);
    } finally {
      await engine.close();
    }
  });

  it('keeps what several processes commit at once while the store grows', async () => {
    const engine = await openLmdb(path);
    try {
      const names = ['first', 'second'];
      const exits = names.map((name) => once(start(name, 100, 4), 'close'));
      for (let n = 0; n < 100; n++) {
        const id = `parent-${n}`;
        await engine.commit([
          { put: { kind: 'object', id, revision: 1, terms: [], body: bodyOf(id), material: bodyOf(id) } },
        ]);
      }
      expect(await Promise.all(exits)).to.deep.equal([
        [0, null],
        [0, null],
      ]);
      for (let n = 0; n < 100; n++) await expectWhole(engine, `parent-${n}`);
      for (const name of names) {
        for (let n = 0; n < 100; n++) await expectWhole(engine, `${name}-${n}`);
      }
    } finally {
      await engine.close();
    }
  });

  it('loses nothing acknowledged, and keeps nothing half, when the writer is killed in mid-load', async () => {
    for (let run = 0; run < 5; run++) {
      const child = start(`run${run}`, 1_000_000, 8);
      const acknowledged: string[] = [];
      child.on('message', ({ id }: Acknowledged) => {
        acknowledged.push(id);
        if (acknowledged.length === 60 + run * 17) child.kill('SIGKILL');
      });
      await once(child, 'close');

      const engine = await openLmdb(path);
      try {
        expect(acknowledged).to.have.length.of.at.least(60);
        for (const id of acknowledged) await expectWhole(engine, id);
        const ids = new Set<string>();
        for await (const { id } of engine.find({ kind: 'object', terms: [] })) ids.add(id);
        for (const id of ids) {
          expect(ids.has(id.endsWith('-twin') ? id.slice(0, -'-twin'.length) : `${id}-twin`), id).to.equal(true);
          await expectWhole(engine, id);
        }
        const indexed = new Set<string>();
        for (let before = 0; before <= run; before++) {
          const query = { kind: 'object', terms: [`writer-run${before}`] };
          for await (const { id } of engine.find(query)) indexed.add(id);
        }
        expect(indexed).to.deep.equal(ids);
      } finally {
        await engine.close();
      }
    }
  });

  /** A kill leaves the page cache, so it says nothing of the disk: a commit must take as long as a sync does. */
  it('acknowledges no commit before the disk has it', async function () {
    const trace = ['-f', '-qqq', '-e', 'trace=fsync,fdatasync,msync'];
    const inject = 'inject=fsync,fdatasync,msync:delay_enter=300000';
    const strace = ['strace', ...trace, '-e', inject, '-o', join(path, 'strace.txt')];
    if (spawnSync('strace', ['-qqq', '-o', join(path, 'strace.txt'), process.execPath, '-v']).status !== 0) this.skip();
    const acknowledged: Acknowledged[] = [];
    const child = start('delayed', 6, 2, strace);
    child.on('message', (message: Acknowledged) => acknowledged.push(message));
    await once(child, 'close');
    expect(acknowledged).to.have.length(6);
    for (const { id, milliseconds } of acknowledged) expect(milliseconds, id).to.be.at.least(300);
  });
});
