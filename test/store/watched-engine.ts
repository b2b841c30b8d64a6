import type { Change, Engine } from '#store/engines/engine';

/** The same engine, with `commit` called in its place: it fails, delays or counts as a test needs it. */
export function watchedEngine(
  engine: Engine,
  commit: (changes: readonly Change[], proceed: () => Promise<void>) => Promise<void>,
): Engine {
  return {
    get: (kind, id, knownRevision) => engine.get(kind, id, knownRevision),
    find: (query, damaged) => engine.find(query, damaged),
    kinds: () => engine.kinds(),
    indexFaults: () => engine.indexFaults(),
    commit: (changes) => commit(changes, () => engine.commit(changes)),
    close: () => engine.close(),
  };
}

/**
 * Dies like a process: nothing is committed from the n-th commit (counted from 0) on, or, `after` it, from the one
 * behind it.
 */
export function dyingEngine(engine: Engine, commits: number, when: 'before' | 'after'): Engine {
  let left = commits;
  return watchedEngine(engine, async (_changes, proceed) => {
    const lastOne = left-- === 0;
    if (left >= 0 || (lastOne && when === 'after')) await proceed();
    if (left < 0) throw new Error('the process was killed');
  });
}
