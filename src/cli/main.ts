import { CommanderError } from 'commander';

import { createProgram } from './program.ts';
import { describeError } from './output.ts';

const usageError = 2;

/** Runs one command line, without node's own arguments; resolves with the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  // The reader of the results may stop: `kmipd client list | head -1`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError;
    process.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
}
