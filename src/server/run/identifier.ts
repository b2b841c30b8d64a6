/**
 * Identifiers are UUIDs of version 7 (RFC 9562 §5.7): 36 characters, unguessable, and in the order of their making,
 * which is the order that Locate answers in (KMIP 2.1 §6.1.28).
 */

/** @param milliseconds since 1970. */
export type NewIdentifier = (milliseconds: number) => string;

/**
 * Each identifier is above the one before: within a millisecond, or when the clock steps back, they count on.
 * @param random gives so many random bytes.
 */
export function identifiers(random: (length: number) => Uint8Array): NewIdentifier {
  let last = { milliseconds: 0, count: 0 };
  return (milliseconds) => {
    last =
      milliseconds > last.milliseconds
        ? { milliseconds, count: 0 }
        : last.count < 0xfff
          ? { milliseconds: last.milliseconds, count: last.count + 1 }
          : { milliseconds: last.milliseconds + 1, count: 0 };
    const time = last.milliseconds.toString(16).padStart(12, '0');
    const count = last.count.toString(16).padStart(3, '0');
    const rest = Buffer.from(random(8));
    rest[0] = ((rest[0] as number) & 0x3f) | 0x80;
    const tail = rest.toString('hex');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  };
}
