import { ConflictError } from './engine.ts';
import type { Change } from './engine.ts';

/** The revision that a change demands and the one that it leaves; 0 stands for no record. */
export interface Step {
  readonly kind: string;
  readonly id: string;
  readonly expected: number;
  readonly revision: number;
}

export function stepOf(change: Change): Step {
  if ('remove' in change) {
    const { kind, id, revision } = change.remove;
    return { kind, id, expected: revision, revision: 0 };
  }
  const { kind, id, revision } = change.put;
  return { kind, id, expected: revision - 1, revision };
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
    if (revision !== step.expected) return new ConflictError(step.kind, step.id);
    changedHere.set(name, step.revision);
  }
  return undefined;
}
