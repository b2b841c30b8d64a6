/** The tasks of worker threads: named, pure functions, whose cost is known from the input before they run. */
import type { Random } from '#crypto/padding';

/** What a task has besides its input: a worker draws from OpenSSL, the main thread from what it was given. */
export interface Environment {
  readonly random: Random;
}

/**
 * Input and output are what `structuredClone` takes (no functions), and are copied on their way: secrets belong into
 * Uint8Arrays, which are wiped in the thread when the task is done. What it gives is its own: nothing that a module
 * keeps. It throws KmipError or TtlvError for what the input is to blame for.
 */
export interface Task<I, O> {
  /** About how many milliseconds it takes one thread, at the most that is likely. Takes no time itself. */
  cost(input: I): number;
  run(input: I, environment: Environment): O | Promise<O>;
}

export type TaskTable = { readonly [name: string]: Task<unknown, unknown> };
export type InputOf<T> = T extends Task<infer I, infer _> ? I : never;
export type OutputOf<T> = T extends Task<infer _, infer O> ? Awaited<O> : never;

export const defineTask = <I, O>(task: Task<I, O>): Task<I, O> => task;
