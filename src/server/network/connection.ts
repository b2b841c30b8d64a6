/** A connection as its listener sees it, and what it needs in any protocol. */
import type { CountedLog } from '#server/counted-log';
import type { LifetimeLimits } from './lifetime.ts';
import type { MessageExchange } from './message-exchange.ts';
import type { RequestRate } from '#server/admission/request-rate';
import type { ServerLog } from '#server/server-log';
import type { Session } from '#server/session';
import type { Shared } from '#server/admission/share';

export interface Connection {
  readonly session: Session;
  /** Closes after the requests in progress are answered. */
  finish(): void;
}

export interface ConnectionOptions {
  readonly exchange: MessageExchange;
  readonly rate: RequestRate;
  readonly log: ServerLog;
  readonly counted: CountedLog;
  readonly shared: Shared;
  readonly limits: ConnectionLimits;
}

export interface ConnectionLimits extends LifetimeLimits {
  /** Bytes. */
  readonly maximumMessageSize: number;
  /** Milliseconds for a part of an answer to be taken; a long answer has more time in proportion. */
  readonly answerTimeout: number;
}
