/**
 * A data directory of an earlier version: `test/fixtures/earlier-data/data-directory.tar.gz`, written by commit d422cc4
 * (schema 1). Its root key protects nothing but this test data.
 *
 * How it was made: `client add` of the clients array, bank (with a password), old and gone, `client limit` of array;
 * through a server process, objects of every type in every state (`test/access/objects-in-states.ts`), key pairs made
 * and registered, certificates certified, revoked and re-certified, a key with every attribute that a client may set,
 * one of each kind of replacement, derived and split keys, Archive and Recover, Set Defaults and Set Constraints of
 * bank; then `client revoke` of gone, and a second server that was killed after three more changes. The reserve files,
 * lock.mdb and server.pem were left out, and data.mdb is a compacted copy. `expected.json` is what that commit itself
 * read from it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clientKind } from '#access/client-record';
import { recordKinds } from '#administration/record-kinds';
import { attributeRows } from '#objects/attributes/attributes';
import { enumerationValue, isEnumeration } from '#protocol/enumerations';
import { tagName } from '#protocol/tags';
import { openLmdb } from '#store/engines/lmdb';
import { Keyring } from '#store/seal/keyring';
import { rootKeyFile } from '#store/seal/root-key-file';
import { openRecord } from '#store/seal/sealed-record';
import { makePlace } from '#test/cli/kmipd';
import { callerOf, id, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { all, at, attribute, enumerated, int, isOld, struct, type OperationName, item } from '#test/fixtures/items';
import { encode } from '#ttlv/encode';
import { ItemType, type Item } from '#ttlv/item';

const folder = join('test', 'fixtures', 'earlier-data');
const expectedFile = join(folder, 'expected.json');

/** An object as a client sees it: its attributes, and a digest of what Get gives, or why it gives nothing. */
type Seen = Readonly<Record<string, unknown>>;

