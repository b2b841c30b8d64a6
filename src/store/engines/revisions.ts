import { ConflictError, SpentError } from './engine.ts';
import type { Change } from './engine.ts';

/** Stands for a tombstone where a revision is expected: no change fits it. */
export const tombstone = -1;

/** The revision that a change demands and the one that it leaves; 0 stands for no record. */
export interface Step {
  readonly kind: string;
  readonly id: string;
  readonly expected: number;
  readonly revision: number;
}

/** In the order of the changes. */
export function stepsOf(changes: readonly Change[]): Step[] {
  const removed = new Set<string>();
  return changes.map((change) => {
    const step = stepOf(change);
    const name = `${step.kind}\0${step.id}`;
    if (step.revision === 0) removed.add(name);
    // What takes the place of a record that the same commit removes may have any revision.
    else if (removed.size > 0 && 'put' in change && removed.delete(name)) return { ...step, expected: 0 };
    return step;
  });
}

function stepOf(change: Change): Step {
  if ('remove' in change) {
    const { kind, id, revision, spend } = change.remove;
    return { kind, id, expected: revision, revision: spend ? tombstone : 0 };
  }
  const { kind, id, revision } = change.put;
  return { kind, id, expected: change.isNew ? 0 : revision - 1, revision };
}

/** The first step whose revision is stale, given what is there before the first of them. */
export function findConflict<S extends Step>(
  steps: readonly S[],
  present: (step: S) => number,
): ConflictError | undefined {
  const changedHere = new Map<string, number>();
  for (const step of steps) {
    const name = `${step.kind}\0${step.id}`;
    const revision = changedHere.get(name) ?? present(step);
    if (revision !== step.expected) return conflictOf(step, revision);
    changedHere.set(name, step.revision);
  }
  return undefined;
}

/** What a step meets that does not fit. `present` is the revision that is there. */
export function conflictOf({ kind, id, expected }: Step, present: number): ConflictError {
  return present === tombstone && expected === 0 ? new SpentError(kind, id) : new ConflictError(kind, id);
}
