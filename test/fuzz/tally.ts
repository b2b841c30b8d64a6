/** Counts what came of requests: a run in which nothing succeeds tries little. */
import { enumerationValue } from '#protocol/enumerations';
import { Tag } from '#protocol/tags';
import { ItemType, type Item } from '#ttlv/item';
import { operationIn } from './requests.ts';

export interface Tally {
  /** Successes of each operation. */
  readonly successes: ReadonlyMap<string, number>;
  /** Refusals by their Result Reasons. */
  readonly reasons: ReadonlyMap<string, number>;
}

export function createTally(): Tally & { count(answer: Item, request: Item): void } {
  const successes = new Map<string, number>();
  const reasons = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    successes,
    reasons,
    count(answer, request) {
      const items = (answer.type === ItemType.Structure ? answer.value : []).filter(({ tag }) => tag === Tag.BatchItem);
      for (const each of items) {
        const valueOf = (tag: number) =>
          (each.value as readonly Item[]).find((part) => part.tag === tag)?.value as number;
        const reason = valueOf(Tag.ResultReason);
        const operation = valueOf(Tag.Operation);
        if (reason !== undefined) add(reasons, String(enumerationValue('ResultReason', reason)));
        else if (operation === undefined) add(successes, operationIn(request));
        else add(successes, String(enumerationValue('Operation', operation)));
      }
    },
  };
}
