import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { create } from '#store/store';
import { chainName, entryId, fileName, noHash } from '#audit/chain/chain';
import { formatEvent } from '#audit/entry';
import { pendingKind } from '#audit/pending';
import { thisProcess } from '#audit/chain/process-identity';
import type { Verdict } from '#audit/verify';
import { objectKind } from '#test/audit/object-kind';
import { linkRecord } from '#test/audit/old-chain';
import { dataDirectory, get } from '#test/audit/trail-fixture';
import type { Fixture } from '#test/audit/trail-fixture';
import { until } from '#test/fixtures/timing';

const writer = fileURLToPath(new URL('../audit/trail-writer.js', import.meta.url));

describe('audit trails of several processes', () => {
  let fixture: Fixture;
  let children: ChildProcess[];
  let acknowledged: string[];

  beforeEach(async () => {
    fixture = await dataDirectory();
    children = [];
    acknowledged = [];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await fixture.end();
  });

  function start(how: string, count: number, wrapper: readonly string[] = []): ChildProcess {
    const [command = '', ...rest] = [...wrapper, process.execPath, writer, fixture.data, how, `${count}`];
    const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('message', (id) => acknowledged.push(String(id)));
    children.push(child);
    return child;
  }

  const check = (): Promise<Verdict> => fixture.check();

  /** Every object of the store has exactly one record, whether or not it was acknowledged. */
  async function expectComplete(): Promise<void> {
    const recorded = fixture.records().flatMap(({ objects }) => objects ?? []);
    const kept: string[] = [];
    for await (const { id } of fixture.store.find(objectKind, { terms: [] })) kept.push(id);
    expect(recorded.sort()).to.deep.equal(kept.sort());
    expect(kept).to.include.members(acknowledged);
    expect(await fixture.leftovers()).to.deep.equal([]);
  }

  it('stand beside each other, each linked to the one opened before', async () => {
    await Promise.all([1, 2, 3, 4].map(() => once(start('all', 200), 'close')));
    expect(acknowledged).to.have.length(800);
    expect(await check())
      .to.deep.include({ chains: 4, open: [] })
      .and.not.have.property('broken');
    await expectComplete();
  });

  it('miss no committed change after kills in mid-load, and verify', async () => {
    for (let round = 0; round < 5; round += 1) {
      const running = [start('all', 1e6), start('all', 1e6)];
      await Promise.all(running.map((child) => once(child, 'message')));
      // At another point of their load each time.
      const most = acknowledged.length + 20 + round * 7;
      await until('their load', () => acknowledged.length >= most);
      for (const child of running) child.kill('SIGKILL');
      await Promise.all(running.map((child) => once(child, 'close')));
      const trail = await fixture.open();
      await trail.close();
      expect(await check())
        .to.deep.include({ open: [] })
        .and.not.have.property('broken');
      await expectComplete();
    }
    expect(acknowledged.length).to.be.above(100);
  });

  it('complete what was committed and not yet written, once', async () => {
    await Promise.all([start('killed', 40), start('killed', 40)].map((child) => once(child, 'close')));
    const trails = await Promise.all([fixture.open(), fixture.open()]);
    const recovered = fixture.records().filter(({ kind }) => kind === 'recovered');
    expect(recovered).to.have.length(2);
    for (const { of, at, time, chain, entry } of recovered) {
      expect(of).to.equal('operation');
      expect(Date.parse(at ?? '')).to.be.at.most(Date.parse(time));
      expect(entry.startsWith(chain)).to.equal(false);
    }
    for (const trail of trails) await trail.close();
    await expectComplete();
    expect(await check())
      .to.deep.include({ open: [] })
      .and.not.have.property('broken');
  });

  it('complete what a process claimed that died before it wrote it', async () => {
    await once(start('killed', 4), 'close');
    const [left] = await fixture.leftovers().then((ids) => ids.slice(-1));
    await once(start('killed', 0), 'close');
    // As if the second process had been killed between its claim and its record.
    const claimed = fixture.records().find(({ entry }) => entry === left);
    expect(claimed?.kind).to.equal('recovered');
    const value = {
      time: claimed?.at ?? '',
      entry: get,
      owners: [claimed?.entry.slice(0, -11) ?? '', claimed?.chain ?? ''],
    };
    await fixture.store.commit([create(pendingKind, left ?? '', value)]);
    await fixture.store.commit([create(pendingKind, `${left}0`, { ...value, entry: { ...get, objects: ['lost'] } })]);
    await fixture.store.commit([create(objectKind, 'lost', 'lost')]);
    const trail = await fixture.open();
    await trail.close();
    await expectComplete();
  });

  it('excuse a half-written record by what a later chain says of it, and by nothing else', async () => {
    await once(start('killed', 4), 'close');
    const file = fileName(1, 1);
    const path = join(fixture.directory, file);
    expect(await check())
      .to.have.property('open')
      .with.length(1);
    appendFileSync(path, '{"time":"20');
    expect((await check()).broken).to.include({ file, line: 6 });
    const trail = await fixture.open();
    const opening = fixture.records().find(({ chain }) => chain === trail.chain);
    expect(opening?.ended).to.deep.equal([{ ...opening?.predecessor, torn: 11 }]);
    await trail.close();
    expect(await check())
      .to.deep.include({ open: [] })
      .and.not.have.property('broken');
    const { size } = statSync(path);
    appendFileSync(path, 'x');
    expect((await check()).broken?.why).to.match(/half-written/);
    truncateSync(path, size - 1);
    expect((await check()).broken?.why).to.match(/half-written/);
    truncateSync(path, size - 11 - 1);
    expect((await check()).broken).to.include({ file, line: 4 });
  });

  it('are looked after when it shows only later that a process is gone', async () => {
    const chain = chainName(1, Buffer.alloc(8));
    const time = new Date().toISOString();
    const elsewhere = { ...thisProcess(), place: 'another machine on the same directory' };
    const opened = formatEvent(time, entryId(chain, 0), 'open', { ended: [], running: [], process: elsewhere });
    mkdirSync(fixture.directory);
    const file = join(fixture.directory, fileName(1, 1));
    writeFileSync(file, `${linkRecord(opened, chain, 1, noHash)}{"torn`);
    const id = entryId(chain, 1);
    await fixture.store.commit([create(pendingKind, id, { time, entry: get, owners: [chain] })]);
    const trail = await fixture.open();
    expect(fixture.records().find((record) => record.chain === trail.chain)?.running).to.deep.equal([chain]);
    expect(await fixture.leftovers()).to.deep.equal([id]);
    utimesSync(file, 0, 0);
    await until('nothing is left', async () => (await fixture.leftovers()).length === 0);
    await trail.close();
    expect(fixture.records().filter(({ entry }) => entry === id)).to.have.length(1);
    expect(await check())
      .to.deep.include({ open: [] })
      .and.not.have.property('broken');
  });

  it('cut off what a full disk left half-written', async function () {
    if (process.platform !== 'linux') this.skip();
    const child = start('refused', 0, ['sh', '-c', 'ulimit -S -f 4096; exec "$@"', 'sh']);
    await once(child, 'message');
    const path = join(fixture.directory, fileName(1, 1));
    expect(statSync(path).size).to.be.above(4096 * 512 - 10_000);
    expect((await check()).broken).to.equal(undefined);
    expect(fixture.read(fileName(1, 1)).endsWith('\n')).to.equal(true);
    expect(spawnSync('prlimit', [`--pid=${child.pid}`, '--fsize=unlimited']).status).to.equal(0);
    await once(child, 'close');
    const kinds = fixture.records().map(({ kind }) => kind);
    expect(kinds.slice(-3)).to.deep.equal(['resumed', 'operation', 'close']);
    expect(await check()).to.deep.equal({ records: kinds.length, chains: 1, open: [], old: 0 });
  });
});
