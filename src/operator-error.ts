/**
 * What an operator asked for cannot be done, or what a server works with is wrong. The hint says what to do about it.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
