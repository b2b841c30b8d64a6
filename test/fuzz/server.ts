/** Starts the server under test on a data directory of its own, and listens to what it says. */
import { fork, type ChildProcess } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePlace, type Ended } from '#test/cli/kmipd';
import type { Peer } from '#client/tls-transport';
import type { Question, Said } from './said.ts';

export interface Memory {
  /** Bytes in use after collection. */
  readonly heap: number;
  readonly outside: number;
  readonly resident: number;
}

export interface Pause {
  readonly milliseconds: number;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
}

export interface FuzzedServer {
  readonly port: number;
  readonly https: number;
  /** The certificate of its authority, X.509 in DER. */
  readonly authority: Uint8Array;
  peer(client: string, port: number): Peer;
  /** The longest pause since this was asked before. */
  pause(): Promise<number>;
  memory(): Promise<Memory>;
  /** Pauses and faults of the log that came since this was asked before. */
  heard(): { readonly pauses: readonly Pause[]; readonly faults: readonly string[] };
  /** Set when the process has ended. */
  readonly ended: string | undefined;
  /** Ends it, and checks what it leaves; the faults that it finds. */
  close(): Promise<readonly string[]>;
}

export const clients = ['hostile', 'victim'] as const;

/** What the log says of faults that are ours. */
const fault = /failed unexpectedly|could not be answered|UnhandledPromise|uncaught/i;

/** A run is not to be stopped by what one client may take. */
const unbounded: Readonly<Record<string, string>> = {
  'quota-objects': '0',
  'quota-bytes': '0B',
  'requests-per-second': '0',
  'audit-file-size': '1GiB',
};

export async function startFuzzed(): Promise<FuzzedServer> {
  const place = makePlace();
  for (const client of clients) {
    const { status, stderr } = await place.kmipd('client', 'add', client, '--out', place.path(client));
    if (status !== 0) throw new Error(stderr);
  }
  const child = fork(
    fileURLToPath(new URL('./service.js', import.meta.url)),
    [
      'serve',
      '--interop',
      '--port',
      '0',
      '--https',
      '0',
      ...Object.entries(unbounded).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    {
      env: { PATH: process.env['PATH'], KMIPD_DATA: place.data, UV_THREADPOOL_SIZE: '8' },
      execArgv: ['--expose-gc', '--enable-source-maps'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let ended: string | undefined;
  const faults: string[] = [];
  const pauses: Pause[] = [];
  const last: string[] = [];
  const ports = listening(child, (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
    if (fault.test(line)) faults.push(line);
  });
  void exited.then(([code, signal]) => (ended = `the server ended (${signal ?? code}): ${last.join('\n')}`));
  child.on('message', (said: Said) => {
    if ('held' in said) pauses.push({ milliseconds: said.held, at: said.at });
  });

  const { port, https } = await Promise.race([ports, exited.then(() => Promise.reject(new Error(last.join('\n'))))]);
  const read = (client: string, file: string): Buffer => readFileSync(join(place.path(client), file));

  /** One question at a time. */
  let asking: Promise<unknown> = Promise.resolve();
  function asked<K extends string>(
    question: Question,
    key: K,
  ): Promise<Extract<Said, { readonly [key in K]: number }>> {
    const answer = asking.then(
      () =>
        new Promise<never>((resolve, reject) => {
          const onMessage = (said: Said): void => {
            if (!(key in said)) return;
            child.off('message', onMessage);
            resolve(said as never);
          };
          child.on('message', onMessage);
          void exited.then(() => reject(new Error(ended)));
          if (child.connected) child.send(question);
        }),
    );
    asking = answer.catch(() => undefined);
    return answer;
  }

  return {
    port,
    https,
    authority: new X509Certificate(read('hostile', 'ca.crt')).raw,
    get ended() {
      return ended;
    },
    peer: (client, to) => ({
      ...{ host: '127.0.0.1', port: to, timeout: 300_000, maximumAnswer: 64 * 1024 * 1024 },
      ...{ ca: read(client, 'ca.crt'), cert: read(client, `${client}.crt`), key: read(client, `${client}.key`) },
    }),
    pause: async () => (await asked('pause', 'pause')).pause,
    memory: () => asked('memory', 'heap'),
    heard: () => ({ pauses: pauses.splice(0), faults: faults.splice(0) }),
    async close() {
      const found: string[] = [];
      if (ended === undefined) {
        child.kill('SIGTERM');
        const [code, signal] = await exited;
        if (code !== 0) found.push(`the server stopped with ${signal ?? code}: ${last.join('\n')}`);
      }
      found.push(...faults.splice(0));
      const check = async (...command: string[]): Promise<void> => {
        const { status, stdout, stderr } = await place.kmipd(...command);
        if (status !== 0) found.push(`kmipd ${command.join(' ')}: ${stdout.slice(-2000)} ${stderr.slice(-2000)}`);
      };
      await check('audit', 'verify');
      if (knows(await place.kmipd('store', '--help'), 'check')) await check('store', 'check');
      await place.remove();
      return found;
    },
  };
}

const knows = ({ stdout }: Ended, command: string): boolean => new RegExp(`^ +${command}\\b`, 'm').test(stdout);

/** The ports, once it listens on both; lines of the log go on. */
function listening(child: ChildProcess, onLine: (line: string) => void): Promise<{ port: number; https: number }> {
  return new Promise((resolve) => {
    let rest = '';
    let port: number | undefined;
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-10_000);
      for (const line of lines) {
        onLine(line);
        const [, secure, digits] = /^(https )?listening on \S+:(\d+)$/.exec(line) ?? [];
        if (digits === undefined) continue;
        if (secure === undefined) port = Number(digits);
        else resolve({ port: port ?? 0, https: Number(digits) });
      }
    });
  });
}
