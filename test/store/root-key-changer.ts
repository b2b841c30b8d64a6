/**
 * Changes the root key of a store in place, again and again, until it is killed: PATH of the store, FILE of the key.
 */
import { changeRootKey } from '#store/seal/change-root-key';
import { openLmdb } from '#store/engines/lmdb';
import { rootKeyFile } from '#store/seal/root-key-file';

const [path = '', keyFile = ''] = process.argv.slice(2);
const engine = await openLmdb(path);
for (;;) {
  await changeRootKey({ engine, from: rootKeyFile(keyFile), to: rootKeyFile(keyFile) });
  process.send?.('changed');
}
