import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A second opinion: what the code makes is read by the openssl command, in a folder that is removed after the suite.
 */
export interface OpenSsl {
  /** Writes a file and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  path(name: string): string;
  /** Runs openssl and returns what it printed; throws with its complaint when it fails. */
  run(...args: string[]): string;
  /** The same for output in binary. */
  bytes(...args: string[]): Buffer;
  /** What it tells on stderr when it succeeds. */
  describe(...args: string[]): string;
}

/** For the suite that calls it, which is left out on machines without openssl. */
export function useOpenSsl(): OpenSsl {
  let folder = '';
  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'kmipd-certs-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const path = (name: string) => join(folder, name);
  const bytes = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    path,
    bytes,
    file(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    run: (...args) => bytes(...args).toString(),
    describe(...args) {
      const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return stderr;
    },
  };
}
