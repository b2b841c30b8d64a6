/** What every connection needs, in any protocol: its share of the server, its lifetime, its requests. */
import type { Socket } from 'node:net';
import { connectionChannel, type ConnectionEvent } from '#observer';
import { pauseOn } from '#server/admission/request-rate';
import type { SendingOptions } from '#server/admission/sending';
import { joinShare, type Share } from '#server/admission/share';
import { RequestScope } from '#server/run/request-scope';
import type { Session } from '#server/session';
import type { ConnectionOptions } from './connection.ts';
import { watchOver, type Lifetime } from './lifetime.ts';

/** Why a connection was closed, for the log and the trail. */
const notTaken = 'an answer was not taken in its time';

export interface Attended {
  readonly share: Share;
  readonly lifetime: Lifetime;
  readonly sending: SendingOptions;
  /** Begins one request, with the turns of this connection. Its bytes, if there are any, are wiped at its end. */
  begin(body: Uint8Array | undefined): RequestScope;
  /**
   * Takes a token for a request. Waits while the client's requests exceed its rate, but not longer than the connection
   * is open.
   */
  paced(): Promise<void> | undefined;
}

/** @param isHandling whether the server is handling a request: then silence is not the client's. */
export function attend(
  socket: Socket,
  session: Session,
  cut: (reason: string) => void,
  { rate, log, counted, shared, limits }: ConnectionOptions,
  isHandling: () => boolean,
): Attended {
  const { clientId } = session.principal;
  const share = joinShare(clientId, shared);
  const lifetime = watchOver(socket, session, { log, counted, limits, isHandling, cut });
  socket.on('close', () => share.leave());
  watch(socket, session);
  const turn = (bytes: number): Promise<void> => share.between(bytes);
  return {
    ...{ share, lifetime },
    sending: { timeout: limits.answerTimeout, onStalled: () => cut(notTaken) },
    begin(body) {
      const scope = new RequestScope(session, turn);
      if (body !== undefined) scope.secretsToWipe.addMessage(body);
      return scope;
    },
    paced() {
      // One token before the request is read; one for each further item when their number is known.
      const pause = rate.take(clientId, 1);
      return pause > 0 ? pauseOn(socket, pause) : undefined;
    },
  };
}

/** Publishes that the connection is admitted, and when it is closed. */
function watch(socket: Socket, { principal, origin: { connection, door } }: Session): void {
  if (!connectionChannel.hasSubscribers || connection === undefined) return;
  const { remoteAddress: address } = socket;
  const publish = (state: ConnectionEvent['state']): void =>
    connectionChannel.publish({ state, connection, door, client: principal.clientId, address });
  publish('admitted');
  socket.once('close', () => publish('closed'));
}
