/** Who asks, as a value apart from the connection. Work that the server does in a client's name has a principal too. */
export interface Principal {
  /** The identifier of its client record. */
  readonly clientId: string;
  /** SHA-256 of the certificate that identified it, hexadecimal; absent for work of the server in the client's name. */
  readonly fingerprint?: string;
}
