import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readRootRecord } from '#store/seal/root-record';
import { create } from '#store/store';
import { makeStorePlace, note } from '#test/fixtures/store-place';

const changer = fileURLToPath(new URL('../store/root-key-changer.js', import.meta.url));

describe('a process that changes the root key', () => {
  it('may be killed at any time: the key file opens the store, and a running server goes on', async () => {
    const place = await makeStorePlace();
    const running = await place.open();
    const engine = await place.openEngine();
    let changes = 0;
    try {
      for (let round = 0; round < 8; round++) {
        const { revision } = (await readRootRecord(engine))!;
        const child = spawn(process.execPath, [changer, join(place.directory, 'store'), place.keyFile], {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        });
        const ended = once(child, 'exit');
        await once(child, 'message');
        // At another point of the next changes each time.
        await sleep(1 + 5 * round);
        child.kill('SIGKILL');
        await ended;
        changes += (await readRootRecord(engine))!.revision - revision;

        const id = `r${round}`;
        await running.commit([create(note, id, { title: id, pages: round }, Buffer.from(`secret of ${id}`))]);
        const fresh = await place.open();
        for (let earlier = 0; earlier <= round; earlier++) {
          const kept = await fresh.get(note, `r${earlier}`);
          expect(Buffer.from(kept!.openMaterial()).toString()).to.equal(`secret of r${earlier}`);
        }
        await fresh.close();
      }
      expect(changes).to.be.at.least(8);
    } finally {
      await place.remove();
    }
  });
});
