import { KmipError, type ResultReason } from '#protocol/kmip-error';

/** Reason and message of a call that must throw a KmipError. */
export function refusal(call: () => unknown): readonly [reason: ResultReason, message: string] {
  try {
    call();
  } catch (error) {
    if (error instanceof KmipError) return [error.reason, error.message];
    throw error;
  }
  throw new Error('nothing was refused');
}
