import { KmipError } from '#protocol/kmip-error';
import type { StreamRoom } from '#operations/context';

/** Decrypted data that waits for its tag to be checked. */
export interface HeldPlaintext {
  /**
   * Takes a part, and wipes the given bytes.
   * @throws KmipError ServerLimitExceeded above the maximum, and when the room is exhausted;
   * OperationCanceledByRequester when the data was already wiped.
   */
  add(part: Uint8Array, room: StreamRoom): void;
  /** A copy. */
  all(): Uint8Array;
  /** Wipes all data and ends. */
  wipe(): void;
}

/**
 * One buffer, which grows by doubling, so that many small parts cost no more than a few large ones. The maximum is in
 * bytes.
 */
export function heldPlaintext(maximum: number): HeldPlaintext {
  let bytes = new Uint8Array(0);
  let length = 0;
  let taken: StreamRoom | undefined;
  let isOver = false;

  function grow(to: number, room: StreamRoom): void {
    room.take(to - bytes.length);
    taken = room;
    const larger = new Uint8Array(to);
    larger.set(bytes);
    bytes.fill(0);
    bytes = larger;
  }

  return {
    add(part, room) {
      try {
        // The connection may have closed while the part was decrypted: the part would never be wiped.
        if (isOver) throw new KmipError('OperationCanceledByRequester', 'the stream has ended');
        const needed = length + part.length;
        if (needed > maximum) {
          const why = `a stream with an Authenticated Encryption Tag must be at most ${maximum} bytes`;
          throw new KmipError('ServerLimitExceeded', why);
        }
        if (needed > bytes.length) grow(Math.min(maximum, 2 * needed), room);
        bytes.set(part, length);
        length = needed;
      } finally {
        part.fill(0);
      }
    },
    all: () => Uint8Array.from(bytes.subarray(0, length)),
    wipe() {
      isOver = true;
      bytes.fill(0);
      taken?.release(bytes.length);
      bytes = new Uint8Array(0);
      length = 0;
    },
  };
}
