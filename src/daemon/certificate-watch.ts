/** Sees when the files of the server's certificate are replaced. */
import { statSync } from 'node:fs';

import { filesOf, readTlsIdentity, type ServerPem } from '#administration/server-certificate';
import type { Config } from '#config';
import type { Log } from '#log';
import type { Job } from '#scheduler';

const watchInterval = 1000;

/**
 * Calls `onChange` with the content of the files when they have changed. While certificate and key do not belong
 * together, one of them may not be replaced yet: the server keeps its present ones.
 */
export function certificateWatch(config: Config, log: Log, onChange: (identity: ServerPem) => void): Job {
  let seen = marksOf(config);
  const run = (): void => {
    const marks = marksOf(config);
    if (marks === seen) return;
    seen = marks;
    try {
      onChange(readTlsIdentity(config));
      log.info("the server's certificate was renewed");
    } catch (error) {
      log.warn("the server's new certificate cannot be used; the one before stays", { error: String(error) });
    }
  };
  return { name: "read the server's certificate when it is replaced", interval: watchInterval, run };
}

/** Changes whenever the files do, which are not read for it. */
const marksOf = (config: Config): string => filesOf(config).map(markOf).join();

function markOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'missing';
  }
}
