/**
 * Identifiers are UUIDs of version 7 (RFC 9562 §5.7): 36 characters, unguessable, and in the order of their making, which is the order that Locate
 * answers in (KMIP 2.1 §6.1.28).
 */

/** Within a millisecond the order is kept by counting on from the last one of this process. */
let last = { milliseconds: 0, count: 0 };

/** @param milliseconds since 1970. @param random gives so many random bytes. */
export function newIdentifier(milliseconds: number, random: (length: number) => Uint8Array): string {
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
}
