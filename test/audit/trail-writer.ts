/**
 * A process that makes objects, each with its record in the trail, and tells the parent of every one that is
 * acknowledged: `trail-writer.js DATA HOW COUNT [shared]`. 'all' ends in order; 'killed' commits a last object and dies
 * before its record is in a file; 'refused' makes records until they are refused, then until they are accepted again.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { create } from '#store/store';
import { openTrail } from '#audit/trail';
import { objectKind } from './object-kind.ts';
import { get, openSealedStore } from './trail-fixture.ts';

const [data = '', how = '', count = '0', shared] = process.argv.slice(2);
const store = await openSealedStore(data);
const trail = await openTrail({
  directory: join(data, 'audit'),
  store,
  fileSize: how === 'refused' ? 1e9 : 50_000,
  sync: 'second',
  shared: shared === 'shared',
  now: Date.now,
  random: randomBytes,
  log: { info: () => undefined, warn: () => undefined },
});

async function make(isAppended: boolean): Promise<void> {
  const id = randomUUID();
  const entry = { ...get, operation: 'Create', objects: [id] };
  const { change, entryId } = trail.pending(entry);
  await store.commit([create(objectKind, id, id), change]);
  if (!isAppended) return;
  await trail.append(entry, entryId);
  process.send?.(id);
}

if (how === 'refused') {
  const objects = Array.from({ length: 30 }, () => 'x'.repeat(90));
  while (trail.healthy) await trail.append({ ...get, objects }).catch(() => undefined);
  process.send?.('refused');
  while (!trail.healthy) await delay(20);
  await trail.append(get);
} else {
  for (let made = 0; made < Number(count); made += 4)
    await Promise.all([make(true), make(true), make(true), make(true)]);
}
if (how === 'killed') {
  await make(false);
  process.kill(process.pid, 'SIGKILL');
}
await trail.close();
await store.close();
process.disconnect?.();
