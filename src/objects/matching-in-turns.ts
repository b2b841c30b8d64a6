/** The comparisons of `matching.ts` for many or large values, with turns of the event loop in between. */
import { attributeRow, valuesOf, type AttributeKey, type Attributes } from '#objects/attributes/attributes';
import { withinRange } from './matching.ts';
import type { Pace } from './pace.ts';
import { sizeOfValue } from './value-size.ts';

/** The number of item comparisons that take negligible time. */
export const fewComparisons = 500;

/**
 * An upper bound of the work to compare one value with all requested ones: a comparison ends with the smaller value.
 */
export function workOfAsked(key: AttributeKey, asked: readonly unknown[]): number {
  let work = 0;
  for (const value of asked) work += sizeOfValue(key, value);
  return work;
}

/** Whether the object has every value that is asked for. */
export async function matchesInTurns(
  attributes: Attributes,
  key: AttributeKey,
  asked: readonly unknown[],
  pace: Pace,
): Promise<boolean> {
  const { matches } = attributeRow(key);
  const held = valuesOf(attributes, key);
  // The two ends of a range belong together.
  if (matches === withinRange) return matches(held, asked);
  for (const value of asked) {
    if (!(await isHeld(key, value, held, pace))) return false;
  }
  return true;
}

async function isHeld(key: AttributeKey, value: unknown, held: readonly unknown[], pace: Pace): Promise<boolean> {
  const { matches } = attributeRow(key);
  const size = sizeOfValue(key, value);
  const atOnce = Math.max(1, Math.floor(fewComparisons / size));
  for (let from = 0; from < held.length; from += atOnce) {
    const some = held.slice(from, from + atOnce);
    const isAmong = matches(some, [value]);
    const turn = pace(some.length * size);
    if (turn !== undefined) await turn;
    if (isAmong) return true;
  }
  return false;
}
