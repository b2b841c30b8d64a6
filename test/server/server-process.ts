/** The built server in a process of its own, and a client of it over mutual TLS. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Client } from '#client/client';
import { launcher, type Place } from '#test/cli/kmipd';
import { tracedBy } from '#test/store/tracing';

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  stderr(): string;
  /** As the client of this name, the one that the server was started for when none is given. */
  connect(name?: string): Promise<Client>;
  /** Ends it and gives its exit status, which a signal that it cannot catch leaves null. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

interface StartOptions {
  readonly args?: readonly string[];
  /** A command that runs the server, such as strace. */
  readonly wrapper?: readonly string[];
  /** False when the wrapper becomes the server, instead of having it as its child. */
  readonly isTraced?: boolean;
}

/** Resolves when it listens. */
export async function startServerProcess(
  place: Place,
  name: string,
  { args = [], wrapper = [], isTraced = wrapper.length > 0 }: StartOptions = {},
): Promise<ServerProcess> {
  const [command = '', ...rest] = [...wrapper, process.execPath, launcher, 'serve', '--port', '0', ...args];
  const env = { PATH: process.env['PATH'], KMIPD_DATA: place.data };
  const child = spawn(command, rest, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  const port = await listening(child, (text) => (said += text));
  const pid = isTraced ? tracedBy(child) : child.pid;
  return {
    port,
    pid: pid as number,
    stderr: () => said,
    connect(as = name) {
      const [ca, cert, key] = ['ca.crt', `${as}.crt`, `${as}.key`].map((file) =>
        readFileSync(join(place.path(as), file)),
      ) as [Buffer, Buffer, Buffer];
      return connect({ ...{ port, ca, cert, key }, host: '127.0.0.1' });
    },
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid as number, signal);
      return (await exited)[0];
    },
  };
}

function listening(child: ChildProcess, onText: (text: string) => string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the server ended: ${onText('')}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      const [, port] = /^listening on \S+:(\d+)$/m.exec(onText(chunk.toString())) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
