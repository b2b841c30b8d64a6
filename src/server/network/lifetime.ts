/** The lifetime of a connection, in any protocol: a bound of silence, and an end that does not lose the last answer. */
import type { Socket } from 'node:net';
import type { CountedLog } from '#server/counted-log';
import { timeFor } from '#server/admission/sending';
import type { ServerLog } from '#server/server-log';
import type { Session } from '#server/session';

export interface Lifetime {
  /** A request was answered: the time of silence starts again. */
  renew(): void;
  /** The server reads a request, of so many bytes as far as that is known: the request has a time limit of its own. */
  arriving(bytes: number): void;
  /** The request is complete, or the server does not read on. */
  arrived(): void;
  /** Ends the server's side when everything is written; the connection ends when the peer has ended its side too. */
  end(): void;
}

export interface LifetimeOptions {
  readonly log: ServerLog;
  readonly counted: CountedLog;
  readonly limits: LifetimeLimits;
  /** Ends the connection at once, and logs the reason. */
  cut(reason: string): void;
  /** Whether the server is handling a request: then silence is not the client's. */
  isHandling(): boolean;
}

export interface LifetimeLimits {
  /** Milliseconds from one answer to the end of the next request. */
  readonly idleTimeout: number;
  /** Milliseconds from the first byte of a request to its last; a long one has more in proportion. */
  readonly requestTimeout: number;
}

/**
 * For so long the bytes that a client still sends are read and dropped after the last answer: unread bytes would reset
 * the connection, and the answer would be lost.
 */
export const lingering = 5000;

export function watchOver(
  socket: Socket,
  { principal: { clientId: client }, origin: { connection } }: Session,
  { log, counted, limits, isHandling, cut }: LifetimeOptions,
): Lifetime {
  // Not the socket's own timeout, which every byte restarts: a request that arrives byte by byte counts as silence.
  const idle = setTimeout(() => {
    if (isHandling()) return void idle.refresh();
    counted.note('info', 'an idle connection was closed', { client }, { connection });
    socket.destroy();
  }, limits.idleTimeout);
  let coming: NodeJS.Timeout | undefined;
  const arrived = (): void => {
    if (coming === undefined) return;
    clearTimeout(coming);
    coming = undefined;
  };

  socket.on('error', (error) => log.debug('a connection broke', { connection, client, why: error.message }));
  socket.on('close', () => {
    clearTimeout(idle);
    arrived();
  });

  return {
    renew: () => void idle.refresh(),
    arriving(bytes) {
      const time = timeFor(bytes, limits.requestTimeout);
      coming ??= setTimeout(() => cut('a request did not come whole in its time'), time);
    },
    arrived,
    end() {
      socket.end();
      socket.resume();
      setTimeout(() => socket.destroy(), lingering).unref();
    },
  };
}
