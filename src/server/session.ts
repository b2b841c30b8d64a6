/** A conversation with a client: who is at its other end, and where it takes place. */
import type { Principal } from '#access/principal';

export interface Session {
  readonly principal: Principal;
  readonly origin: Origin;
}

/** Where requests come from. The same object for the same connection: what a connection has begun is kept by it. */
export interface Origin {
  /** The name of the door, such as 'ttlv' or 'https'. */
  readonly door: string;
  /** The number of the connection in this process, for logs and audit; absent for what comes on none. */
  readonly connection?: number;
  /**
   * Aborted when no answer can reach the client any more, be it that the client was revoked: nothing further of a
   * request is run then, and what the connection has begun ends.
   */
  readonly signal: AbortSignal;
  /**
   * Whether nobody waits for work that takes long: the signal is aborted, or the peer has ended its side. Its small
   * requests are answered all the same.
   */
  hasLeft(): boolean;
}
