/** A process that brings a store forward, and says after each mark how far it has come, until it is killed. */
import { openSchema } from '#repository/schema';
import { openLmdb } from '#store/engines/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import type { Store } from '#store/store';
import { byPages } from './notes.ts';

const [path = '', keyFile = ''] = process.argv.slice(2);
const store = await openStore({ engine: await openLmdb(path), rootKey: rootKeyFile(keyFile) });
const slow: Store = {
  ...store,
  async *reindex(kind, after) {
    for await (const mark of store.reindex(kind, after)) {
      yield mark;
      process.stdout.write(`${mark.after}\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
};
await openSchema(slow, { migrations: byPages });
await store.close();
