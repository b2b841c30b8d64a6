/**
 * Durable transactions of lmdb with nothing around them. Each writes what one Create of ours commits: as many keys, as
 * long, in the same order, with values of the same length.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { open } from 'lmdb';
import { createHandler } from '#test/fixtures/handler';
import { identifiers } from '#server/run/identifier';
import type { StoredRecord } from '#store/engines/engine';
import { encodeRecord, recordKey, termKey } from '#store/engines/lmdb-layout';
import { watchedEngine } from '#test/store/watched-engine';
import type { Slice } from './in-turn.ts';
import { create, expectSuccess } from './requests.ts';
import { openService } from './service.ts';

export interface BareLmdb {
  /** One transaction after another, so many at once. */
  run(milliseconds: number, concurrent: number): Promise<Slice>;
  /** Bytes of keys and values of one transaction. */
  readonly bytes: number;
}

/** What two Creates of one client commit. */
async function recordedCreates(directory: string): Promise<readonly (readonly StoredRecord[])[]> {
  const commits: StoredRecord[][] = [];
  const services = await openService(directory, (engine) =>
    watchedEngine(engine, async (changes, proceed) => {
      const puts = changes.flatMap((change) => ('put' in change ? [change.put] : []));
      if (puts.some(({ kind }) => kind === 'object')) commits.push(puts);
      await proceed();
    }),
  );
  const handler = createHandler(services);
  const session = { connection: 1, clientId: 'bench', fingerprint: '00'.repeat(32) };
  for (const place of [1, 2]) expectSuccess(await handler.handle(create(randomName(place)), session));
  await services.audit.close();
  await services.store.close();
  return commits;
}

const randomName = (place: number): string => `${place}${randomBytes(8).toString('hex')}`;

export async function openBareLmdb(directory: string): Promise<BareLmdb> {
  const [records = [], others = []] = await recordedCreates(directory);
  const common = new Set(others.flatMap(({ terms }) => terms));

  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    path: join(directory, 'bare'),
    noSubdir: false,
    overlappingSync: false,
    maxDbs: 2,
    ...binary,
  });
  const recordKeys = root.openDB('records', binary);
  const termKeys = root.openDB('terms', binary);
  const nothing = Buffer.alloc(0);
  const newIdentifier = identifiers(randomBytes);
  let bytes = 0;

  /** Terms that every Create has stay as they are; the others are hashes, and so is what stands for them here. */
  function writes(): readonly (() => void)[] {
    bytes = 0;
    return records.flatMap((record) => {
      const { kind, terms } = record;
      const id = newIdentifier(Date.now()).padEnd(record.id.length, '0');
      const key = recordKey(kind, id);
      const value = encodeRecord(record);
      bytes += key.length + value.length;
      const ofTerms = terms.map((term) => {
        const other = common.has(term) ? term : randomBytes(term.length).toString('base64url').slice(0, term.length);
        const keyOfTerm = termKey(kind, other, id);
        bytes += keyOfTerm.length;
        return () => termKeys.putSync(keyOfTerm, nothing);
      });
      return [...ofTerms, () => recordKeys.putSync(key, value)];
    });
  }
  writes();

  return {
    bytes,
    async run(milliseconds, concurrent) {
      const cpuBefore = process.cpuUsage();
      const from = performance.now();
      const until = from + milliseconds;
      let done = 0;
      const oneAfterAnother = async (): Promise<void> => {
        for (; performance.now() < until; done++) {
          const all = writes();
          await root.transaction(() => all.forEach((write) => write()));
        }
      };
      await Promise.all(Array.from({ length: concurrent }, oneAfterAnother));
      const { user, system } = process.cpuUsage(cpuBefore);
      return { rate: (done * 1000) / (performance.now() - from), cpu: (user + system) / done };
    },
  };
}
