/** What a connection has besides its bytes: who is at its other end. */
export interface Session {
  /** The number of the connection in this process, for logs and audit. */
  readonly connection: number;
  readonly clientId: string;
  /** SHA-256 of the peer's certificate, hexadecimal. */
  readonly fingerprint: string;
  /** Whether the connection is closed, be it that its client was revoked: what is left of a batch is not run then. */
  readonly isClosed?: () => boolean;
  /**
   * Whether nobody is there to hear of work that takes long: closed, or the peer has ended its side. Its small requests
   * are answered all the same.
   */
  readonly hasLeft?: () => boolean;
  /**
   * Between two items of a batch: resolves when others had their turns, and the client's answers have room for more.
   * The item before has added so many bytes to the answer.
   */
  readonly between?: (bytes: number) => Promise<void>;
}
