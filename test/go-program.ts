/** Builds the Go programs that tests need. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

const cache = resolve('node_modules/.cache/kmipd-test-go');

/**
 * The path of the program whose sources are in this folder. The first build may take a minute or two; later ones find
 * the program by what it was made of. Throws `missing`, a sentence that says what to install, when there is no Go.
 */
export async function buildGoProgram(folder: string, missing: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort()) {
    if (/^go\.(mod|sum)$|\.go$/.test(file)) hash.update(await readFile(join(folder, file)));
  }
  const program = join(cache, `${basename(folder)}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  if (spawnSync('go', ['version']).status !== 0) throw new Error(missing);
  await mkdir(cache, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const build = spawn('go', ['build', '-trimpath', '-o', unfinished, '.'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = (await once(build, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${folder} could not be built: see above`);
  await rename(unfinished, program);
  return program;
}
