/**
 * Two things measured beside each other. A shared machine changes its pace from second to second, so that they are
 * measured in turn, in short slices, and the median of the ratios of neighbours is what counts.
 */

export interface Slice {
  /** A second. */
  readonly rate: number;
  /** CPU of the server process, microseconds for each. */
  readonly cpu: number;
}

export type Measure = (milliseconds: number) => Promise<Slice>;

export interface Comparison {
  readonly ours: Slice;
  readonly bare: Slice;
  /** Medians over all pairs of slices, ours by bare. */
  readonly ratio: Slice;
}

const sliceMilliseconds = 400;
/** Pairs before the code is compiled and caches are filled. */
const warmUp = 2;

/** Takes about so many milliseconds. */
export async function inTurn(milliseconds: number, ours: Measure, bare: Measure): Promise<Comparison> {
  const pairs: (readonly [Slice, Slice])[] = [];
  const count = warmUp + Math.max(3, Math.round(milliseconds / sliceMilliseconds / 2));
  for (let pair = 0; pair < count; pair++) {
    pairs.push([await ours(sliceMilliseconds), await bare(sliceMilliseconds)]);
  }
  const counted = pairs.slice(warmUp);
  const middle = (of: (pair: readonly [Slice, Slice]) => Slice): Slice => ({
    rate: median(counted.map((pair) => of(pair).rate)),
    cpu: median(counted.map((pair) => of(pair).cpu)),
  });
  return {
    ours: middle(([slice]) => slice),
    bare: middle(([, slice]) => slice),
    ratio: middle(([a, b]) => ({ rate: a.rate / b.rate, cpu: a.cpu / b.cpu })),
  };
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
