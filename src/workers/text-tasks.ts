/** Messages in XML and JSON, to and from TTLV: their parsers hold a thread for as long as the text is. */
import { encodings, type EncodingName } from '#protocol/encodings';
import { defineTask } from './task.ts';

export interface Text {
  readonly encoding: EncodingName;
  readonly body: Uint8Array;
}

/**
 * Bytes of text that are read, and of TTLV that are written as text, in a millisecond; what is shorter than a few
 * milliseconds' worth is done at once, so that usual requests wait for no thread.
 */
const readInMillisecond = 5000;
const writtenInMillisecond = 2500;
const short = { read: 16 * 1024, written: 8 * 1024 };

export const textTasks = {
  readText: defineTask({
    cost: ({ encoding, body }: Text) =>
      encoding === 'ttlv' || body.length <= short.read ? 0 : body.length / readInMillisecond,
    run: ({ encoding, body }) => encodings[encoding].toTtlv(body),
  }),

  writeText: defineTask({
    cost: ({ encoding, body }: Text) =>
      encoding === 'ttlv' || body.length <= short.written ? 0 : body.length / writtenInMillisecond,
    run: ({ encoding, body }) => encodings[encoding].fromTtlv(body),
  }),
};
