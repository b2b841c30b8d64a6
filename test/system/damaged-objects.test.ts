/** What clients see of damaged records: they learn of their own, all others work, and nobody learns of foreign ones. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import { openTrail } from '#audit/trail';
import { pendingKind } from '#audit/pending';
import { creationRulesKind } from '#repository/creation-rules-record';
import { checkStore } from '#store/check-store';
import type { StoredRecord } from '#store/engines/engine';
import { openLmdb } from '#store/engines/lmdb';
import { objectKind } from '#repository/object-record';
import { rootKeyFile } from '#store/seal/root-key-file';
import { create } from '#store/store';
import { importing, symmetricKey } from '#test/operations/fetch/export-import';
import { aes, callerOf, given, id, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { bool, bytes, enumerated, int, struct } from '#test/fixtures/items';
import { ItemType } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import { keyBlock } from '#test/fixtures/key-blocks';

const version = '2.1';
const daily = [bool('RotateAutomatic', true), { tag: Tag.RotateInterval, type: ItemType.Interval, value: 86_400 }];

describe('a damaged record, to clients', () => {
  let fixture: Fixture;
  let a: Caller;
  let b: Caller;

  beforeEach(async () => {
    fixture = await openFixture();
    a = callerOf(fixture.handler, fixture.session('client-a'), version);
    b = callerOf(fixture.handler, fixture.session('client-b'), version);
  });
  afterEach(() => fixture.close());

  /** A bit of its body or material, under another revision, so that no cache serves what it was. */
  async function harm(kind: string, which: string, part: 'body' | 'material' = 'body'): Promise<void> {
    const engine = await openLmdb(join(fixture.directory, 'store'));
    const record = (await engine.get(kind, which)) as StoredRecord;
    const altered = Buffer.from(record[part]!);
    altered[altered.length - 1]! ^= 1;
    const revision = part === 'body' ? record.revision + 1 : record.revision;
    const { id: named } = record;
    await engine.commit([
      { remove: { kind, id: named, revision: record.revision } },
      { put: { ...record, revision, [part]: altered } },
    ]);
    await engine.close();
  }

  it('hides one object from searches, and no other', async () => {
    const ids = [await a.create(), await a.create(), await a.create()];
    await harm('object', ids[1]!);
    expect(await a.locate()).to.have.members([ids[0], ids[2]]);
    expect(await a.locate(id(ids[1]!))).to.deep.equal([]);
    expect(await a.locate(id(ids[0]!))).to.deep.equal([ids[0]]);
  });

  it('is named to its owner, and to nobody else', async () => {
    const key = await a.create();
    await harm('object', key);
    for (const operation of ['Get', 'GetAttributes', 'Destroy', 'Activate'] as const) {
      const mine = await a.refused(operation, id(key));
      expect(mine.reason, operation).to.equal('GeneralFailure');
      expect(mine.message).to.include('damaged').and.to.include('operator');
      const theirs = await b.refused(operation, id(key));
      const nothing = await b.refused(operation, id('nothing'));
      expect([theirs.reason, theirs.message]).to.deep.equal([nothing.reason, nothing.message]);
    }
  });

  it('keeps its identifier from everybody', async () => {
    const key = await a.create();
    await harm('object', key);
    const block = keyBlock(
      'Raw',
      bytes('KeyMaterial', '00'.repeat(16)),
      enumerated('CryptographicAlgorithm', 'AES'),
      int('CryptographicLength', 128),
    );
    const brought = symmetricKey(key, aes().slice(2), struct('SymmetricKey', block));
    expect((await b.refused('Import', ...importing(b, brought))).reason).to.equal('ObjectAlreadyExists');
    const replacing = await b.refused('Import', ...importing(b, brought, bool('ReplaceExisting', true)));
    expect(replacing.reason).to.equal('ObjectAlreadyExists');
  });

  it('can be destroyed when its key material alone is damaged', async () => {
    const key = await a.create();
    await harm('object', key, 'material');
    const refused = await a.refused('Get', id(key));
    expect(refused.message).to.include('damaged');
    await a.attributes(key);
    await a.call('Destroy', id(key));
  });

  it('stops no rotation but its own', async () => {
    const keys = [await a.create(...daily), await a.create(...daily), await b.create(...daily)];
    for (const [at, key] of keys.entries()) await (at === 2 ? b : a).call('Activate', id(key));
    await harm('object', keys[0]!);
    fixture.clock.now += 86_400_000;
    await fixture.handler.rotateDue();
    for (const [at, key] of keys.entries()) {
      if (at === 0) continue;
      const { value } = (await fixture.store.get(objectKind, key))!;
      expect(value.attributes.rotateLatest, `key ${at}`).to.equal(false);
    }
  });

  it('that holds the creation rules of a client stops that client alone from making objects', async () => {
    const rules = { objectDefaults: [], constraints: [] };
    await fixture.store.commit([create(creationRulesKind, 'client-a', rules)]);
    const key = await b.create();
    await harm('creation-rules', 'client-a');
    const refused = await a.refused('Create', enumerated('ObjectType', 'SymmetricKey'), given(version, ...aes()));
    expect(refused.reason).to.equal('GeneralFailure');
    expect(refused.message).to.include('damaged');
    await b.create();
    await b.call('Get', id(key));
  });

  it('of a change that the trail lacks does not stop the next start, and is named', async () => {
    const { store, clock, directory } = fixture;
    const entry = { kind: 'operation', operation: 'Create', status: 'Success' } as const;
    const owners = ['no-such-chain'];
    const value = { time: new Date(clock.now).toISOString(), entry, owners };
    await store.commit([create(pendingKind, 'lost-1', value), create(pendingKind, 'lost-2', value)]);
    await harm('audit', 'lost-1');
    const log = { info: () => undefined, warn: () => undefined };
    const options = { directory: join(directory, 'audit'), fileSize: 1024 * 1024, now: () => clock.now, log, store };
    const trail = await openTrail({ ...options, random: randomBytes, sync: 'second' });
    await trail.close();
    expect(fixture.logged.join('\n')).to.include('lost-1');
    expect(fixture.logged.join('\n')).to.not.include('lost-2');
  });

  it('is never seen by a check beside clients that change everything meanwhile', async () => {
    const keys: string[] = [];
    for (let n = 0; n < 20; n++) keys.push(await a.create());
    // Before anything changes: an environment that one process opens twice must not be opened within a transaction of
    // its own.
    const engine = await openLmdb(join(fixture.directory, 'store'));
    const rootKey = rootKeyFile(join(fixture.directory, 'root.key'));
    let isChecking = true;
    const changing = (async () => {
      for (let n = 0; isChecking; n++) {
        await a.create();
        await a
          .call('AddAttribute', id(keys[n % 20]!), struct('NewAttribute', int('CryptographicUsageMask', 12)))
          .catch(() => undefined);
        await a.call('Activate', id(keys[n % 20]!)).catch(() => undefined);
      }
    })();
    for (let round = 0; round < 10; round++) {
      for await (const { kind, id: which, what } of checkStore({
        engine,
        rootKey,
        kinds: [objectKind],
        repair: false,
      })) {
        throw new Error(`${kind} ${which}: ${what}`);
      }
    }
    isChecking = false;
    await changing;
    await engine.close();
  });
});
