/**
 * `npm run bench [seconds]`: what the server costs, as ratios within one run, beside a bare TLS echo of the same frames and beside bare durable LMDB transactions
 * of the same bytes. Absolute numbers are the machine's; the ratios are ours.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes, createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open as openBare } from 'lmdb';
import { newObject } from '#objects/new-object';
import { newIdentifier } from '#server/identifier';
import { openLmdb } from '#store/lmdb';
import { objectKind } from '#store/object-record';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/root-key-file';
import { create } from '#store/store';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { attribute, batchItem, enumerated, int, request, struct, text, value } from '#test/server/items';
import { makeIdentities, type Identities } from './identities.ts';
import { ask, load, type Measured } from './load.ts';

const milliseconds = Number(process.argv[2] ?? 3) * 1000;
/** Each pair is measured in turn this many times, and the median ratio is shown. */
const rounds = 3;
const [createOperation, getOperation, getAttributesOperation, locateOperation] = [0x01, 0x0a, 0x0b, 0x08];

interface Child {
  readonly server: ChildProcess;
  readonly port: number;
}

async function start(mode: 'kmip' | 'echo', directory: string): Promise<Child> {
  const server = fork(new URL('./server-process.js', import.meta.url), [mode, directory], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
  });
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  return { server, port };
}

async function stop({ server }: Child): Promise<void> {
  const exited = once(server, 'exit');
  server.disconnect();
  await exited;
}

const nameOf = (place: number): string => `volume-${place}`;

/** Objects as Create makes them, put into the store without the wire. Resolves with one of their identifiers. */
async function fill(directory: string, count: number): Promise<string> {
  const engine = await openLmdb(join(directory, 'store'));
  const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')) });
  let id = '';
  for (let done = 0; done < count; done += 1000) {
    const changes = Array.from({ length: Math.min(1000, count - done) }, (_, place) => {
      id = newIdentifier(Date.now(), randomBytes);
      const { object, material } = newObject({
        id,
        owner: 'bench',
        structure: {
          objectType: 'SymmetricKey',
          keyBlock: {
            keyFormatType: 'Raw',
            keyValue: { keyMaterial: randomBytes(32) },
            cryptographicAlgorithm: 'AES',
            cryptographicLength: 256,
          },
        },
        given: {
          name: [{ nameValue: nameOf(done + place), nameType: 'UninterpretedTextString' }],
          cryptographicAlgorithm: 'AES',
          cryptographicLength: 256,
          cryptographicUsageMask: 12,
        },
        found: {},
        now: Math.floor(Date.now() / 1000),
        generated: true,
      });
      return create(objectKind, object.id, object, material);
    });
    await store.commit(changes);
  }
  await store.close();
  return id;
}

const getRequest = (id: string): Item => request('1.4', [batchItem(getOperation, [text('UniqueIdentifier', id)])]);
const getAttributesRequest = (id: string): Item =>
  request('1.4', [batchItem(getAttributesOperation, [text('UniqueIdentifier', id)])]);
const locateRequest = (name: string): Item =>
  request('1.4', [
    batchItem(locateOperation, [
      attribute('Name', struct('AttributeValue', text('NameValue', name), enumerated('NameType', 1))),
    ]),
  ]);
const createRequest = (): Item =>
  request('1.4', [
    batchItem(createOperation, [
      enumerated('ObjectType', 2),
      struct(
        'TemplateAttribute',
        attribute('Cryptographic Algorithm', enumerated('AttributeValue', 3)),
        attribute('Cryptographic Length', int('AttributeValue', 256)),
        attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
        attribute(
          'Name',
          struct('AttributeValue', text('NameValue', randomBytes(8).toString('hex')), enumerated('NameType', 1)),
        ),
      ),
    ]),
  ]);

const expectSuccess = (answer: Uint8Array): void => {
  const item = decode(answer);
  if (value(item, 'BatchItem', 'ResultStatus') !== 0) throw new Error('the server refused a request of the benchmark');
};

/** One answer, to be echoed by the bare server. */
async function oneAnswer(kmip: Child, identities: Identities, frame: Uint8Array): Promise<Uint8Array> {
  let kept = new Uint8Array();
  const check = (answer: Uint8Array): void => void (kept = Uint8Array.from(answer));
  await load({ ...kmip, identities, connections: 1, milliseconds: 1, request: () => frame, check });
  expectSuccess(kept);
  return kept;
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] as number;

function show(what: string, ratio: number, target: string, measured: string): void {
  console.log(`${what.padEnd(44)} ${ratio.toFixed(2).padStart(6)}   ${target.padEnd(16)} ${measured}`);
}

const figures = ({ rate, cpu }: Measured): string => `${rate.toFixed(0)}/s, ${cpu.toFixed(0)} us CPU`;

