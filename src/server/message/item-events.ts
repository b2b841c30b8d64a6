/** Publishes the outcome of each item of a message. */
import { requestChannel } from '#observer';
import type { ItemResult } from './batch-item.ts';

export function publishItems(results: readonly ItemResult[]): void {
  for (const { entry, microseconds = 0 } of results) {
    requestChannel.publish({
      connection: entry.connection,
      client: entry.client,
      version: entry.version,
      operation: entry.operation ?? 'unknown',
      identifier: entry.objects?.[0],
      status: entry.status ?? 'unknown',
      reason: entry.reason,
      microseconds,
    });
  }
}
