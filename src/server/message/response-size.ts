/**
 * Maximum Response Size (KMIP 2.1 §9.12; 1.4 §6.3): items whose answers do not fit fail with Response Too Large (1.4
 * §11.1).
 */
import { encodedLength } from '#ttlv/encode';
import type { Pace } from '#objects/pace';
import { KmipError } from '#protocol/kmip-error';
import type { ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import type { Version } from '#protocol/versions';
import { workOfBytes } from '#server/run/pace';

type Items = readonly ResponseBatchItem[];

/**
 * The maximum of bytes of all payloads of one answer; above it the remaining items are refused, because a few bytes of
 * a batch can request a long answer. One payload alone may be larger.
 */
const maximumPayloads = 8 * 1024 * 1024;

/** Adds up the payloads of one answer; `take` returns the size of one. */
export function answerRoom(): { isFull(): boolean; take(answer: ResponseBatchItem): number } {
  let left = maximumPayloads;
  return {
    isFull: () => left <= 0,
    take({ responsePayload }) {
      const length = responsePayload === undefined ? 0 : encodedLength(responsePayload);
      left -= length;
      return length;
    },
  };
}

export const answerIsFull = (): KmipError =>
  new KmipError('ResponseTooLarge', 'the answers to earlier items fill the message: ask for fewer items at once');

/**
 * The same items, without the largest payloads, until the message fits; if that is not enough, without Result Messages.
 * What the items did stays done: the client learns that the answer was too large. A maximum that no answer fits gets
 * the smallest possible answer.
 * @param pace gives turns while a large message is measured.
 * @param lengthOf bytes of the message with these items.
 */
export async function fitting(
  items: Items,
  version: Version,
  maximumBytes: number,
  lengthOf: (items: Items) => number,
  pace: Pace,
): Promise<Items> {
  const envelope = lengthOf([]);
  const own = (item: ResponseBatchItem): number => lengthOf([item]) - envelope;
  const lengths: number[] = [];
  for (const item of items) {
    const length = own(item);
    lengths.push(length);
    const turn = pace(workOfBytes(length));
    if (turn !== undefined) await turn;
  }
  const largestFirst = items
    .map((item, place) => ({ place, length: item.responsePayload === undefined ? 0 : (lengths[place] as number) }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length);
  const fitted = [...items];
  let left = lengths.reduce((sum, length) => sum + length, envelope);
  for (const { place, length } of largestFirst) {
    if (left <= maximumBytes) return fitted;
    const refused = tooLarge(items[place] as ResponseBatchItem, version);
    fitted[place] = refused;
    left += own(refused) - length;
  }
  return left <= maximumBytes ? fitted : fitted.map((item) => ({ ...item, resultMessage: undefined }));
}

const tooLarge = ({ operation, uniqueBatchItemID }: ResponseBatchItem, version: Version): ResponseBatchItem => ({
  operation,
  uniqueBatchItemID,
  resultStatus: 'OperationFailed',
  resultReason: reasonFor('ResponseTooLarge', version),
  resultMessage: 'the answer is larger than Maximum Response Size',
});
