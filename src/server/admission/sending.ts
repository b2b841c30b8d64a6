/** How an answer leaves: as fast as the peer takes it, and no slower than it must. */
import type { Writable } from 'node:stream';

/** Bytes that are handed over at once: no more than that is held a second time, encrypted. */
const piece = 256 * 1024;

/**
 * Bytes a second that a peer has to send of a long request, or to take of a long answer, beside the time that it has
 * anyway.
 */
const leastRate = 64 * 1024;

/** Milliseconds for so many bytes; `timeout` is what the shortest message has. */
export const timeFor = (bytes: number, timeout: number): number => timeout + (bytes / leastRate) * 1000;

export interface SendingOptions {
  /** Milliseconds for a piece to be taken. */
  readonly timeout: number;
  /** The peer does not take it. The stream is to be destroyed, and nothing else comes of it. */
  onStalled(): void;
}

/** Whether it may take more than one write, and time. */
export const isLong = (answer: Uint8Array): boolean => answer.length > piece;

/**
 * Writes all but what is left for a last write; resolves to that when the stream takes it, or to nothing when it is
 * gone.
 */
export async function sendLong(
  stream: Writable,
  answer: Uint8Array,
  options: SendingOptions,
): Promise<Uint8Array | undefined> {
  const until = performance.now() + timeFor(answer.length, options.timeout);
  let at = 0;
  for (; answer.length - at > piece; at += piece) {
    if (stream.destroyed) return undefined;
    if (stream.write(answer.subarray(at, at + piece))) continue;
    const left = until - performance.now();
    await taken(stream, { ...options, timeout: Math.max(0, Math.min(options.timeout, left)) });
  }
  return stream.destroyed ? undefined : answer.subarray(at);
}

/** Resolves when the stream takes more, or is gone. */
export function taken(stream: Writable, { timeout, onStalled }: SendingOptions): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(onStalled, timeout);
    const done = (): void => {
      clearTimeout(timer);
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
