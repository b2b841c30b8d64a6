import { KmipError } from '#protocol/kmip-error';

/** What was decrypted and waits for its tag to be checked. */
export interface HeldPlaintext {
  /** Takes a part over: the one given is wiped. @throws KmipError ServerLimitExceeded above the maximum. */
  add(part: Uint8Array): void;
  /** A copy. */
  all(): Uint8Array;
  wipe(): void;
}

/** In one piece, which grows by doubling: many small parts cost no more than few large ones. The maximum is in bytes. */
export function heldPlaintext(maximum: number): HeldPlaintext {
  let bytes = new Uint8Array(0);
  let length = 0;
  return {
    add(part) {
      const needed = length + part.length;
      if (needed > maximum) {
        part.fill(0);
        const why = `a stream is decrypted up to ${maximum} bytes before its tag was checked`;
        throw new KmipError('ServerLimitExceeded', why);
      }
      if (needed > bytes.length) {
        const larger = new Uint8Array(Math.min(maximum, 2 * needed));
        larger.set(bytes);
        bytes.fill(0);
        bytes = larger;
      }
      bytes.set(part, length);
      length = needed;
      part.fill(0);
    },
    all: () => Uint8Array.from(bytes.subarray(0, length)),
    wipe: () => void bytes.fill(0),
  };
}
