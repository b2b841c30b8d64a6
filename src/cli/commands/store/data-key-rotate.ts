import { replaceDataKey } from '#administration/store/keep';
import { defineCommand } from '#cli/command';
import { runUseCase } from '#cli/run-use-case';

export const dataKeyRotate = defineCommand({
  usage: 'rotate',
  summary: 'seal every record under a new data key, and delete the old ones',
  description:
    'Servers may run meanwhile. When it is interrupted, run it again: it goes on where it stopped. After it, destroyed ' +
    'keys cannot be recovered from the pages of the database, even with the root key.',
  examples: ['data-key rotate'],
  async run(invocation) {
    await runUseCase(invocation, replaceDataKey, undefined, async (steps) => {
      const progress = invocation.output.progress('sealing');
      let sealed = 0;
      try {
        for await (const { done, total } of steps) {
          progress.update(done, total);
          sealed = total;
        }
      } finally {
        progress.end();
      }
      invocation.output.note(`${sealed} records are sealed under a new data key, and the old ones are deleted`);
    });
  },
});
