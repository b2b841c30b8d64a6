/**
 * THE table of what worker threads do for the server. A new row is a function of its input alone, with its cost:
 * `context.heavily('name', input)` in an operation, `workers.run('name', input, asker)` elsewhere, then does it at once
 * or in a thread. See task.ts for what input and output may be.
 */
import { certificateTasks } from './certificate-tasks.ts';
import { containerTasks } from './container-tasks.ts';
import { derivationTasks } from './derivation-tasks.ts';
import { keyTasks } from './key-tasks.ts';
import { createPool, type Pool, type PoolOptions } from './pool.ts';
import { serviceTasks } from './service-tasks.ts';
import { sharingTasks } from './sharing-tasks.ts';
import type { InputOf, OutputOf } from './task.ts';
import { textTasks } from './text-tasks.ts';

export const tasks = {
  ...keyTasks,
  ...certificateTasks,
  ...containerTasks,
  ...derivationTasks,
  ...sharingTasks,
  ...serviceTasks,
  ...textTasks,
};

export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = InputOf<(typeof tasks)[N]>;
export type TaskOutput<N extends TaskName> = OutputOf<(typeof tasks)[N]>;
export type Workers = Pool<typeof tasks>;

/** The server's pool: its threads start when they are first needed. */
export const createWorkers = (options: Omit<PoolOptions<typeof tasks>, 'tasks' | 'thread'> = {}): Workers =>
  createPool({ tasks, thread: new URL('thread.js', import.meta.url), ...options });
