/** What a client hears of an error. */
import { KmipError } from '#protocol/kmip-error';
import { ConflictError, DamagedRecordError, SpentError } from '#store/engines/engine';
import type { ServerState } from '#server/server-state';

/** Lines of a client's unexpected failures that are written in a minute. */
const failureLines = 20;

/**
 * What a client hears of an error. A bug of ours, or the store's trouble: the operator gets the stack, the client a
 * fixed sentence.
 */
export function explained(error: unknown, { counted }: Pick<ServerState, 'counted'>, client: string): KmipError {
  if (error instanceof KmipError) return error;
  if (error instanceof SpentError) {
    return new KmipError('ObjectAlreadyExists', 'Unique Identifier was used before: no other object can have it');
  }
  // The store has named it in the log. What a caller may not know of never comes so far (context.ts).
  if (error instanceof DamagedRecordError) {
    return new KmipError(
      'GeneralFailure',
      'a record that the request needs is damaged: ask the operator of the server',
    );
  }
  if (error instanceof ConflictError) {
    const message = 'other requests changed an object too often: a change of it was given up';
    counted.note('warn', message, { client }, { object: error.id });
    return new KmipError(
      'ServerLimitExceeded',
      'others changed the object each time that the request was run: nothing was changed, send it again later',
    );
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  counted.note('error', 'an operation failed unexpectedly', { client }, { error: what }, failureLines);
  return new KmipError('GeneralFailure', 'the server failed; its log says why');
}
