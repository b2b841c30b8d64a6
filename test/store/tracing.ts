/**
 * Runs a command under strace with something injected into its system calls, where there is strace and it may trace.
 */
import { spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const whyNot = 'strace is not there, or may not trace';

export const canTrace = (): boolean =>
  spawnSync('strace', ['-qqq', '-o', '/dev/null', process.execPath, '-v']).status === 0;

/** What comes before the command, as `tracing('fsync', 'delay_enter=300000')`; times in microseconds. */
export const tracing = (calls: string, injected: string): readonly string[] => [
  'strace',
  '-f',
  '-qqq',
  '-o',
  '/dev/null',
  '-e',
  `trace=${calls}`,
  '-e',
  `inject=${calls}:${injected}`,
];

/** The process that runs under strace: a signal to strace itself would only end the tracing. */
export const tracedBy = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ')[0]);
