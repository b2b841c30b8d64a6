/**
 * A process of its own that commits to the LMDB store at PATH, for the tests with several processes and for those that
 * kill one. Each commit makes a pair of records; their identifiers are sent to the parent once the commit resolved.
 * After one that fails, it says why and ends.
 *
 * node lmdb-writer.js PATH NAME COUNT LOOPS
 */
import { openLmdb } from '#store/engines/lmdb';
import type { StoredRecord } from '#store/engines/engine';
import { bodyOf } from './lmdb-writer-records.ts';

const [path = '', name = '', count = '0', loops = '1'] = process.argv.slice(2);
const engine = await openLmdb(path);
let next = 0;

function record(id: string): StoredRecord {
  return {
    kind: 'object',
    id,
    revision: 1,
    terms: [`writer-${name}`, `id-${id}`],
    body: bodyOf(id),
    material: bodyOf(id),
  };
}

async function loop(): Promise<void> {
  while (next < Number(count)) {
    const id = `${name}-${next++}`;
    const started = performance.now();
    try {
      await engine.commit([{ put: record(id) }, { put: record(`${id}-twin`) }]);
    } catch (error) {
      process.send?.({ id, failure: String(error) });
      return;
    }
    process.send?.({ id, milliseconds: performance.now() - started });
  }
}

await Promise.all(Array.from({ length: Number(loops) }, loop));
await engine.close();
process.disconnect?.();
