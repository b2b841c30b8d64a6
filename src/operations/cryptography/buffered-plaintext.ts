import { KmipError } from '#protocol/kmip-error';
import type { StreamRoom } from '#operations/context';

/** What was decrypted and waits for its tag to be checked. */
export interface HeldPlaintext {
  /**
   * Takes a part over: the one given is wiped. @throws KmipError ServerLimitExceeded above the maximum, and where the room has no more;
   * OperationCanceledByRequester when all was wiped already.
   */
  add(part: Uint8Array, room: StreamRoom): void;
  /** A copy. */
  all(): Uint8Array;
  /** The end: nothing is held after it. */
  wipe(): void;
}

/** In one piece, which grows by doubling: many small parts cost no more than few large ones. The maximum is in bytes. */
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
        // Its connection may have gone while the part was decrypted: nobody would come to wipe it.
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
