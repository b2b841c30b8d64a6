/**
 * Who asks: a value, apart from the connection on which it asks. What the server does in somebody's name has one, too.
 */
export interface Principal {
  /** The identifier of its client record. */
  readonly clientId: string;
  /**
   * SHA-256 of the certificate by which it is known, hexadecimal; absent for what the server itself does in its name.
   */
  readonly fingerprint?: string;
}
