import { createHash, createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { create, update } from '#store/store';
import { hashLine } from '#audit/chain/chain';
import { maximumObjects } from '#audit/entry';
import type { AuditRecord } from '#audit/entry';
import { pendingKind } from '#audit/pending';
import { show } from '#audit/show';
import { auditKey } from '#audit/trail';
import { dataDirectory, get } from './trail-fixture.ts';
import type { Fixture } from './trail-fixture.ts';
import { bestOf, elapsed, until } from '#test/fixtures/timing';

describe('the audit trail', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await dataDirectory();
  });

  afterEach(() => fixture.end());

  it('writes one record per entry, in the order of appending', async () => {
    const trail = await fixture.open({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
    await Promise.all([trail.append(get), trail.append({ ...get, status: 'OperationFailed', reason: 'ItemNotFound' })]);
    const [, first, second] = fixture.records();
    expect(first).to.deep.include({ ...get, seq: 2, time: '2026-01-02T03:04:05.006Z', chain: trail.chain });
    const { certificate: _named, ...rest } = get;
    expect(second).to.deep.include({ ...rest, seq: 3, status: 'OperationFailed', reason: 'ItemNotFound' });
    expect(first?.entry).to.not.equal(second?.entry);
  });

  it('ends each write with a MAC over the one before, and links the records within a write', async () => {
    const trail = await fixture.open();
    for (let count = 0; count < 3; count += 1) await trail.append(get);
    await Promise.all([trail.append(get), trail.append(get), trail.append(get)]);
    await trail.close();
    const lines = fixture.read('00000001.000001.jsonl').split(/(?<=\n)/);
    const records = fixture.records();
    expect(records.map(({ mac, prev }) => [mac !== undefined, prev !== undefined])).to.deep.equal([
      ...Array.from({ length: 4 }, () => [true, false]),
      ...[
        [false, false],
        [false, true],
        [true, true],
      ],
      [true, false],
    ]);
    let mac = '';
    for (const [index, record] of records.entries()) {
      const line = lines[index] ?? '';
      if (record.prev !== undefined) {
        const before = createHash('sha256').update(lines[index - 1] ?? '');
        expect(record.prev).to.equal(before.digest('base64url').slice(0, 32));
      }
      if (record.mac === undefined) continue;
      const text = line.slice(0, line.lastIndexOf(',"mac"'));
      const right = createHmac('sha256', auditKey(fixture.store)).update(mac + text);
      expect(record.mac).to.equal(right.digest('base64url').slice(0, 22));
      mac = record.mac;
    }
  });

  it('names the certificate once for a connection in a file, and the client always', async () => {
    const trail = await fixture.open({ fileSize: 1_500 });
    for (let count = 0; count < 12; count += 1) await trail.append({ ...get, connection: 7 + (count % 2) });
    const [{ change, entryId }, entry] = [trail.pending(get), get];
    await fixture.store.commit([change]);
    await trail.append(entry, entryId);
    await trail.close();
    const operations = fixture.records().filter(({ kind }) => kind === 'operation');
    expect(operations.every(({ client }) => client === get.client)).to.equal(true);
    const named = operations.filter(({ certificate }) => certificate !== undefined);
    expect(named.length).to.be.within(3, 8);
    expect(operations.at(-1)?.certificate).to.equal(get.certificate);
    const shown: AuditRecord[] = [];
    for await (const record of show(fixture.directory, { operation: 'Get' })) shown.push(record);
    expect(shown).to.have.length(13);
    expect(shown.every(({ certificate }) => certificate === get.certificate)).to.equal(true);
  });

  it('writes at most 240 bytes for a request that names no object', async () => {
    const trail = await fixture.open();
    const ping = { kind: 'operation', connection: 7, version: '2.1', operation: 'Ping', status: 'Success' } as const;
    const client = '0190a5c1-7f0e-7b3c-8d55-3f1c2a4b5c6d';
    for (let count = 0; count < 3; count += 1) await trail.append({ ...ping, client, certificate: 'ab'.repeat(32) });
    const line = fixture.read('00000001.000001.jsonl').split('\n')[3] ?? '';
    expect(line).to.match(/"operation":"Ping".*"seq":4/);
    expect(line.length).to.be.below(240);
  });

  it('opens a chain that names the one before it', async () => {
    const first = await fixture.open();
    await first.append(get);
    await first.close();
    const second = await fixture.open();
    const opening = fixture.records().at(-1);
    expect(opening).to.deep.include({ kind: 'open', chain: second.chain, seq: 1, ended: [], running: [] });
    expect(opening?.predecessor).to.deep.include({ chain: first.chain, seq: 3 });
    const closing = fixture.read('00000001.000001.jsonl').split(/(?<=\n)/)[2] ?? '';
    expect(opening?.predecessor?.hash).to.equal(hashLine(closing));
  });

  it('keeps its files from other users', async () => {
    await fixture.open();
    expect(statSync(fixture.directory).mode & 0o777).to.equal(0o700);
    expect(statSync(join(fixture.directory, '00000001.000001.jsonl')).mode & 0o777).to.equal(0o600);
  });

  it('escapes and cuts what came from outside', async () => {
    const trail = await fixture.open();
    const subject = 'CN=\u001b[2J"\\\u00e9\u{1f511}\n' + 'x'.repeat(10_000);
    const objects = Array.from({ length: maximumObjects + 5 }, (_, index) => `${index}`);
    await trail.append({ kind: 'connection', subject, objects, reason: 'unknown certificate' });
    const line = fixture.read('00000001.000001.jsonl').split('\n')[1] ?? '';
    expect(line).to.match(/^[ -~]*$/);
    expect(line.length).to.be.below(2_000);
    const record = fixture.records()[1];
    expect(record?.subject?.startsWith(subject.slice(0, 100))).to.equal(true);
    expect(record?.objects).to.have.length(maximumObjects);
    expect(record?.omitted).to.equal(5);
  });

  it('goes on in the next file when one is full, in the same chain', async () => {
    const trail = await fixture.open({ fileSize: 2_000 });
    for (let count = 0; count < 30; count += 1) await trail.append(get);
    await trail.close();
    expect(fixture.files().length).to.be.above(3);
    const records = fixture.records();
    expect(records.map(({ seq }) => seq)).to.deep.equal(records.map((_, index) => index + 1));
    expect(records.filter(({ kind }) => kind === 'operation')).to.have.length(30);
    expect(await fixture.check()).to.deep.equal({ records: records.length, chains: 1, open: [], old: 0 });
  });

  it('keeps the record of a change in the store until the file is on disk', async () => {
    const trail = await fixture.open();
    const { change, entryId } = trail.pending({ ...get, operation: 'Create' });
    await fixture.store.commit([change, create(pendingKind, 'foreign', { time: '', entry: get, owners: ['0-0'] })]);
    expect(await fixture.leftovers()).to.deep.equal([entryId, 'foreign'].sort());
    await trail.append({ ...get, operation: 'Create' }, entryId);
    await trail.close();
    expect(await fixture.leftovers()).to.deep.equal(['foreign']);
    expect(fixture.records()[1]).to.include({ entry: entryId, operation: 'Create', kind: 'operation' });
  });

  it('needs no further request to sync and clean up', async () => {
    const trail = await fixture.open();
    const cleaning = async (): Promise<number> => {
      const { change, entryId } = trail.pending(get);
      await fixture.store.commit([change]);
      await trail.append(get, entryId);
      return elapsed(() => until('nothing is left', async () => (await fixture.leftovers()).length === 0));
    };
    expect(await bestOf(1_500, cleaning)).to.be.below(1_500);
  });

  it('removes the other records when one was never committed', async () => {
    const trail = await fixture.open();
    const [kept, lost] = [trail.pending(get), trail.pending(get)];
    await fixture.store.commit([kept.change]);
    await Promise.all([trail.append(get, lost.entryId), trail.append(get, kept.entryId)]);
    await trail.close();
    expect(await fixture.leftovers()).to.deep.equal([]);
  });

  it('removes the record of a change that was sealed again meanwhile', async () => {
    const trail = await fixture.open();
    const { change, entryId } = trail.pending(get);
    await fixture.store.commit([change]);
    const kept = await fixture.store.get(pendingKind, entryId);
    if (kept === undefined) throw new Error('not committed');
    await fixture.store.commit([update(kept, kept.value)]);
    await trail.append(get, entryId);
    await trail.close();
    expect(await fixture.leftovers()).to.deep.equal([]);
  });

  it('resolves after the sync when the setting is to sync always', async () => {
    const trail = await fixture.open({ sync: 'always' });
    const { change, entryId } = trail.pending(get);
    await fixture.store.commit([change]);
    const many = Array.from({ length: 50 }, () => trail.append(get));
    await Promise.all([trail.append(get, entryId), ...many]);
    expect(fixture.records()).to.have.length(52);
  });

  it('accepts nothing after it was closed', async () => {
    const trail = await fixture.open();
    await trail.close();
    const failure = await trail.append(get).catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'the audit trail cannot be written');
  });
});
