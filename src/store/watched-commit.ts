/** Publishes the outcome of each commit. */
import { commitChannel, microsecondsSince, type CommitEvent } from '#observer';
import { ConflictError } from './engines/engine.ts';
import type { Store } from './store.ts';

/** The same function while nobody subscribes. */
export const watchedCommit =
  (commit: Store['commit']): Store['commit'] =>
  (changes, admit) =>
    commitChannel.hasSubscribers ? watched(commit(changes, admit), changes.length) : commit(changes, admit);

async function watched(commit: Promise<void>, changes: number): Promise<void> {
  const start = performance.now();
  const report = (outcome: CommitEvent['outcome']): void =>
    commitChannel.publish({ outcome, changes, microseconds: microsecondsSince(start) });
  try {
    await commit;
  } catch (error) {
    report(error instanceof ConflictError ? 'conflict' : 'failed');
    throw error;
  }
  report('committed');
}
