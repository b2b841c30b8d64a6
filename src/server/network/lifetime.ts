/**
 * What every connection has, whatever is spoken on it: so much silence and no more, and an end that takes no answer
 * with it.
 */
import type { Socket } from 'node:net';
import type { CountedLog } from '#server/counted-log';
import { timeFor } from '#server/admission/sending';
import type { ServerLog } from '#server/server-log';
import type { Session } from '#server/session';

export interface Lifetime {
  /** The time of silence begins again: a request was answered. */
  renew(): void;
  /**
   * A request of so many bytes, as far as that is known, has begun to come, and the server reads it: it has a time of
   * its own.
   */
  arriving(bytes: number): void;
  /** It has come, or the server does not read on. */
  arrived(): void;
  /** Our side ends once all is written; the connection, when the peer's has ended too. */
  end(): void;
}

export interface LifetimeOptions {
  readonly log: ServerLog;
  readonly counted: CountedLog;
  readonly limits: LifetimeLimits;
  /** Ends the connection at once, and writes down why. */
  cut(reason: string): void;
  /** Whether silence is ours: a request is being handled. */
  isHandling(): boolean;
}

export interface LifetimeLimits {
  /** Milliseconds from one answer to the next request, all of it. */
  readonly idleTimeout: number;
  /** Milliseconds from the first byte of a request to its last; of a long one, more in proportion. */
  readonly requestTimeout: number;
}

/**
 * How long what a client still sends is read and dropped after the last answer: unread bytes would reset the connection
 * and take the answer with it.
 */
export const lingering = 5000;

export function watchOver(
  socket: Socket,
  { principal: { clientId: client }, origin: { connection } }: Session,
  { log, counted, limits, isHandling, cut }: LifetimeOptions,
): Lifetime {
  // Not the socket's own timeout, which every byte puts off: a request that trickles in is as good as silence.
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
