/**
 * Work that may be long is counted while it is done, in comparisons, values and the like, each about a microsecond:
 * after some of it there is a turn of the event loop to wait for. Mostly there is none, and going on costs nothing.
 *
 *     const turn = pace(held.length);
 *     if (turn !== undefined) await turn;
 */
export type Pace = (work: number) => Promise<void> | undefined;
