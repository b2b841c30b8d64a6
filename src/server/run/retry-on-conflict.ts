/** Runs again what others have disturbed: those who change one object of one process wait in line for it. */
import { ConflictError, SpentError } from '#store/engines/engine';
import type { ServerState } from '#server/server-state';

/**
 * An item is run again when somebody else changed its object meanwhile. Those of one process wait in line, so that it
 * races with one of each other process, and with new arrivals; of eight processes nobody is unlucky so often in 10^14
 * times.
 */
const maximumRuns = 256;

/**
 * A batch that can be undone costs more, and has right of way after the first runs. Only other processes can still be
 * faster then.
 */
export const batchRuns = { most: 16, byLuck: 8 } as const;

/** How often something is run. */
export interface Runs {
  readonly most: number;
  /** So many runs, and others give way in those that follow. */
  readonly byLuck: number;
  /** How many items the last run had. */
  items(): number;
}

const usualRuns: Runs = { most: maximumRuns, byLuck: maximumRuns, items: () => 1 };

/**
 * Runs again, a bounded number of times, when somebody else changed meanwhile what this run changes. `run` is handed
 * whether others give way. The rate of the client, if any, is charged for each further run.
 */
export async function retryOnConflict<T>(
  { lines, rate }: Pick<ServerState, 'lines' | 'rate'>,
  run: (hasWay: boolean) => Promise<T>,
  client?: string,
  { most, byLuck, items }: Runs = usualRuns,
): Promise<T> {
  const claims = new Map<string, () => void>();
  let leave: (() => void) | undefined;
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await run(claims.size > 0);
      } catch (error) {
        if (!(error instanceof ConflictError) || error instanceof SpentError || tries === most) throw error;
        leave ??= await lines.enter(error.id);
        if (tries >= byLuck && !claims.has(error.id)) claims.set(error.id, lines.claim(error.id));
        // Every run is work.
        if (client !== undefined) rate.take(client, items());
      }
    }
  } finally {
    for (const release of claims.values()) release();
    leave?.();
  }
}