/** Names instead of tags and numbers, lists where a field is repeated. */
function plain(item: Item): unknown {
  if (item.type === ItemType.Structure) {
    const fields: Record<string, unknown[]> = {};
    for (const child of item.value) (fields[tagName(child.tag) ?? `${child.tag}`] ??= []).push(plain(child));
    return Object.fromEntries(Object.entries(fields).map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
  }
  const name = tagName(item.tag);
  if (item.type === ItemType.Enumeration && name !== undefined && isEnumeration(name)) {
    return enumerationValue(name, item.value) ?? item.value;
  }
  if (item.value instanceof Uint8Array) return Buffer.from(item.value).toString('hex');
  return typeof item.value === 'bigint' ? String(item.value) : item.value;
}

const requestOf = (operation: OperationName, which: string): Item => item(operation, [id(which)]);

/** The identifiers of the client's objects, wherever they lie; of Templates in 1.x, which no other version knows. */
const identifiersOf = async (caller: Caller): Promise<string[]> => {
  const filters = isOld(caller.version)
    ? [attribute('Object Type', enumerated('ObjectType', 'Template'))]
    : [int('StorageStatusMask', 7), struct('Attributes')];
  return all(await caller.call('Locate', ...filters), 'UniqueIdentifier').map((each) => String(each.value));
};

const attributesIn = (payload: Item): readonly Item[] => [
  ...all(payload, 'Attribute'),
  ...all(payload, 'Attributes').flatMap((each) => each.value as Item[]),
];

/** Archived objects are recovered first: their attributes and keys are not given out before. */
async function see(
  caller: Caller,
  which: string,
): Promise<{ readonly seen: Seen; readonly attributes: readonly Item[] }> {
  const [refused] = await caller.send([requestOf('GetAttributes', which)]);
  const isArchived = refused?.reason === 'ObjectArchived';
  if (isArchived) await caller.call('Recover', id(which));
  const attributes = attributesIn(await caller.call('GetAttributes', id(which)));
  const [got] = await caller.send([requestOf('Get', which)]);
  if (got === undefined) throw new Error('Get was not answered');
  const object = got.reason ?? createHash('sha256').update(encode(got.payload)).digest('hex').slice(0, 32);
  return { attributes, seen: { isArchived, object, attributes: plain({ ...got.payload, value: attributes } as Item) } };
}

/** Whether the index has terms for the attribute that an answer holds. */
function isIndexed(held: Item): boolean {
  const named = at(held, 'AttributeName')?.value;
  const row = [...attributeRows.values()].find((each) =>
    at(held, 'AttributeValue') !== undefined && at(held, 'VendorIdentification') === undefined
      ? each.name === named
      : each.tag === held.tag,
  );
  return row?.index !== undefined || String(named).startsWith('x-');
}

/** For each client by its name: what the data directory holds of it. */
type Contents = Record<string, Record<string, Seen>>;

describe('a data directory of an earlier version', () => {
  const directories: string[] = [];
  const unpacked = (): string => {
    const directory = mkdtempSync(join(tmpdir(), 'kmipd-earlier-'));
    directories.push(directory);
    execFileSync('tar', ['-xzf', join(folder, 'data-directory.tar.gz'), '-C', directory]);
    return directory;
  };
  after(() => {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });

  async function openEarlier(): Promise<{ readonly fixture: Fixture; readonly callers: [string, Caller][] }> {
    const directory = unpacked();
    renameSync(join(directory, 'lmdb'), join(directory, 'store'));
    const fixture = await openFixture({ directory });
    fixture.clock.now = Date.UTC(2027, 0, 1);
    const callers: [string, Caller][] = [];
    for await (const { value } of fixture.store.find(clientKind, { terms: [] })) {
      for (const version of ['2.1', '1.4']) {
        callers.push([value.name, callerOf(fixture.handler, fixture.session(value.id), version)]);
      }
    }
    return { fixture, callers };
  }

  it('gives every object with its attributes and its key, and finds it by each indexed attribute', async () => {
    const contents: Contents = {};
    const indexed: { readonly name: string; readonly which: string; readonly version: string; readonly held: Item }[] =
      [];
    const first = await openEarlier();
    for (const [name, caller] of first.callers) {
      for (const which of (await identifiersOf(caller)).sort()) {
        const { seen, attributes } = await see(caller, which);
        (contents[name] ??= {})[which] = seen;
        const { version } = caller;
        indexed.push(...attributes.filter(isIndexed).map((held) => ({ name, which, version, held })));
      }
    }
    await first.fixture.close();
    expect(JSON.parse(JSON.stringify(contents))).to.deep.equal(JSON.parse(readFileSync(expectedFile, 'utf8')));

    const second = await openEarlier();
    const missing: unknown[] = [];
    for (const { name, which, version, held } of indexed) {
      const [, caller] =
        second.callers.find(([each, { version: spoken }]) => each === name && spoken === version) ?? [];
      const filter = isOld(version) ? [held] : [int('StorageStatusMask', 7), struct('Attributes', held)];
      const found = all(await (caller as Caller).call('Locate', ...filter), 'UniqueIdentifier');
      if (!found.some(({ value }) => value === which)) missing.push([name, which, plain(held)]);
    }
    await second.fixture.close();
    expect(missing).to.deep.equal([]);
    expect(indexed.length).to.be.greaterThan(100);
  });

  it('has records that are written again byte for byte', async () => {
    const directory = unpacked();
    const engine = await openLmdb(join(directory, 'lmdb'));
    const keyring = await Keyring.open({ engine, rootKey: rootKeyFile(join(directory, 'root.key')) });
    const counts: Record<string, number> = {};
    const changed: string[] = [];
    for (const kind of recordKinds) {
      for await (const record of engine.find({ kind: kind.name, terms: [] })) {
        const { value } = openRecord(keyring, record);
        if (!value.equals(kind.encode(kind.decode(value)))) changed.push(`${kind.name} ${record.id}`);
        counts[kind.name] = (counts[kind.name] ?? 0) + 1;
      }
    }
    await engine.close();
    expect(changed).to.deep.equal([]);
    expect(counts).to.deep.equal({
      ...{ object: 92, 'creation-rules': 1, usage: 4, 'usage-writer': 1, 'issued-certificate': 3 },
      ...{ client: 4, 'client-claim': 9, meta: 1, ca: 2, 'server-names': 1, audit: 3, 'audit-checkpoint': 1 },
    });
  });

  it('passes store check and audit verify, of which the killed server has left an open chain', async () => {
    const place = makePlace();
    execFileSync('mkdir', ['-m', '700', place.data]);
    execFileSync('tar', ['-xzf', join(folder, 'data-directory.tar.gz'), '-C', place.data]);
    const verified = await place.kmipd('audit', 'verify');
    expect(verified.status, verified.stderr).to.equal(0);
    expect(verified.stdout).to.equal('179 records in 8 chains are right\n');
    expect(verified.stderr).to.contain('the chain 8-785c991fba42e946 has no end yet');
    const checked = await place.kmipd('store', 'check');
    expect(checked.status, checked.stdout + checked.stderr).to.equal(0);
    const again = await place.kmipd('audit', 'verify');
    expect(again.status, again.stderr).to.equal(0);
    const listed = await place.kmipd('client', 'list');
    for (const line of [/^array +active/m, /^bank +active.* bank$/m, /^gone +revoked/m, /^old +active/m]) {
      expect(listed.stdout).to.match(line);
    }
    await place.remove();
  });
});
