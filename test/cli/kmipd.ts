/** Runs the built program as a person would: child processes, a data directory of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const launcher = 'dist/src/launcher.cjs';

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly directory: string;
  readonly data: string;
  path(name: string): string;
  /** Runs `kmipd` with these arguments on the data directory; resolves whatever its exit status. */
  kmipd(...args: string[]): Promise<Ended>;
  remove(): void;
}

export function makePlace(environment: NodeJS.ProcessEnv = {}): Place {
  const directory = mkdtempSync(join(tmpdir(), 'kmipd-cli-'));
  const data = join(directory, 'data');
  return {
    directory,
    data,
    path: (name) => join(directory, name),
    kmipd: (...args) => run(process.execPath, [launcher, ...args], { KMIPD_DATA: data, ...environment }),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Runs openssl, for a second opinion on what we wrote. */
export const openssl = (...args: string[]): Promise<Ended> => run('openssl', args, {});

function run(file: string, args: string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], ...environment }, timeout: 30_000 };
    const child = execFile(file, args, options, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
