/** Runs the built program as a person would: child processes, a data directory of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { until } from '#test/fixtures/timing';

export const launcher = 'dist/src/launcher.cjs';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that listens. */
export interface Running {
  readonly pid: number;
  readonly port: number;
  stderr(): string;
  /** Resolves when it has said so on stderr. */
  says(what: RegExp): Promise<void>;
  /** Ends it with a signal and gives its exit status. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Place {
  readonly directory: string;
  readonly data: string;
  path(name: string): string;
  /** Runs `kmipd` with these arguments on the data directory; resolves whatever its exit status. */
  kmipd(...args: string[]): Promise<Ended>;
  /** Runs `kmipd serve` on a free port, until it listens. */
  serve(...args: string[]): Promise<Running>;
  start(file: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Running>;
  /** Connects with the files that `client add NAME --out NAME` made in this place. */
  dial(port: number, name: string): Promise<TLSSocket>;
  /** Ends what runs and removes everything. */
  remove(): Promise<void>;
}

export function makePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'kmipd-cli-'));
  const data = join(directory, 'data');
  const running: Running[] = [];
  const path = (name: string) => join(directory, name);

  async function start(file: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Running> {
    const env = { ...process.env, KMIPD_DATA: data, ...environment };
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'close') as Promise<[number | null]>;
    let stderr = '';
    const port = await new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
        const [, digits] = /^listening on \S+:(\d+)$/m.exec(stderr) ?? [];
        if (digits !== undefined) resolve(Number(digits));
      });
      child.once('close', () => reject(new Error(`it ended: ${stderr}`)));
    });
    const server: Running = {
      ...{ pid: child.pid ?? 0, port },
      stderr: () => stderr,
      says: async (what) =>
        void (await until(
          () => `${what} in: ${stderr}`,
          () => what.test(stderr),
        )),
      async end(signal = 'SIGTERM') {
        if (child.exitCode === null) child.kill(signal);
        return (await exited)[0];
      },
    };
    running.push(server);
    return server;
  }

  return {
    ...{ directory, data, path, start },
    kmipd: (...args) => run(process.execPath, [launcher, ...args], { KMIPD_DATA: data }),
    serve: (...args) => start(process.execPath, [launcher, 'serve', '--port', '0', ...args]),
    async dial(port, name) {
      const files = ['ca.crt', `${name}.crt`, `${name}.key`].map((file) =>
        readFileSync(path(join(name, file)), 'latin1'),
      );
      const [ca, cert, key] = files;
      const socket = connect({ ...{ ca, cert, key, port }, host: '127.0.0.1', servername: 'localhost' });
      await once(socket, 'secureConnect');
      // Reading, so that it sees the server end, and ends too; a server that has gone by then resets what comes late.
      return socket.resume().on('error', () => undefined);
    },
    async remove() {
      for (const server of running) await server.end();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Runs openssl, for a second opinion on what we wrote. */
export const openssl = (...args: string[]): Promise<Ended> => run('openssl', args, {});

function run(file: string, args: string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], ...environment }, timeout: 90_000 };
    const child = execFile(file, args, options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
