import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openLmdb } from '#store/engines/lmdb';
import type { Engine } from '#store/engines/engine';
import { bodyOf } from '#test/store/lmdb-writer-records';
import type { Acknowledged, Failed } from '#test/store/lmdb-writer-records';
import { canTrace, tracedBy, tracing } from '#test/store/tracing';
import { until } from '#test/fixtures/timing';

const writer = fileURLToPath(new URL('../store/lmdb-writer.js', import.meta.url));

describe('several processes on one LMDB store', () => {
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
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
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
      const shown: Promise<void>[] = [];
      child.on('message', ({ id }: Acknowledged) => void shown.push(expectWhole(engine, id)));
      await once(child, 'close');
      clearInterval(reading);
      expect(await Promise.all(shown)).to.have.length(200);
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

  async function idsOf(engine: Engine, terms: readonly string[]): Promise<string[]> {
    const ids: string[] = [];
    for await (const { id } of engine.find({ kind: 'object', terms })) ids.push(id);
    return ids;
  }

  async function expectAllWhole(engine: Engine, writers: readonly string[]): Promise<void> {
    const ids = new Set(await idsOf(engine, []));
    for (const id of ids) {
      expect(ids.has(id.endsWith('-twin') ? id.slice(0, -'-twin'.length) : `${id}-twin`), id).to.equal(true);
      await expectWhole(engine, id);
      expect(await idsOf(engine, [`id-${id}`])).to.deep.equal([id]);
    }
    const indexed = await Promise.all(writers.map((writer) => idsOf(engine, [`writer-${writer}`])));
    expect(new Set(indexed.flat())).to.deep.equal(ids);
  }

  for (const onlooker of [false, true]) {
    const who = onlooker ? 'another process has it open' : 'nobody else has it open';
    it(`loses nothing acknowledged, and keeps nothing half, of a writer killed in mid-load while ${who}`, async () => {
      let engine = await openLmdb(path);
      try {
        const writers: string[] = [];
        for (let run = 0; run < 5; run++) {
          if (!onlooker) await engine.close();
          const name = `run${run}`;
          writers.push(name);
          const child = start(name, 1_000_000, 8);
          const acknowledged: string[] = [];
          child.on('message', ({ id }: Acknowledged) => {
            acknowledged.push(id);
            if (acknowledged.length === 30 + run * 7) child.kill('SIGKILL');
          });
          await once(child, 'close');
          if (!onlooker) engine = await openLmdb(path);

          expect(acknowledged).to.have.length.of.at.least(30);
          for (const id of acknowledged) await expectWhole(engine, id);
          await expectAllWhole(engine, writers);
          await engine.commit([{ put: { kind: 'after', id: name, revision: 1, terms: [], body: Buffer.of(1) } }]);
        }
      } finally {
        await engine.close();
      }
    });
  }

  /** Between the write of a commit and its becoming visible lie a few instructions; strace holds the process there. */
  it('shows a commit that was on disk when its process was killed, once anybody opens the store', async function () {
    if (!canTrace()) return this.skip();
    const engine = await openLmdb(path);
    try {
      await engine.commit([{ put: { kind: 'before', id: 'one', revision: 1, terms: [], body: Buffer.of(1) } }]);
      const heads = (): Buffer => readFileSync(join(path, 'data.mdb')).subarray(0, 8192);
      const before = heads();
      const child = start('held', 1, 1, tracing('pwrite64', 'delay_exit=2000000'));
      await until('the write', () => !heads().equals(before));
      process.kill(tracedBy(child), 'SIGKILL');
      await once(child, 'close');
      expect(await engine.get('object', 'held-0')).to.equal(undefined);
      await once(start('opener', 0, 1), 'close');
      await expectWhole(engine, 'held-0');
      await expectWhole(engine, 'held-0-twin');
    } finally {
      await engine.close();
    }
  });

  /**
   * LMDB's opening reads which transaction is the newest, and a moment later tells it to all; strace makes it a long
   * one.
   */
  it('loses nothing that was acknowledged while another process opened the store', async function () {
    if (!canTrace()) return this.skip();
    const engine = await openLmdb(path);
    try {
      const acknowledged: string[] = [];
      const commitOne = async (): Promise<void> => {
        const id = `during-${acknowledged.length}`;
        await engine.commit([
          { put: { kind: 'object', id, revision: 1, terms: [], body: bodyOf(id), material: bodyOf(id) } },
        ]);
        acknowledged.push(id);
      };
      await commitOne();
      const child = start('slow', 1, 1, tracing('pread64', 'delay_exit=100000'));
      while (child.exitCode === null) {
        await commitOne();
        await wait(5);
      }
      for (const id of acknowledged) await expectWhole(engine, id);
      await expectWhole(engine, 'slow-0');
    } finally {
      await engine.close();
    }
  });

  it('rejects what the disk has no room for, and keeps what it acknowledged', async () => {
    const acknowledged: string[] = [];
    const failures: string[] = [];
    // 2048 blocks of 512 or 1024 bytes: writes beyond that fail as they do on a full disk.
    const child = start('limited', 1000, 4, ['sh', '-c', 'ulimit -f 2048; exec "$0" "$@"']);
    child.on('message', (message: Acknowledged | Failed) => {
      if ('failure' in message) failures.push(message.failure);
      else acknowledged.push(message.id);
    });
    const [status] = (await once(child, 'close')) as [number | null];
    expect(status).to.equal(0);
    expect(failures).to.have.length(4);
    for (const failure of failures) expect(failure).to.match(/^DiskError: the store cannot be written/);
    expect(acknowledged).to.have.length.of.at.least(5);
    const engine = await openLmdb(path);
    try {
      for (const id of acknowledged) await expectWhole(engine, id);
      await expectAllWhole(engine, ['limited']);
      await engine.commit([{ put: { kind: 'object', id: 'later', revision: 1, terms: [], body: bodyOf('later') } }]);
    } finally {
      await engine.close();
    }
  });

  /** A kill leaves the page cache, so it says nothing of the disk: a commit must take as long as a sync does. */
  it('acknowledges no commit before the disk has it', async function () {
    if (!canTrace()) return this.skip();
    const acknowledged: Acknowledged[] = [];
    const child = start('delayed', 6, 2, tracing('fsync,fdatasync,msync', 'delay_enter=300000'));
    child.on('message', (message: Acknowledged) => acknowledged.push(message));
    await once(child, 'close');
    expect(acknowledged).to.have.length(6);
    for (const { id, milliseconds } of acknowledged) expect(milliseconds, id).to.be.at.least(300);
  });
});
