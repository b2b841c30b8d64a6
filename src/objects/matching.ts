/** How Locate compares the attributes of an object with the requested ones (KMIP 2.1 §6.1.28; 1.4 §4.9). */
import { largestDate } from '#protocol/codecs';
import { isSame } from './value-key.ts';

/** `held`: every value of the attribute, empty when it is absent. `asked`: at least one value. */
export type Matcher = (held: readonly unknown[], asked: readonly unknown[]) => boolean;

/** Every asked value is among those held. */
export const equalsEach: Matcher = (held, asked) => asked.every((value) => held.some((each) => isSame(each, value)));

/** A requested structure may be partial: its fields must be equal to those of one stored value. */
export const fieldsMatch: Matcher = (held, asked) =>
  asked.every((value) => {
    const fields = Object.entries(value as object);
    return held.some((each) =>
      fields.every(([key, field]) => field === undefined || isSame((each as Record<string, unknown>)[key], field)),
    );
  });

/** "matching candidate objects have all of the bits set in its mask that are set in the requested mask". */
export const hasAllBits: Matcher = (held, asked) =>
  asked.every((value) => held.some((each) => ((each as number) & (value as number)) === (value as number)));

/**
 * One date matches that date, two match the range from one to the other, ends included; the largest date is "equivalent
 * to an undefined attribute", in both directions.
 */
export const withinRange: Matcher = (held, asked) => {
  const dates = asked as readonly number[];
  const date = (held[0] ?? largestDate) as number;
  return date >= Math.min(...dates) && date <= Math.max(...dates);
};

interface Limits {
  readonly usageLimitsTotal?: bigint;
  readonly usageLimitsCount?: bigint;
  readonly usageLimitsUnit?: string;
}

/**
 * "matching candidate objects SHALL have a Usage Limits Count and Usage Limits Total equal to or larger
 * than the values specified".
 */
export const atLeast: Matcher = (held, asked) =>
  (asked as readonly Limits[]).every((limits) =>
    (held as readonly Limits[]).some(
      (each) =>
        reaches(each.usageLimitsTotal, limits.usageLimitsTotal) &&
        reaches(each.usageLimitsCount, limits.usageLimitsCount) &&
        (limits.usageLimitsUnit === undefined || limits.usageLimitsUnit === each.usageLimitsUnit),
    ),
  );

const reaches = (held: bigint | undefined, asked: bigint | undefined): boolean =>
  asked === undefined || (held !== undefined && held >= asked);
