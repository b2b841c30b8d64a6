/** Messages in XML and JSON, to and from TTLV: their parsers hold a thread for as long as the text is. */
import { fromTtlv, toTtlv } from '#protocol/carried-texts';
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
const shortRead = 16 * 1024;
export const shortWritten = 8 * 1024;

export const textTasks = {
  readText: defineTask({
    cost: ({ encoding, body }: Text) =>
      encoding === 'ttlv' || body.length <= shortRead ? 0 : body.length / readInMillisecond,
    run: ({ encoding, body }) => toTtlv(encodings[encoding], body),
  }),

  writeText: defineTask({
    cost: ({ encoding, body }: Text) =>
      encoding === 'ttlv' || body.length <= shortWritten ? 0 : body.length / writtenInMillisecond,
    run: ({ encoding, body }) => fromTtlv(encodings[encoding], body),
  }),
};
