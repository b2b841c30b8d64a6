import type { EnumerationValue } from './enumerations.ts';

export type ResultReason = EnumerationValue<'ResultReason'>;

/**
 * The one error that reaches a client. The reason is that of the newest version; `reasons.ts` finds the one of an older
 * version. The message is lower case ASCII, names the field, the state and the rule, and never holds key material.
 */
export class KmipError extends Error {
  readonly reason: ResultReason;

  constructor(reason: ResultReason, message: string) {
    super(message);
    this.name = 'KmipError';
    this.reason = reason;
  }
}
