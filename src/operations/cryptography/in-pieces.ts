/** Data of a stream, whose state is the main thread's, taken a millisecond's work at a time. */
import type { Context } from '#operations/context';

/** In bytes: what the slowest cipher takes in two milliseconds. */
const pieceLength = 32 * 1024;

/**
 * Hands over the data in its order; between two pieces others have their turns. Small data go at once, without a
 * promise.
 */
export function inPieces(
  data: Uint8Array,
  context: Context,
  take: (piece: Uint8Array) => unknown,
): Promise<void> | void {
  if (data.length > pieceLength) return inTurns(data, context, take);
  take(data);
}

async function inTurns(data: Uint8Array, context: Context, take: (piece: Uint8Array) => unknown): Promise<void> {
  for (let start = 0; start < data.length; start += pieceLength) {
    await context.inTurn(() => take(data.subarray(start, start + pieceLength)));
  }
}
