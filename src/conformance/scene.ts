/** The place of an item in an answer, and what is known at that place: the input of the rules. */
import type { Item } from '#ttlv/item';
import { Tag, type TagName } from '#protocol/tags';
import { unknownObject, type Ledger, type ObjectFacts } from './ledger.ts';
import { textIn } from './tree.ts';
import type { Bound } from './variables.ts';

/** The batch item that an answer belongs to; for the header of the answer, that of the request. */
export interface Scene {
  readonly operation: string | undefined;
  /** The payload of the request, or its header, with the values of variables. */
  readonly asked: readonly Item[];
  readonly answered: readonly Item[];
  readonly ledger: Ledger;
  /** Seconds since 1970 between which the server may have set a date. */
  readonly earliest: bigint;
  readonly latest: bigint;
  /** Seconds since `$NOW`: a date that the server reckons from its clock is later by as many at the most. */
  readonly elapsed: bigint;
  /** Grows as variables are seen for the first time. */
  readonly bindings: Map<string, Bound>;
}

/** The place of an item: its meaning, what contains it, and the scene. */
export interface Spot {
  /** The name of its tag; for an Attribute Value that of the attribute, as `State` or `x-Barcode`. */
  readonly meaning: string | undefined;
  readonly within: readonly (string | undefined)[];
  readonly scene: Scene;
}

/** Whether an item means one of these. */
export const among =
  (...meanings: readonly TagName[]) =>
  (spot: Spot): boolean =>
    meanings.some((each) => each === spot.meaning);

/** The facts of the object that an answer speaks of. */
export function objectOf({ asked, answered, ledger }: Scene): ObjectFacts {
  const named = [...answered, ...asked].find(({ tag }) => tag === Tag.UniqueIdentifier);
  return ledger.get(textIn(named) ?? '') ?? unknownObject;
}
