/** What every connection has, whatever is spoken on it: so much silence and no more, and an end that takes no answer with it. */
import type { TLSSocket } from 'node:tls';
import type { ServerLog } from './services.ts';
import type { Session } from './session.ts';

export interface Lifetime {
  /** The time of silence begins anew: a request was answered. */
  renew(): void;
  /** Our side ends once all is written; the connection, when the peer's has ended too. */
  end(): void;
}

export interface LifetimeOptions {
  readonly log: ServerLog;
  /** Milliseconds from one answer to the next request, all of it. */
  readonly idleTimeout: number;
  /** Whether silence is ours: a request is being handled. */
  isHandling(): boolean;
}

/**
 * How long what a client still sends is read and dropped after the last answer: unread bytes would reset the connection
 * and take the answer with it.
 */
export const lingering = 5000;

export function watchOver(
  socket: TLSSocket,
  { connection, clientId: client }: Session,
  { log, idleTimeout, isHandling }: LifetimeOptions,
): Lifetime {
  // Not the socket's own timeout, which every byte puts off: a request that trickles in is as good as silence.
  const idle = setTimeout(() => {
    if (isHandling()) return void idle.refresh();
    log.info('an idle connection was closed', { connection, client });
    socket.destroy();
  }, idleTimeout);

  socket.on('error', (error) => log.debug('a connection broke', { connection, client, why: error.message }));
  socket.on('close', () => clearTimeout(idle));

  return {
    renew: () => void idle.refresh(),
    end() {
      socket.end();
      socket.resume();
      setTimeout(() => socket.destroy(), lingering).unref();
    },
  };
}