/** The same frames against the server and the echo, in turn. */
async function besideEcho(
  kmip: Child,
  echo: Child,
  identities: Identities,
  what: string,
  frame: Uint8Array,
): Promise<void> {
  const answer = await oneAnswer(kmip, identities, frame);
  await ask(echo.server, { answer: Buffer.from(answer).toString('hex') });
  const common = { identities, milliseconds, request: () => frame };
  for (const connections of [1, 4]) {
    const pairs: [Measured, Measured][] = [];
    for (let round = 0; round < rounds; round++) {
      pairs.push([await load({ ...kmip, ...common, connections }), await load({ ...echo, ...common, connections })]);
    }
    const [ours, bare] = pairs[0] as [Measured, Measured];
    const label = `${what}, ${connections} connection${connections === 1 ? '' : 's'}`;
    const rate = median(pairs.map(([a, b]) => a.rate / b.rate));
    const cpu = median(pairs.map(([a, b]) => a.cpu / b.cpu));
    show(`${label}: rate beside echo`, rate, '', `${figures(ours)} against ${figures(bare)}`);
    show(`${label}: CPU beside echo`, cpu, '', '');
  }
}

/** Durable transactions of bare lmdb, each of the same bytes as one Create writes, so many at once. */
async function bareLmdb(directory: string, bytes: number, concurrent: number): Promise<number> {
  const database = openBare({
    path: join(directory, `bare-${concurrent}`),
    encoding: 'binary',
    overlappingSync: false,
  });
  const body = randomBytes(bytes);
  const until = performance.now() + milliseconds;
  let done = 0;
  await Promise.all(
    Array.from({ length: concurrent }, async () => {
      while (performance.now() < until) {
        await database.put(newIdentifier(Date.now(), randomBytes), body);
        done++;
      }
    }),
  );
  await database.close();
  return (done * 1000) / milliseconds;
}

/** What one Create adds to the store: record, index terms, audit record. */
async function bytesOfCreate(): Promise<number> {
  const terms = 3 * (createHash('sha256').update('').digest('hex').length + 36);
  return 1100 + terms;
}

const base = await mkdtemp(join(tmpdir(), 'kmipd-bench-'));
try {
  console.log(`${'what'.padEnd(44)} ${'ratio'.padStart(6)}   ${'target'.padEnd(16)} measured`);
  const small = await mkdtemp(join(base, 'small-'));
  const large = await mkdtemp(join(base, 'large-'));
  const identities = await makeIdentities(small);
  await import('node:fs/promises').then(({ copyFile }) =>
    copyFile(join(small, 'identities.json'), join(large, 'identities.json')),
  );
  const id = await fill(small, 1000);
  await fill(large, 100_000);
  const echo = await start('echo', small);
  const kmip = await start('kmip', small);
  await besideEcho(kmip, echo, identities, 'Get', encode(getRequest(id)));
  await besideEcho(kmip, echo, identities, 'Get Attributes', encode(getAttributesRequest(id)));
  await stop(echo);

  const big = await start('kmip', large);
  const locate = (child: Child, count: number): Promise<Measured> =>
    load({
      ...child,
      identities,
      milliseconds,
      connections: 1,
      request: () => encode(locateRequest(nameOf(Math.floor(Math.random() * count)))),
      check: expectSuccess,
    });
  const locates: [Measured, Measured][] = [];
  for (let round = 0; round < rounds; round++) locates.push([await locate(big, 100_000), await locate(kmip, 1000)]);
  const [atMany, atFew] = locates[0] as [Measured, Measured];
  const locateRatio = median(locates.map(([many, few]) => many.rate / few.rate));
  show(
    'Locate by Name, 100,000 beside 1,000 objects',
    locateRatio,
    'at least 0.80',
    `${figures(atMany)} against ${figures(atFew)}`,
  );
  await stop(big);

  const bytes = await bytesOfCreate();
  for (const connections of [1, 16]) {
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const options = {
        ...kmip,
        identities,
        milliseconds,
        connections,
        request: () => encode(createRequest()),
        check: expectSuccess,
      };
      pairs.push([(await load(options)).rate, await bareLmdb(small, bytes, connections)]);
    }
    const [ours, bare] = pairs[0] as [number, number];
    const ratio = median(pairs.map(([a, b]) => a / b));
    show(
      `Create, ${connections} connection${connections === 1 ? '' : 's'}, beside bare LMDB`,
      ratio,
      'at least 0.60',
      `${ours.toFixed(0)}/s against ${bare.toFixed(0)}/s of ${bytes} bytes`,
    );
  }
  await stop(kmip);
} finally {
  await rm(base, { recursive: true });
}
