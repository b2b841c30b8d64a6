/**
 * `npm run bench [seconds [what]]`: what the server costs, as ratios within one run, beside a bare TLS echo of the same
 * frames and beside bare durable LMDB transactions of the same bytes. Absolute numbers are the machine's; the ratios
 * are ours. Each comparison takes about `seconds` (8); `what` names one of them.
 *
 * With a single connection client and server take turns to sleep, and every message pays for a wake-up, which is dear
 * on virtual machines and drowns the rest. It is shown; the targets of Get are judged with 16 connections. `node
 * --cpu-prof dist/test/bench/bench.js` profiles every process.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fill, nameOf } from './filling.ts';
import { identitiesFile, makeIdentities, type Identities } from './identities.ts';
import { inTurn, type Comparison, type Measure } from './in-turn.ts';
import { ask, openLoad, type Child, type LoadOptions } from './load.ts';
import * as requests from './requests.ts';
import { stream, type Streamed } from './streaming.ts';

const milliseconds = Number(process.argv[2] ?? 8) * 1000;
const wanted = process.argv[3] ?? '';
const [few, many] = [1000, 100_000];

async function start<T extends object>(mode: 'kmip' | 'echo' | 'lmdb', directory: string): Promise<Child & T> {
  const server = fork(fileURLToPath(new URL('./server-process.js', import.meta.url)), [mode, directory], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
  });
  const [ready] = (await once(server, 'message')) as [{ port: number } & T];
  return { server, ...ready };
}

/**
 * Asks it to exit. LMDB cannot be left in the middle of a transaction, and a load may have left one: then it is killed.
 */
async function stop({ server }: Pick<Child, 'server'>): Promise<void> {
  const exited = once(server, 'exit');
  const patience = setTimeout(() => server.kill('SIGKILL'), 3000);
  server.disconnect();
  await exited;
  clearTimeout(patience);
}

const columns = (what: string, ratio: string, target: string, verdict: string, figures: string): void =>
  console.log([what.padEnd(58), ratio.padStart(5), target.padEnd(8), verdict.padEnd(8), figures].join('  '));

let missed = 0;

/** `target` is a bound on the ratio, 'at most' for costs; absent where a figure is only shown. */
function show(what: string, ratio: number, figures: string, target?: { atLeast: number } | { atMost: number }): void {
  if (target === undefined) return columns(what, ratio.toFixed(2), '', '', figures);
  const [sign, bound, held] =
    'atLeast' in target
      ? (['>=', target.atLeast, ratio >= target.atLeast] as const)
      : (['<=', target.atMost, ratio <= target.atMost] as const);
  if (!held) missed++;
  columns(what, ratio.toFixed(2), `${sign} ${bound.toFixed(2)}`, held ? 'held' : 'not held', figures);
}

const perSecond = ({ ours, bare }: Comparison): string => `${ours.rate.toFixed(0)}/s beside ${bare.rate.toFixed(0)}/s`;
const microseconds = ({ ours, bare }: Comparison): string =>
  `${ours.cpu.toFixed(0)} us beside ${bare.cpu.toFixed(0)} us`;
const connectionsText = (count: number): string => `${count} connection${count === 1 ? '' : 's'}`;

/** Loads two servers in turn, or one server in two ways. */
async function loadInTurn(
  ours: readonly [Child, LoadOptions],
  bare: readonly [Child, LoadOptions],
): Promise<Comparison> {
  const [first, second] = [await openLoad(...ours), await openLoad(...bare)];
  const compared = await inTurn(milliseconds, first.run, second.run);
  first.close();
  second.close();
  return compared;
}

/** The one answer that the bare server gives. */
async function oneAnswer(kmip: Child, identities: Identities, frame: Uint8Array): Promise<Uint8Array> {
  let kept: Uint8Array = new Uint8Array();
  const check = (answer: Uint8Array): void => void (kept = Uint8Array.from(answer));
  const load = await openLoad(kmip, { identities, connections: 1, request: () => frame, check });
  await load.run(0);
  load.close();
  requests.expectSuccess(kept);
  return kept;
}

async function besideEcho(
  kmip: Child,
  echo: Child,
  identities: Identities,
  what: string,
  frame: Uint8Array,
  judged: readonly ('rate' | 'CPU')[],
): Promise<void> {
  const answer = await oneAnswer(kmip, identities, frame);
  await ask(echo.server, { answer: Buffer.from(answer).toString('hex') });
  for (const connections of [1, 16]) {
    const options = { identities, connections, request: () => frame };
    const compared = await loadInTurn([kmip, options], [echo, options]);
    const label = `${what}, ${connectionsText(connections)}, beside echo`;
    const target = <T>(of: 'rate' | 'CPU', bound: T): T | undefined =>
      connections > 1 && judged.includes(of) ? bound : undefined;
    show(`${label}: rate`, compared.ratio.rate, perSecond(compared), target('rate', { atLeast: 0.5 }));
    show(`${label}: CPU`, compared.ratio.cpu, microseconds(compared), target('CPU', { atMost: 2 }));
  }
}

