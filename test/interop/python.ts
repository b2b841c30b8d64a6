/**
 * Runs the Python clients, in a virtual environment that holds what `requirements.txt` beside this file's source names.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { linesOf, type Line } from './themes.ts';

const requirements = resolve('test/interop/requirements.txt');
const cache = resolve('node_modules/.cache/kmipd-test-interop');

/** Runs a script of this folder. Throws when it ends with another status than 0. */
export async function runPython(script: string, ...args: string[]): Promise<readonly Line[]> {
  const ended = await run(await interpreter(), join('test/interop', script), ...args);
  if (ended.status !== 0) throw new Error(`${script} ended with status ${ended.status}: ${ended.stderr}`);
  return linesOf(ended.stdout);
}

/** The first time packages are fetched; later runs find the environment by what is in it. */
async function interpreter(): Promise<string> {
  const version = await run('python3', '--version');
  if (version.status !== 0)
    throw new Error('the tests of Python clients need Python: install python3 and python3-venv');
  const contents = createHash('sha256')
    .update(version.stdout)
    .update(await readFile(requirements));
  const environment = join(cache, `python-${contents.digest('hex').slice(0, 16)}`);
  const python = (directory: string) => join(directory, 'bin/python');
  if (existsSync(environment)) return python(environment);
  const unfinished = `${environment}.${process.pid}`;
  await mkdir(dirname(environment), { recursive: true });
  const made = await run('python3', '-m', 'venv', unfinished);
  if (made.status !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error('the tests of Python clients need virtual environments: install python3-venv');
  }
  const installed = await run(python(unfinished), '-m', 'pip', 'install', '--quiet', '--requirement', requirements);
  if (installed.status !== 0) throw new Error(`the Python clients could not be installed: ${installed.stderr}`);
  await rename(unfinished, environment);
  return python(environment);
}

async function run(file: string, ...args: string[]) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const failed = once(child, 'error').then(() => [127]);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await Promise.race([once(child, 'close'), failed])) as [number | null];
  const [stdout, stderr] = await output;
  return { status, stdout, stderr };
}
