/** One damaged record: everything else works, and it is named wherever an operator looks. */
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { expect } from 'chai';
import { open } from 'lmdb';

import { openClients } from '#access/clients';
import { openDirectory } from '#access/directory';
import { recordKinds } from '#administration/record-kinds';
import { startServing } from '#daemon/serving';
import { openInstallation } from '#administration/installation';
import { rootKeySource } from '#administration/places';
import { loadConfig } from '#config';
import { createLog } from '#log';
import { checkStore } from '#store/check-store';
import { openLmdb } from '#store/engines/lmdb';
import { recordKey } from '#store/engines/lmdb-layout';
import { objectKind } from '#repository/object-record';
import { aesTemplate, enumerated, request, text, value, item } from '#test/fixtures/items';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { createFramer } from '#ttlv/framer';
import type { Item } from '#ttlv/item';

import { makePlace, type Place } from './kmipd.ts';

interface Found {
  readonly kind: string;
  readonly id: string;
  readonly what: string;
}

describe('a store with damaged records', () => {
  let place: Place;

  beforeEach(async () => {
    place = makePlace();
    for (const name of ['a', 'b']) {
      expect((await place.kmipd('client', 'add', name, '--out', place.path(name))).status).to.equal(0);
    }
  });
  afterEach(() => place.remove());

  const lmdb = (): string => join(place.data, 'lmdb');

  /** Beneath everything, as a disk would. */
  async function harm(kind: string, id: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void> {
    const root = open<Buffer, Buffer>({ path: lmdb(), noSubdir: false, maxDbs: 2, overlappingSync: false });
    const records = root.openDB<Buffer, Buffer>('records', { encoding: 'binary', keyEncoding: 'binary' });
    const key = recordKey(kind, id);
    records.transactionSync(() => {
      const changed = change(Buffer.from(records.get(key)!));
      if (changed === undefined) records.removeSync(key);
      else records.putSync(key, changed);
    });
    await root.close();
  }

  const flip = (bytes: Buffer): Buffer => {
    bytes[16 + bytes.readUInt32BE(8) + 25]! ^= 1;
    return bytes;
  };

  async function idsOf(kind: string): Promise<string[]> {
    const engine = await openLmdb(lmdb());
    const ids: string[] = [];
    for await (const { id } of engine.find({ kind, terms: [] })) ids.push(id);
    await engine.close();
    return ids;
  }

  async function check(...options: string[]): Promise<{ status: number; found: Found[]; stderr: string }> {
    const { status, stdout, stderr } = await place.kmipd('store', 'check', '--json', ...options);
    return { status, found: JSON.parse(stdout), stderr };
  }

  async function exchange(socket: TLSSocket, message: Item): Promise<Item> {
    const framer = createFramer({ maximumBytes: 1024 * 1024 });
    socket.write(encode(message));
    for (;;) for (const whole of framer.push((await once(socket, 'data'))[0] as Buffer)) return decode(whole);
  }

  const create = request('1.4', [item('Create', [enumerated('ObjectType', 'SymmetricKey'), aesTemplate()])]);
  const locate = request('1.4', [item('Locate', [])]);
  const statusOf = (answer: Item) => value(answer, 'BatchItem', 'ResultStatus');
  const gone = (socket: TLSSocket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));

  async function clientIds(): Promise<Record<string, string>> {
    const { stdout } = await place.kmipd('client', 'list', '--json');
    return Object.fromEntries(JSON.parse(stdout).map(({ id, name }: { id: string; name: string }) => [name, id]));
  }

  it('revokes every client but the damaged one as before, and refuses that one alone', async () => {
    const { a: idOfA = '' } = await clientIds();
    const server = await place.serve();
    const ofB = await place.dial(server.port, 'b');
    const cut = gone(ofB);
    await harm('client', idOfA, flip);

    const revoked = await place.kmipd('client', 'revoke', 'b');
    expect(revoked.status, revoked.stderr).to.equal(0);
    await cut;
    const listed = await place.kmipd('client', 'list');
    expect(listed.status).to.equal(0);
    expect(listed.stdout).to.match(/^b +revoked/m);
    expect(listed.stdout).to.match(new RegExp(`^${idOfA} +damaged`, 'm'));
    const { status, found } = await check();
    expect(status).to.equal(1);
    expect(found.map(({ kind, id }) => `${kind} ${id}`)).to.deep.equal([`client ${idOfA}`]);
    await server.end();

    const again = await place.serve();
    const refused = await place.dial(again.port, 'a').catch(() => undefined);
    await again.says(/client record damaged/);
    refused?.destroy();
    await place.kmipd('client', 'add', 'c', '--out', place.path('c'));
    const ofC = await place.dial(again.port, 'c');
    expect(statusOf(await exchange(ofC, locate))).to.equal(0);
    ofC.destroy();

    const audit = readdirSync(join(place.data, 'audit'))
      .map((file) => readFileSync(join(place.data, 'audit', file), 'utf8'))
      .join('');
    expect(audit).to.match(new RegExp(`"client":"${idOfA}","operation":"set aside a damaged client record"`));

    const lost = await place.kmipd('client', 'revoke', 'a');
    expect(lost.status, lost.stderr).to.equal(0);
    expect(lost.stderr).to.include('certificates are not known');
    expect((await place.kmipd('client', 'list')).stdout).to.match(/^a +revoked/m);
    expect((await check()).status).to.equal(0);
  });

  it('revokes a client whose claim or whose generation record is damaged or gone', async () => {
    const server = await place.serve();
    for (const id of await idsOf('client-claim')) await harm('client-claim', id, flip);
    await harm('meta', 'generation', flip);
    const ofB = await place.dial(server.port, 'b');
    const cutB = gone(ofB);
    const revoked = await place.kmipd('client', 'revoke', 'b');
    expect(revoked.status, revoked.stderr).to.equal(0);
    await cutB;
    const ofA = await place.dial(server.port, 'a');
    const cutA = gone(ofA);
    for (const id of await idsOf('client-claim')) await harm('client-claim', id, () => undefined);
    await harm('meta', 'generation', () => undefined);
    expect((await place.kmipd('client', 'revoke', 'a')).status).to.equal(0);
    await cutA;
    expect((await place.kmipd('client', 'revoke', 'nobody')).stderr).to.include('client "nobody" not found');
  });

  it('lists and finds every object but the damaged one, and tells its owner', async () => {
    const server = await place.serve();
    const [ofA, ofB] = [await place.dial(server.port, 'a'), await place.dial(server.port, 'b')];
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const answer = await exchange(ofA, create);
      ids.push(value(answer, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string);
    }
    await harm('object', ids[1]!, (bytes) => {
      // Its revision as well, so that no cache serves it.
      bytes[5]! ^= 1;
      return flip(bytes);
    });
    const located = await exchange(ofA, locate);
    expect(statusOf(located)).to.equal(0);
    const listed = await place.kmipd('object', 'list');
    expect(listed.status).to.equal(0);
    expect(listed.stdout).to.include(ids[0]).and.to.include(ids[2]).and.to.not.include(ids[1]);
    const get = (id: string) => request('1.4', [item('Get', [text('UniqueIdentifier', id)])]);
    const messageOf = (answer: Item) => value(answer, 'BatchItem', 'ResultMessage');
    expect(messageOf(await exchange(ofA, get(ids[1]!)))).to.include('damaged');
    expect(messageOf(await exchange(ofB, get(ids[1]!)))).to.equal(messageOf(await exchange(ofB, get('nothing'))));
    expect(messageOf(await exchange(ofB, get(ids[0]!)))).to.equal(messageOf(await exchange(ofB, get('nothing'))));
    expect((await check()).found.map(({ kind, id }) => `${kind} ${id}`)).to.deep.equal([`object ${ids[1]}`]);
    expect((await place.kmipd('object', 'show', ids[1]!)).stderr).to.include('kmipd store check');
  });

  it('opens, lists and revokes whatever single record is harmed, and names it', async () => {
    const server = await place.serve();
    const ofA = await place.dial(server.port, 'a');
    await exchange(ofA, create);
    ofA.destroy();
    await server.end();
    const engine = await openLmdb(lmdb());
    const victims: (readonly [string, string])[] = [];
    for (const kind of await engine.kinds()) {
      for await (const { id } of engine.find({ kind, terms: [] })) {
        if (kind !== 'root') victims.push([kind, id]);
        break;
      }
    }
    await engine.close();
    expect(victims.map(([kind]) => kind)).to.include.members([
      'ca',
      'client',
      'client-claim',
      'meta',
      'object',
      'kind',
    ]);
    const log = createLog({ level: 'error', format: 'text' });
    log.silent = true;
    const config = loadConfig({ data: place.data, port: '0' });
    for (const [kind, id] of victims) {
      for (const damage of ['its body', 'its layout', 'all'] as const) {
        const name = `${damage} of ${kind} ${id}`;
        let whole: Buffer = Buffer.alloc(0);
        await harm(kind, id, (bytes) => {
          whole = Buffer.from(bytes);
          if (damage === 'all') return Buffer.alloc(0);
          bytes[damage === 'its layout' ? 6 : bytes.length - 1]! ^= 4;
          return bytes;
        });
        const installation = await openInstallation({ config, log }, false);
        try {
          const { store, now } = installation;
          const found: string[] = [];
          const options = { engine: installation.engine, rootKey: rootKeySource(config, log), kinds: recordKinds };
          for await (const each of checkStore({ ...options, repair: false })) found.push(`${each.kind} ${each.id}`);
          // The first change has put another in the place of some.
          if (kind !== 'data-key') expect(found, name).to.deep.equal([`${kind} ${id}`]);
          for await (const _ of store.find(objectKind, { terms: [] }));
          const clients = openClients({ store, now });
          await clients.add(`client-${kind}-${damage.length}`);
          await clients.revoke(`client-${kind}-${damage.length}`);
          const directory = await openDirectory({ store, now, log });
          expect(directory.isCurrent).to.equal(true);
          directory.close();
          const serving = await startServing(installation);
          await serving.stop();
        } finally {
          await installation.close();
        }
        if (kind !== 'meta') await harm(kind, id, () => whole);
      }
    }
  });

  it('repairs the index entries of records that can be read', async () => {
    const server = await place.serve();
    const ofA = await place.dial(server.port, 'a');
    await exchange(ofA, create);
    const [id = ''] = await idsOf('object');
    const engine = await openLmdb(lmdb());
    const record = await engine.get('object', id);
    if (record === undefined || record === 'unchanged') throw new Error('no object');
    const put = { ...record, terms: [...record.terms.slice(1), 'not-its-own'] };
    await engine.commit([{ remove: { kind: 'object', id, revision: record.revision } }, { put }]);
    await engine.close();
    const broken = await check();
    expect(broken.status).to.equal(1);
    expect(broken.found[0]).to.include({ kind: 'object', id });
    expect((await check('--repair')).status).to.equal(0);
    expect((await check()).found).to.deep.equal([]);
    const located = await exchange(ofA, locate);
    expect(value(located, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier')).to.equal(id);
  });

  it('is refused when its authority is gone, instead of being given another that no client knows', async () => {
    const server = await place.serve();
    await server.end();
    await harm('ca', 'ca', () => undefined);
    const added = await place.kmipd('client', 'add', 'c', '--out', place.path('c'));
    expect(added.status).to.equal(1);
    expect(added.stderr).to.include('there are clients that trust it');
    const again = await place.serve();
    const ofA = await place.dial(again.port, 'a');
    expect(statusOf(await exchange(ofA, locate))).to.equal(0);
    ofA.destroy();
  });

  it('has files that are their owner’s alone, and makes them so', async () => {
    const modes = () => readdirSync(lmdb()).map((file) => statSync(join(lmdb(), file)).mode & 0o777);
    expect(modes()).to.deep.equal([0o600, 0o600]);
    for (const file of readdirSync(lmdb())) chmodSync(join(lmdb(), file), 0o644);
    const { stderr } = await place.kmipd('client', 'list');
    expect(modes()).to.deep.equal([0o600, 0o600]);
    expect(stderr).to.match(/data\.mdb had mode 0644, and is now its owner's alone/);
  });
});

describe('the kinds that a check of the store reads', () => {
  it('are all that there are', () => {
    const named = new Set(recordKinds.map(({ name }) => name));
    const found: string[] = [];
    for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(join('src', file), 'utf8');
      for (const [, name = ''] of source.matchAll(/= jsonKind<[^(]*\(\s*'([a-z-]+)'/g)) found.push(name);
    }
    expect(found).to.include('client');
    expect(found.filter((name) => !named.has(name))).to.deep.equal([]);
  });
});