/** The rate alone has a target: Encrypt does work that an echo does not. */
async function encrypts(kmip: Child, echo: Child, identities: Identities): Promise<void> {
  const key = requests.identifierIn(await oneAnswer(kmip, identities, requests.createActive()));
  const frame = requests.encrypt(key, 4096);
  await besideEcho(kmip, echo, identities, 'Encrypt AES-GCM of 4 KiB', frame, ['rate']);
}

/** No bare thing to compare with: the throughput of one stream, and what memory it took. */
async function streams(kmip: Child, identities: Identities): Promise<void> {
  const key = requests.identifierIn(await oneAnswer(kmip, identities, requests.createActive()));
  for (const operation of ['Encrypt', 'Hash'] as const) {
    const { bytes, milliseconds: time, growth }: Streamed = await stream(kmip, identities, operation, key);
    const [mebibytes, grown] = [bytes, growth].map((each) => (each / 1024 / 1024).toFixed(0));
    const rate = ((bytes / 1024 / 1024) * 1000) / time;
    columns(
      `${operation} of ${mebibytes} MiB in 64 KiB parts`,
      '',
      '',
      '',
      `${rate.toFixed(0)} MiB/s, memory +${grown} MiB`,
    );
  }
}

async function locates(fewServer: Child, manyServer: Child, identities: Identities): Promise<void> {
  for (const connections of [1, 16]) {
    const among = (count: number): LoadOptions => ({
      identities,
      connections,
      request: () => requests.locate(nameOf(Math.floor(Math.random() * count))),
      check: requests.expectSuccess,
    });
    const compared = await loadInTurn([manyServer, among(many)], [fewServer, among(few)]);
    const label = `Locate by Name, ${connectionsText(connections)}, ${many} objects beside ${few}`;
    show(label, compared.ratio.rate, perSecond(compared), { atLeast: 0.8 });
  }
}

async function creates(kmip: Child, identities: Identities, directory: string): Promise<void> {
  await mkdir(directory);
  const lmdb = await start<{ bytes: number }>('lmdb', directory);
  for (const connections of [1, 16]) {
    const request = (): Uint8Array => requests.create(randomBytes(8).toString('hex'));
    const load = await openLoad(kmip, { identities, connections, request, check: requests.expectSuccess });
    const bare: Measure = (time) => ask(lmdb.server, { milliseconds: time, concurrent: connections });
    const compared = await inTurn(milliseconds, load.run, bare);
    load.close();
    const label = `Create, ${connectionsText(connections)}, beside bare LMDB (${lmdb.bytes} bytes)`;
    show(label, compared.ratio.rate, perSecond(compared), { atLeast: 0.6 });
  }
  await stop(lmdb);
}

const base = await mkdtemp(join(tmpdir(), 'kmipd-bench-'));
try {
  const [small, large] = [join(base, 'small'), join(base, 'large')];
  await mkdir(small);
  await mkdir(large);
  const identities = await makeIdentities(small);
  await copyFile(join(small, identitiesFile), join(large, identitiesFile));
  const id = await fill(small, few);
  const kmip = await start('kmip', small);

  columns('what', 'ratio', 'target', '', 'medians');
  const comparisons: Record<string, () => Promise<void>> = {
    async get() {
      const echo = await start('echo', small);
      await besideEcho(kmip, echo, identities, 'Get', requests.get(id), ['rate', 'CPU']);
      await stop(echo);
    },
    async attributes() {
      const echo = await start('echo', small);
      await besideEcho(kmip, echo, identities, 'Get Attributes', requests.getAttributes(id), []);
      await stop(echo);
    },
    async locate() {
      await fill(large, many);
      const big = await start('kmip', large);
      await locates(kmip, big, identities);
      await stop(big);
    },
    async encrypt() {
      const echo = await start('echo', small);
      await encrypts(kmip, echo, identities);
      await stop(echo);
    },
    streams: () => streams(kmip, identities),
    create: () => creates(kmip, identities, join(base, 'bare')),
  };
  for (const [name, compare] of Object.entries(comparisons)) if (name.startsWith(wanted)) await compare();
  await stop(kmip);
  console.log(missed === 0 ? 'every target is held' : `${missed} targets are not held`);
} finally {
  await rm(base, { recursive: true });
}
