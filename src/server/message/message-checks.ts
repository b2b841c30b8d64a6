/** The rules that a request must meet as a whole, apart from its items. */
import { KmipError } from '#protocol/kmip-error';
import { hasCriticalExtension, type RequestMessage } from '#protocol/message';
import { rulesOf } from '#protocol/versions';

/** @throws KmipError InvalidMessage, ServerLimitExceeded. */
export function checkHeader({ header, batchItems }: RequestMessage, maximumBatchCount: number): void {
  if (rulesOf(header.protocolVersion).batchesAreCounted && header.batchCount !== batchItems.length) {
    throw new KmipError(
      'InvalidMessage',
      `Batch Count is ${header.batchCount}, but the message has ${batchItems.length} items`,
    );
  }
  if (batchItems.length === 0) throw new KmipError('InvalidMessage', 'the message must have at least one batch item');
  if (batchItems.length > maximumBatchCount) {
    throw new KmipError('ServerLimitExceeded', `Batch Count must be at most ${maximumBatchCount}`);
  }
}

/**
 * The reason to refuse every item.
 * @throws KmipError FeatureNotSupported, UnknownMessageExtension.
 */
export function checkWhole({ header, batchItems }: RequestMessage): void {
  if (header.asynchronousIndicator === 'Mandatory') {
    throw new KmipError(
      'FeatureNotSupported',
      'Asynchronous Indicator must not be Mandatory: this server answers synchronously',
    );
  }
  // "The receiver SHALL reject the entire message" (2.1 §9.13; 1.4 §6.16). No extension is known to this server.
  if (batchItems.some(hasCriticalExtension)) {
    throw new KmipError(
      'UnknownMessageExtension',
      'the message has a critical extension that this server does not know',
    );
  }
}
