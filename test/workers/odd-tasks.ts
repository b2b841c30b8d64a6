/** Tasks that do what tests of the pool want to see: wait, fail, break their thread, tell what they were given. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KmipError } from '#protocol/kmip-error';
import { TtlvError } from '#ttlv/item';
import { defineTask } from '#workers/task';

/** The last input, as the thread has it after its task. */
let last: Uint8Array | undefined;

interface Waiting {
  /** Milliseconds that it says it will take, and that it takes. */
  readonly says: number;
  readonly takes: number;
}

export const oddTasks = {
  wait: defineTask({
    cost: ({ says }: Waiting) => says,
    run({ takes }): number {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, takes);
      return takes;
    },
  }),
  fail: defineTask({
    cost: () => 1,
    run(how: 'KmipError' | 'TtlvError' | 'RangeError' | 'Error'): never {
      if (how === 'KmipError') throw new KmipError('InvalidField', 'a field is wrong');
      if (how === 'TtlvError') throw new TtlvError('a length is wrong', 7, true);
      if (how === 'RangeError') throw new RangeError('out of range');
      throw new Error('a bug');
    },
  }),
  end: defineTask({ cost: () => 1, run: (): never => process.exit(3) }),
  fill: defineTask({
    cost: () => 1,
    run(): number {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 100_000 }, (_, place) => place * 1.5));
    },
  }),
  keep: defineTask({
    cost: () => 1,
    run(bytes: Uint8Array): { readonly sum: number; readonly copy: Uint8Array } {
      last = bytes;
      return { sum: bytes.reduce((sum, each) => sum + each, 0), copy: Buffer.from(bytes) };
    },
  }),
  kept: defineTask({ cost: () => 1, run: (): Uint8Array => Uint8Array.from(last ?? randomBytes(1)) }),
  priority: defineTask({
    cost: (says: number) => says,
    // The nineteenth field (proc_pid_stat(5)); the second may have spaces.
    run: (): number =>
      Number(
        readFileSync('/proc/thread-self/stat', 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[16],
      ),
  }),
  cheap: defineTask({ cost: () => 0.1, run: (): boolean => true }),
};
