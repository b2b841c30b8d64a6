/** Processes the data of a stream, whose state is in the main thread, in pieces of about a millisecond. */
import type { Context } from '#operations/context';

/** In bytes: the slowest cipher processes them in two milliseconds. */
const pieceLength = 32 * 1024;

/**
 * Passes on the data in order, with turns of other clients between pieces. Small data is passed on immediately, without
 * a promise.
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
