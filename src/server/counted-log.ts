/** Lines of the log that a client or a stranger can cause at will: the first ones are written, the others counted. */
import { createTally, type TallyBounds } from '#tally';
import type { ServerLog } from './server-log.ts';

type Level = 'info' | 'warn' | 'error';

export interface CountedLog {
  /**
   * @param whose the client, or the address of somebody unknown.
   * @param details is the rest of the line, beside `whose`.
   * @param first how many of these lines of one client are written in a minute.
   */
  note(level: Level, message: string, whose: Whose, details: object, first?: number): void;
  /** Writes how many lines were left out. */
  close(): void;
}

export type Whose = { readonly client: string } | { readonly peer: string };

const usualBounds: TallyBounds = { window: 60_000, kinds: 1024, kindsOfPeer: 32 };

interface Kind {
  readonly level: Level;
  readonly message: string;
  readonly whose: Whose;
}

/** Lines of a kind and a client that are written in a minute, where they are what the client wants in the log. */
export const ownLines = 100;

/** Enough to see what goes on, and few enough for any disk. */
const usualLines = 5;

export function createCountedLog(log: ServerLog, bounds: TallyBounds = usualBounds): CountedLog {
  const tally = createTally<Kind>(
    {
      ofKind: ({ level, message, whose }, count) =>
        log[level](`${message}: more lines were left out`, { ...whose, count }),
      ofOthers: (whose, count) => log.warn('log lines were left out', { whose: whose ?? 'several', count }),
    },
    bounds,
  );
  return {
    note(level, message, whose, details, first = usualLines) {
      const name = 'client' in whose ? whose.client : whose.peer;
      const isWritten = tally.note(`${name} ${message}`, name, () => ({ level, message, whose }), first);
      log[isWritten ? level : 'debug'](message, { ...whose, ...details });
    },
    close: tally.close,
  };
}
