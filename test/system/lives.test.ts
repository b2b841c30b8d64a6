/**
 * An identifier once used is never another object: two servers on one store, of which one remembers what the other
 * removed.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import { createHandler } from '#test/fixtures/handler';
import { openLmdb } from '#store/engines/lmdb';
import { objectKind } from '#repository/object-record';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import type { Store } from '#store/store';
import { importing, symmetricKey, type Exported } from '#test/operations/fetch/export-import';
import { aes, callerOf, id, name, type Caller } from '#test/clients/caller';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { attribute, bool, enumerated, int, struct, value, item } from '#test/fixtures/items';
import { rawAes } from '#test/fixtures/key-blocks';

const version = '1.4';
const material = '00112233445566778899aabbccddeeff';
const undo = { before: [enumerated('BatchErrorContinuationOption', 'Undo')] };

const key: Exported = symmetricKey('shared', aes().slice(2), rawAes(material));
const template: Exported = {
  id: 'shared',
  objectType: 6,
  attributes: [name('pattern')],
  object: struct('Template', attribute('Cryptographic Length', int('AttributeValue', 256))),
};

describe('an identifier on two servers', () => {
  let first: Fixture;
  let second: Store;
  let a: { readonly [S in 'here' | 'there']: Caller };
  let b: { readonly [S in 'here' | 'there']: Caller };

  beforeEach(async () => {
    first = await openFixture();
    const engine = await openLmdb(join(first.directory, 'store'));
    second = await openStore({ engine, rootKey: rootKeyFile(join(first.directory, 'root.key')) });
    const there = createHandler({ ...first.services, store: second });
    const callers = (client: string) => ({
      here: callerOf(first.handler, first.session(client), version),
      there: callerOf(there, first.session(client), version),
    });
    [a, b] = [callers('client-a'), callers('client-b')];
  });
  afterEach(async () => {
    await second.close();
    await first.close();
  });

  const imported = (caller: Caller, what: Exported) => caller.call('Import', ...importing(caller, what));
  const takenBy = async (caller: Caller, what: Exported, ...more: Parameters<typeof bool>[]) =>
    (await caller.refused('Import', ...importing(caller, what, ...more.map((each) => bool(...each))))).reason;

  it('stays that of a Template that was destroyed, on both, for everybody', async () => {
    await imported(a.here, template);
    // The second server remembers it from here on.
    await a.there.attributes('shared');
    await a.here.call('Destroy', id('shared'));
    for (const caller of [b.here, b.there, a.here, a.there]) {
      expect(await takenBy(caller, key)).to.equal('ObjectAlreadyExists');
      expect(await takenBy(caller, template)).to.equal('ObjectAlreadyExists');
      expect(await takenBy(caller, key, ['ReplaceExisting', true])).to.equal('ObjectAlreadyExists');
    }
    expect((await a.there.refused('Destroy', id('shared'))).reason).to.equal('ItemNotFound');
    expect(await a.there.locate()).to.deep.equal([]);
  });

  it('lets nobody touch what another has under it, whatever a server remembers', async () => {
    await imported(a.here, template);
    await a.there.attributes('shared');
    // As versions without tombstones removed it.
    const kept = (await first.store.get(objectKind, 'shared'))!;
    await removeWithoutTrace(first, kept.revision);
    await imported(b.here, key);
    expect((await a.there.refused('Destroy', id('shared'))).reason).to.equal('ItemNotFound');
    expect((await a.there.refused('Get', id('shared'))).reason).to.equal('ItemNotFound');
    const got = await b.there.call('Get', id('shared'));
    const block = ['SymmetricKey', 'KeyBlock', 'KeyValue', 'KeyMaterial'] as const;
    expect(Buffer.from(value(got, ...block) as Uint8Array).toString('hex')).to.equal(material);
  });

  it('is spent by a batch with Undo as well, from beginning to end', async () => {
    await imported(a.here, template);
    const destroyAndBack = [item('Destroy', [id('shared')], '01'), item('Import', importing(a.here, key), '02')];
    const answers = await a.here.send(destroyAndBack, undo);
    expect(answers.map(({ status }) => status)).to.deep.equal(['OperationUndone', 'OperationFailed']);
    expect(answers[1]?.reason).to.equal('ObjectAlreadyExists');
    await a.here.attributes('shared');

    const other = { ...template, id: 'short' };
    const comeAndGo = [item('Import', importing(a.here, other), '01'), item('Destroy', [id('short')], '02')];
    expect((await a.here.send(comeAndGo, undo)).map(({ status }) => status)).to.deep.equal(['Success', 'Success']);
    expect(await takenBy(b.there, { ...key, id: 'short' })).to.equal('ObjectAlreadyExists');
  });
});

async function removeWithoutTrace({ directory }: Fixture, revision: number): Promise<void> {
  const engine = await openLmdb(join(directory, 'store'));
  await engine.commit([{ remove: { kind: 'object', id: 'shared', revision } }]);
  await engine.close();
}
