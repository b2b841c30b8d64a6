/**
 * Cuts a byte stream into messages: each is one Structure with a tag of the standard, so its first 8 bytes say its
 * length.
 */
import { asBuffer } from './decode.ts';
import { ItemType, messageTooLong, TtlvError } from './item.ts';

export interface Framer {
  /**
   * The messages that this chunk completes, without their meaning being looked at. A message that lies within
   * the chunk is a view of it. Those beyond `atOnce` stay bytes until `more` asks for them.
   * @throws TtlvError, at once and ever after, when the stream holds something else than messages within the
   * bound. Messages that were complete before that point are returned first: then it is `fault` that tells, and
   * the next call that throws.
   */
  push(chunk: Uint8Array): Uint8Array[];
  /** The next messages of what was pushed and not cut yet; it throws as `push` does. */
  more(): Uint8Array[];
  /** Whether `more` has something to look at. */
  readonly hasMore: boolean;
  /** Whether the stream would end within a message (or in a fault). */
  end(): boolean;
  /** Bytes of the message that has begun and is not whole, when its header is there. */
  readonly announced: number | undefined;
  readonly fault: TtlvError | undefined;
  /** As much of the faulty message as has come, at most 512 bytes: enough to tell how to answer. */
  readonly beginning: Uint8Array;
}

const headerLength = 8;
const beginningLength = 512;
const nothing = Buffer.alloc(0);

export interface FramerLimits {
  /** Of one message, header included. */
  readonly maximumBytes: number;
  /** Messages that one call returns: each takes many times the memory of the shortest messages' bytes. */
  readonly atOnce?: number;
}

/** Never more is held than twice what was received. */
export function createFramer({ maximumBytes, atOnce = Infinity }: FramerLimits): Framer {
  let fault: TtlvError | undefined;
  /**
   * The start of a message whose rest has not come: `filled` bytes of a buffer that grows with them, towards
   * `announced`.
   */
  let partial = nothing;
  let filled = 0;
  let announced: number | undefined;
  let beginning = nothing;
  /** What was received and is not cut yet. */
  let rest: Buffer = nothing;

  /** Keeps the beginning of a message that is at fault: what was kept of it, and what follows in the chunk. */
  function lengthOf(kept: Buffer, following: Buffer): number | undefined {
    try {
      return messageLength(kept.length > 0 ? kept : following, maximumBytes);
    } catch (error) {
      beginning = Buffer.concat([kept, following.subarray(0, beginningLength)]).subarray(0, beginningLength);
      throw error;
    }
  }

  function cut(chunk: Buffer, messages: Uint8Array[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (messages.length >= atOnce) return void (rest = chunk.subarray(at));
      if (filled === 0) {
        const length = lengthOf(nothing, chunk.subarray(at));
        if (length !== undefined && at + length <= chunk.length) {
          messages.push(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
      }
      const end = Math.min(chunk.length, at + (announced ?? headerLength) - filled);
      keep(chunk.subarray(at, end));
      at = end;
      announced ??= lengthOf(partial.subarray(0, filled), chunk.subarray(at));
      if (filled === announced) {
        messages.push(partial.subarray(0, filled));
        partial = nothing;
        filled = 0;
        announced = undefined;
      }
    }
  }

  function keep(bytes: Buffer): void {
    const needed = filled + bytes.length;
    if (needed > partial.length) {
      const grown = Buffer.allocUnsafe(Math.min(announced ?? headerLength, Math.max(needed, partial.length * 2)));
      partial.copy(grown, 0, 0, filled);
      partial = grown;
    }
    bytes.copy(partial, filled);
    filled = needed;
  }

  function messagesOf(chunk: Buffer): Uint8Array[] {
    if (fault !== undefined) throw fault;
    const messages: Uint8Array[] = [];
    try {
      cut(chunk, messages);
    } catch (error) {
      if (!(error instanceof TtlvError)) throw error;
      fault = error;
      if (messages.length === 0) throw fault;
    }
    return messages;
  }

  /** What is left, which is nobody's any more. */
  function takeRest(): Buffer {
    const left = rest;
    rest = nothing;
    return left;
  }

  return {
    push(chunk) {
      if (rest.length === 0) return messagesOf(asBuffer(chunk));
      const left = takeRest();
      const both = Buffer.concat([left, chunk]);
      // It may hold key material, and its messages are views of the copy.
      left.fill(0);
      return messagesOf(both);
    },
    more: () => messagesOf(takeRest()),
    get hasMore() {
      return rest.length > 0;
    },
    end: () => filled > 0 || rest.length > 0 || fault !== undefined,
    get announced() {
      return announced;
    },
    get fault() {
      return fault;
    },
    get beginning() {
      return beginning;
    },
  };
}

/**
 * The length of the message that starts here, or nothing before its 8 header bytes are there. Each byte is judged as
 * soon as it has come, so that plain HTTP, a second TLS or a shell on the port is seen by its first byte.
 */
function messageLength(bytes: Buffer, maximumBytes: number): number | undefined {
  if (bytes.length > 0 && bytes[0] !== 0x42) throw new TtlvError('message must start with a tag of the standard', 0);
  if (bytes.length > 3 && bytes[3] !== ItemType.Structure) throw new TtlvError('message must be a structure', 3);
  if (bytes.length < headerLength) return undefined;
  const length = headerLength + bytes.readUInt32BE(4);
  if (length > maximumBytes) throw messageTooLong(length, maximumBytes, 4);
  if (length % 8 !== 0) throw new TtlvError('length of a structure must be a multiple of 8', 4);
  return length;
}
