/** What a connection has besides its bytes: who is at its other end. */
export interface Session {
  /** The number of the connection in this process, for logs and audit. */
  readonly connection: number;
  readonly clientId: string;
  /** SHA-256 of the peer's certificate, hexadecimal. */
  readonly fingerprint: string;
}
