/**
 * `npm run bench:beside DIRECTORY [seconds]`: what a request costs this checkout beside the built checkout in
 * DIRECTORY. Both are served as an operator serves them, each on a new data directory, and measured in turn, so that
 * the ratio holds on a machine whose pace changes. Above 1 the CPU of this checkout is higher. Linux only: the CPU of
 * the servers is read from /proc.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Identities } from './identities.ts';
import { inTurn, type Measure, type Slice } from './in-turn.ts';
import { openLoad, type LoadOptions } from './load.ts';
import * as requests from './requests.ts';

const [otherCheckout, seconds = '8'] = process.argv.slice(2);
if (otherCheckout === undefined) throw new Error('name the directory of the other checkout, which must be built');

const named = 1000;

interface Served {
  readonly child: ChildProcess;
  readonly port: number;
  readonly identities: Identities;
  readonly directory: string;
}

async function serve(checkout: string): Promise<Served> {
  const launcher = resolve(checkout, 'dist/src/launcher.cjs');
  const directory = await mkdtemp(join(tmpdir(), 'kmipd-beside-'));
  const environment = { PATH: process.env['PATH'], KMIPD_DATA: join(directory, 'data'), KMIPD_LOG_LEVEL: 'error' };
  const out = join(directory, 'bench');
  execFileSync(process.execPath, [launcher, 'client', 'add', 'bench', '--out', out], {
    env: environment,
    stdio: 'ignore',
  });
  const child = spawn(process.execPath, [launcher, 'serve', '--port', '0'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const port = await new Promise<number>((listening) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, digits] = /^listening on \S+:(\d+)$/m.exec(said) ?? [];
      if (digits !== undefined) listening(Number(digits));
    });
  });
  const file = (name: string): string => readFileSync(join(out, name), 'latin1');
  const identities = {
    ca: file('ca.crt'),
    client: { cert: file('bench.crt'), key: file('bench.key') },
    server: { cert: '', key: '' },
    clientFingerprint: '',
  };
  return { child, port, identities, directory };
}

/** Nanoseconds that all threads of the process have run. */
function cpuOf({ pid }: ChildProcess): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce(
    (sum, task) => sum + Number(readFileSync(join(tasks, task, 'schedstat'), 'latin1').split(' ')[0]),
    0,
  );
}

type Loads = (served: Served) => Promise<LoadOptions['request']>;

async function one(served: Served, frame: Uint8Array): Promise<Uint8Array> {
  let kept: Uint8Array = new Uint8Array();
  const load = await openLoad(
    { server: served.child, port: served.port },
    {
      identities: served.identities,
      connections: 1,
      request: () => frame,
      check: (answer) => void (kept = Uint8Array.from(answer)),
    },
    () => Promise.resolve(0),
  );
  await load.run(0);
  load.close();
  requests.expectSuccess(kept);
  return kept;
}

const nameOf = (place: number): string => `key ${place}`;

const workloads: Readonly<Record<string, Loads>> = {
  async Get(served) {
    const id = requests.identifierIn(await one(served, requests.create(randomBytes(8).toString('hex'))));
    return () => requests.get(id);
  },
  async Locate(served) {
    for (let place = 0; place < named; place++) await one(served, requests.create(nameOf(place)));
    return () => requests.locate(nameOf(Math.floor(Math.random() * named)));
  },
  async Encrypt(served) {
    const id = requests.identifierIn(await one(served, requests.createActive()));
    const frame = requests.encrypt(id, 64);
    return () => frame;
  },
  Create: async () => () => requests.create(randomBytes(8).toString('hex')),
};

async function measureOf(served: Served, connections: number, request: LoadOptions['request']) {
  const load = await openLoad(
    { server: served.child, port: served.port },
    { identities: served.identities, connections, request },
    async () => cpuOf(served.child) / 1000,
  );
  const run: Measure = (milliseconds): Promise<Slice> => load.run(milliseconds);
  return { run, close: load.close };
}

const both = [await serve('.'), await serve(otherCheckout)] as const;
try {
  console.log(['what', 'CPU ratio', 'rate ratio', 'here', 'there'].join('\t'));
  for (const [what, loads] of Object.entries(workloads)) {
    const [here, there] = [await loads(both[0]), await loads(both[1])];
    for (const connections of [1, 16]) {
      const ours = await measureOf(both[0], connections, here);
      const theirs = await measureOf(both[1], connections, there);
      const { ours: a, bare: b, ratio } = await inTurn(Number(seconds) * 1000, ours.run, theirs.run);
      ours.close();
      theirs.close();
      const figures = [a, b].map(({ cpu, rate }) => `${cpu.toFixed(0)} us, ${rate.toFixed(0)}/s`);
      console.log([`${what}, ${connections}`, ratio.cpu.toFixed(3), ratio.rate.toFixed(3), ...figures].join('\t'));
    }
  }
} finally {
  for (const { child, directory } of both) {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  }
}
