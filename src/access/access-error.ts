/** Why an administrative change was refused: what an operator asked for cannot be. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
