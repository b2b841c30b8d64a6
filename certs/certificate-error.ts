/** The one error of this ring: what is wrong with a certificate, key, request or container, and what to do about it. */
export class CertificateError extends Error {
  /** A sentence for the operator, when there is something to do. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'CertificateError';
    this.hint = hint;
  }
}
