/** The audit trail of a server in process. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fixture } from '#test/fixtures/fixture';

export interface OperationRecord {
  readonly operation: string;
  readonly status: string;
  readonly reason?: string;
  readonly objects?: string[];
}

/** The audit records of operations, the oldest first. */
export async function recordsOf(fixture: Fixture): Promise<OperationRecord[]> {
  const directory = join(fixture.directory, 'audit');
  const files = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  const lines = (await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))).join('').split('\n');
  return lines.filter((line) => line.includes('"kind":"operation"')).map((line) => JSON.parse(line));
}
