/** The staged objects of a batch with Undo, by their index terms. */
import type { ManagedObject } from '#objects/managed-object';
import { objectKind } from './object-record.ts';
import type { TermMaker } from '#store/store';

export interface StagedTerms {
  /** null: removed. */
  changed(id: string, value: ManagedObject | null): void;
  /** The identifiers of the objects that have all of the terms, the newest first. */
  withAll(terms: readonly string[]): readonly string[];
}

/** Terms are hashes: they are computed at a search, once for each value. */
export function stagedTerms(term: TermMaker): StagedTerms {
  const waiting = new Map<string, ManagedObject | null>();
  const termsById = new Map<string, ReadonlySet<string>>();
  const idsByTerm = new Map<string, Set<string>>();

  function index(id: string, value: ManagedObject | null): void {
    for (const old of termsById.get(id) ?? []) idsByTerm.get(old)?.delete(id);
    const terms = new Set(value === null ? [] : objectKind.terms(value, term));
    termsById.set(id, terms);
    for (const each of terms) {
      const ids = idsByTerm.get(each);
      if (ids === undefined) idsByTerm.set(each, new Set([id]));
      else ids.add(id);
    }
  }

  return {
    changed: (id, value) => void waiting.set(id, value),

    withAll(terms) {
      for (const [id, value] of waiting) index(id, value);
      waiting.clear();
      const lists = [...new Set(terms)].map((each) => idsByTerm.get(each) ?? new Set<string>());
      const [rarest = new Set(termsById.keys()), ...others] = lists.sort((a, b) => a.size - b.size);
      const ids = [...rarest].filter((id) => others.every((each) => each.has(id)));
      return ids.sort().reverse();
    },
  };
}
