/** What must be there before requests are damaged: who sends, who watches, what exists. */
import { openTlsTransport } from '#client/tls-transport';
import { requestsWithFormats } from '#test/fuzz/mutate/formats';
import { openPool, password, type Exchange } from './pool.ts';
import type { World } from './requests.ts';
import { readSeeds, requestsOfOperations } from '#test/fuzz/mutate/seeds';
import type { FuzzedServer } from './server.ts';
import { openVictim, type Victim } from './victim.ts';

/** @param only kinds of objects; then there are no requests of its own, for one that is replayed. */
export async function prepare(server: FuzzedServer, only?: readonly string[]) {
  const mine = await openTlsTransport(server.peer('hostile', server.port));
  const theirs = await openTlsTransport(server.peer('victim', server.port));
  const exchange: Exchange = (request) => mine.exchange(request);
  const victim: Victim = await openVictim((request) => theirs.exchange(request));
  const pool = await openPool(exchange, only);
  const secret = pool.objects.find(({ kind }) => kind === 'secret');
  const more =
    only === undefined
      ? [
          ...(await requestsOfOperations(exchange, server.authority)),
          ...(await requestsWithFormats(secret?.id ?? '', password)).map((request) => ({ request })),
        ]
      : [];
  const world: World = { pool, others: victim.ids, seeds: await readSeeds(more) };
  return {
    ...{ victim, pool, world },
    async close() {
      await mine.close();
      await theirs.close();
    },
  };
}
