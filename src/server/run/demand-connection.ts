import { KmipError } from '#protocol/kmip-error';

/** @throws KmipError OperationCanceledByRequester when the connection of this signal has ended. */
export function demandConnection(signal: AbortSignal): void {
  if (signal.aborted) throw new KmipError('OperationCanceledByRequester', 'the connection is closed');
}
