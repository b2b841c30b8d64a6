import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { changeRootKey } from '#store/seal/change-root-key';
import type { Engine } from '#store/engines/engine';
import { passphrase, passphraseFile } from '#store/seal/passphrase';
import { rootKeyFile } from '#store/seal/root-key-file';
import { rotateDataKey } from '#store/seal/rotate-data-key';
import { create } from '#store/store';
import type { Store } from '#store/store';
import { rejection } from './rejection.ts';
import { makeStorePlace, note } from '#test/fixtures/store-place';
import type { StorePlace } from '#test/fixtures/store-place';
import { OperatorError } from '#operator-error';
import { dyingEngine, watchedEngine } from './watched-engine.ts';

describe('the root key', () => {
  let place: StorePlace;
  const value = { title: 'first', pages: 1 };
  const noWait = async () => {};

  beforeEach(async () => {
    place = await makeStorePlace();
  });
  afterEach(() => place.remove());

  async function expectReadable(store: Store, id = 'a'): Promise<void> {
    const kept = await store.get(note, id);
    expect(kept?.value).to.deep.equal(value);
    expect(Buffer.from(kept!.openMaterial()).toString()).to.equal('secret');
  }

  const write = (store: Store, id = 'a') => store.commit([create(note, id, value, Buffer.from('secret'))]);

  async function rotate(engine: Engine, keyFile = place.keyFile): Promise<void> {
    for await (const _ of rotateDataKey({ engine, rootKey: rootKeyFile(keyFile), wait: noWait }));
  }

  describe('at the first start', () => {
    it('is agreed on by all that come at once', async () => {
      const engines = await Promise.all([1, 2, 3, 4].map(() => place.openEngine()));
      const stores = await Promise.all(engines.map((engine) => place.open({ engine })));
      await Promise.all(stores.map((store, index) => write(store, `a${index}`)));
      for (const store of stores) {
        for (const index of stores.keys()) await expectReadable(store, `a${index}`);
        expect(store.term('title', 'x')).to.equal(stores[0]!.term('title', 'x'));
      }
    });

    it('is that of one of those who come with different ones', async () => {
      const engines = await Promise.all([1, 2, 3].map(() => place.openEngine()));
      const openings = engines.map((engine, index) =>
        place.open({ engine, rootKey: rootKeyFile(join(place.directory, `${index}.key`)) }),
      );
      const results = await Promise.allSettled(openings);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(refused).to.have.length(2);
      for (const error of refused) expect(error).to.be.instanceOf(OperatorError);
    });
  });

  describe('of a store that has data keys', () => {
    beforeEach(async () => {
      await write(await place.open());
    });

    it('is never made again when its file is missing', async () => {
      await rm(place.keyFile);
      const error = (await rejection(place.open())) as OperatorError;
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.contain('is missing');
      expect(error.hint).to.contain('--root-key-file');
      const absent = await rejection(rm(place.keyFile));
      expect(absent.message).to.contain('ENOENT');
    });

    it('stops the start when it is another one', async () => {
      await writeFile(place.keyFile, randomBytes(32), { mode: 0o600 });
      const error = (await rejection(place.open())) as OperatorError;
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.contain('is not the one of this store');
      expect(error.hint).to.contain('bring back');
    });

    it('is not replaced when the root record is gone', async () => {
      const engine = await place.openEngine();
      await engine.commit([{ remove: { kind: 'root', id: 'root', revision: 1 } }]);
      const error = await rejection(place.open());
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.contain('its root record is missing');
    });

    it('may not be taken for a passphrase', async () => {
      const error = await rejection(place.open({ rootKey: passphrase(async () => 'correct horse') }));
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.contain('comes from a file');
    });
  });

  describe('from a passphrase', () => {
    const horse = passphrase(async () => 'correct horse');

    it('opens the store with the same passphrase only', async () => {
      await write(await place.open({ rootKey: horse }));
      await expectReadable(await place.open({ rootKey: passphrase(async () => 'correct horse') }));
      const error = (await rejection(place.open({ rootKey: passphrase(async () => 'battery') }))) as OperatorError;
      expect(error).to.be.instanceOf(OperatorError);
      expect(error.message).to.equal('the passphrase is not the one of this store');
      expect(error.hint).to.contain('passphrase');
      const keyFile = await rejection(place.open());
      expect(keyFile.message).to.contain('comes from a passphrase');
    });

    it('comes from a file without the line end', async () => {
      const path = join(place.directory, 'passphrase');
      await writeFile(path, 'correct horse\n');
      await write(await place.open({ rootKey: passphraseFile(path) }));
      await expectReadable(await place.open({ rootKey: horse }));
      await rm(path);
      expect(await rejection(place.open({ rootKey: passphraseFile(path) }))).to.be.instanceOf(OperatorError);
      await writeFile(path, '\n');
      expect((await rejection(place.open({ rootKey: passphraseFile(path) }))).message).to.contain('empty');
    });

    it('is not derived with parameters that the engine made cheaper or dearer', async () => {
      const salt = randomBytes(32).toString('base64');
      for (const derivation of [
        { N: 2 ** 10, r: 8, p: 1, salt },
        { N: 2 ** 17, r: 1, p: 1, salt },
        { N: 2 ** 30, r: 8, p: 1, salt },
      ]) {
        const error = await rejection(horse.open({ check: '', derivation }));
        expect(error).to.be.instanceOf(OperatorError);
        expect(error.message).to.contain('out of bounds');
      }
    });
  });

  describe('when it is changed', () => {
    let running: Store;
    const inPlace = (engine: Engine) =>
      changeRootKey({ engine, from: rootKeyFile(place.keyFile), to: rootKeyFile(place.keyFile) });

    beforeEach(async () => {
      running = await place.open();
      await write(running);
    });

    it('opens the store, and the old one does not any more', async () => {
      const to = join(place.directory, 'other.key');
      const change = { engine: await place.openEngine(), from: rootKeyFile(place.keyFile), to: rootKeyFile(to) };
      expect(await changeRootKey(change)).to.equal('changed');
      await expectReadable(await place.open({ rootKey: rootKeyFile(to) }));
      expect(await rejection(place.open())).to.be.instanceOf(OperatorError);
      expect(await changeRootKey(change)).to.equal('already');
    });

    it('is replaced in its file', async () => {
      await inPlace(await place.openEngine());
      await expectReadable(await place.open());
    });

    it('may become a passphrase', async () => {
      const engine = await place.openEngine();
      const to = passphrase(async () => 'correct horse');
      await changeRootKey({ engine, from: rootKeyFile(place.keyFile), to });
      await expectReadable(await place.open({ rootKey: to }));
    });

    it('leaves a running server at work, which follows a rotation when it gets the new one', async () => {
      const engine = await place.openEngine();
      await inPlace(engine);
      await write(running, 'b');
      await rotate(engine);
      await write(running, 'c');
      for (const id of ['a', 'b', 'c']) await expectReadable(running, id);
      for (const id of ['a', 'b', 'c']) await expectReadable(await place.open(), id);
    });

    it('leaves a running server that has not got the new one at work until the data key is rotated', async () => {
      const engine = await place.openEngine();
      const warnings: string[] = [];
      let now = 0;
      const log = { warn: (message: string) => warnings.push(message) };
      const stuck = await place.open({ now: () => now, log });
      await write(stuck, 'b');
      const to = join(place.directory, 'other.key');
      await changeRootKey({ engine, from: rootKeyFile(place.keyFile), to: rootKeyFile(to) });
      now += 1000;
      await write(stuck, 'c');
      await expectReadable(stuck);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.contain('was changed');

      await rotate(engine, to);
      now += 1000;
      expect(await rejection(write(stuck, 'd'))).to.be.instanceOf(OperatorError);
      expect(await engine.get(note.name, 'd')).to.equal(undefined);
      for (const id of ['a', 'b', 'c']) await expectReadable(await place.open({ rootKey: rootKeyFile(to) }), id);
    });

    for (const when of ['before', 'after'] as const) {
      it(`is one of the two after a death ${when} the commit, and a second run ends the change`, async () => {
        const engine = await place.openEngine();
        const error = await rejection(inPlace(dyingEngine(engine, 0, when)));
        expect(error.message).to.equal('the process was killed');
        await expectReadable(await place.open());
        expect(await inPlace(engine)).to.equal('changed');
        await expectReadable(await place.open());
      });

      it(`is one of two files after a death ${when} the commit, and a second run ends the change`, async () => {
        const engine = await place.openEngine();
        const from = rootKeyFile(place.keyFile);
        const to = rootKeyFile(join(place.directory, 'other.key'));
        await rejection(changeRootKey({ engine: dyingEngine(engine, 0, when), from, to }));
        await expectReadable(await place.open({ rootKey: when === 'before' ? from : to }));
        expect(await changeRootKey({ engine, from, to })).to.equal(when === 'before' ? 'changed' : 'already');
        await expectReadable(await place.open({ rootKey: to }));
      });
    }

    it('begins again when a data key is made meanwhile', async () => {
      const engine = await place.openEngine();
      let interrupted = false;
      const slow = watchedEngine(engine, async (_changes, proceed) => {
        if (!interrupted) await rotate(await place.openEngine());
        interrupted = true;
        await proceed();
      });
      await inPlace(slow);
      expect(interrupted).to.equal(true);
      await expectReadable(await place.open());
      await expectReadable(running);
    });
  });
});
