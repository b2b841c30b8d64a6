/** Writes an answer as fast as the peer takes it, and not slower than it must. */
import type { Writable } from 'node:stream';

/** The maximum of bytes of one write: only so many exist twice, plain and encrypted. */
const piece = 256 * 1024;

/**
 * The least bytes a second that a peer must send of a long request, or take of a long answer, after the basic timeout.
 */
const leastRate = 64 * 1024;

/** Milliseconds for so many bytes; `timeout` is the time for the shortest message. */
export const timeFor = (bytes: number, timeout: number): number => timeout + (bytes / leastRate) * 1000;

export interface SendingOptions {
  /** Milliseconds for one piece to be taken. */
  readonly timeout: number;
  /** The peer does not take the answer. The stream must be destroyed; no further event follows. */
  onStalled(): void;
}

/** Whether the answer may take more than one write. */
export const isLong = (answer: Uint8Array): boolean => answer.length > piece;

/**
 * Writes everything but the last piece. Resolves to the last piece when the stream can take it, or to undefined when
 * the stream has ended.
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

/** Resolves when the stream takes more, or has ended. */
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
