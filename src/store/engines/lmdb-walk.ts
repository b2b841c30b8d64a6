/**
 * Walks the identifiers of one kind that have all of some terms. Each term's list is sorted by identifier, so the lists
 * are leapfrogged: every list in turn skips to the first identifier that the others have not passed. That costs a few
 * seeks for each entry of the rarest term, however common the others are.
 */
import type { Database } from 'lmdb';
import type { IndexQuery } from './engine.ts';
import { endOf, recordKey, termKey } from './lmdb-layout.ts';

export type Keys = Database<Buffer, Buffer>;

/** All keys that start with `prefix`; what follows it is an identifier. */
interface List {
  readonly keys: Keys;
  readonly prefix: Buffer;
}

export interface Walk {
  readonly done: boolean;
  /**
   * The next few identifiers; the list may be empty although more follow. Reads at most `steps` keys of one snapshot.
   */
  next(steps: number): string[];
}

export function startWalk(records: Keys, terms: Keys, query: IndexQuery): Walk {
  const { kind, after, reverse = false } = query;
  const lists = [...new Set(query.terms)].map((term): List => ({ keys: terms, prefix: termKey(kind, term, '') }));
  if (lists.length === 0) lists.push({ keys: records, prefix: recordKey(kind, '') });

  let position: Buffer | undefined = after === undefined ? undefined : Buffer.from(after);
  let passed = true;
  let agreed = 0;
  let turn = 0;
  let done = false;

  /** The first identifiers of a list from the position on. */
  function seek({ keys, prefix }: List, limit: number): Buffer[] {
    const low = position === undefined || reverse ? prefix : Buffer.concat([prefix, position]);
    const high = position === undefined || !reverse ? endOf(prefix) : Buffer.concat([prefix, position]);
    const [start, end] = reverse ? [high, low] : [low, high];
    const exclusiveStart = passed && position !== undefined;
    const range = keys.getKeys({ start, end, reverse, exclusiveStart, limit });
    return Array.from(range, (key) => key.subarray(prefix.length));
  }

  function scan(list: List, limit: number): Buffer[] {
    const ids = seek(list, limit);
    done = ids.length < limit;
    position = ids.at(-1) ?? position;
    return ids;
  }

  function leapfrog(steps: number): Buffer[] {
    const ids: Buffer[] = [];
    for (let step = 0; step < steps && !done; step++) {
      const [id] = seek(lists[turn]!, 1);
      turn = (turn + 1) % lists.length;
      if (id === undefined) {
        done = true;
        break;
      }
      agreed = !passed && position?.equals(id) ? agreed + 1 : 1;
      passed = agreed === lists.length;
      position = id;
      if (passed) ids.push(id);
    }
    return ids;
  }

  return {
    get done() {
      return done;
    },
    next(steps) {
      const [first] = lists;
      const ids = lists.length === 1 && first ? scan(first, steps) : leapfrog(steps);
      return ids.map((id) => id.toString());
    },
  };
}
