/** Maximum Response Size (KMIP 2.1 §9.12; 1.4 §6.3): items whose answers do not fit fail with Response Too Large (1.4 §11.1). */
import type { ResponseBatchItem } from '#protocol/message';
import { reasonFor } from '#protocol/reasons';
import type { Version } from '#protocol/versions';

type Items = readonly ResponseBatchItem[];

/**
 * The same items, the largest payloads first taken out until the message fits; if that is not enough, without Result Messages. What the items did stays done:
 * the client learns that the answer was too large. Sizes that no answer fits get the smallest one there is.
 */
export function fitting(
  items: Items,
  version: Version,
  maximumBytes: number,
  write: (items: Items) => Uint8Array,
): Items {
  const fits = (some: Items): boolean => write(some).length <= maximumBytes;
  const sizes = items.map((item) => (item.responsePayload === undefined ? 0 : write([item]).length));
  const largestFirst = sizes.map((size, place) => ({ size, place })).sort((a, b) => b.size - a.size);
  const fitted = [...items];
  for (const { size, place } of largestFirst) {
    if (size === 0) break;
    fitted[place] = tooLarge(items[place] as ResponseBatchItem, version);
    if (fits(fitted)) return fitted;
  }
  return fitted.map((item) => ({ ...item, resultMessage: undefined }));
}

const tooLarge = ({ operation, uniqueBatchItemID }: ResponseBatchItem, version: Version): ResponseBatchItem => ({
  operation,
  uniqueBatchItemID,
  resultStatus: 'OperationFailed',
  resultReason: reasonFor('ResponseTooLarge', version),
  resultMessage: 'the answer is larger than Maximum Response Size',
});
