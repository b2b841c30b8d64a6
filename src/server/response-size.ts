/** Maximum Response Size (KMIP 2.1 §9.12; 1.4 §6.3): items whose answers do not fit fail with Response Too Large. */
import type { ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import type { Version } from '#protocol/versions';

/**
 * The same items, the largest payloads first taken out until the message fits. What they did stays done: the client learns that the operation's answer was too large.
 */
export function fitting(
  items: readonly ResponseBatchItem[],
  version: Version,
  maximumBytes: number,
  write: (items: readonly ResponseBatchItem[]) => Uint8Array,
): readonly ResponseBatchItem[] {
  const sizes = items.map((item) => (item.responsePayload === undefined ? 0 : write([item]).length));
  const largestFirst = sizes.map((size, place) => ({ size, place })).sort((a, b) => b.size - a.size);
  const fitted = [...items];
  for (const { size, place } of largestFirst) {
    if (size === 0) break;
    fitted[place] = tooLarge(items[place] as ResponseBatchItem, version);
    if (write(fitted).length <= maximumBytes) break;
  }
  return fitted;
}

const tooLarge = ({ operation, uniqueBatchItemID }: ResponseBatchItem, version: Version): ResponseBatchItem => ({
  operation,
  uniqueBatchItemID,
  resultStatus: 'OperationFailed',
  resultReason: reasonFor('ResponseTooLarge', version),
  resultMessage: 'the answer is larger than Maximum Response Size',
});
