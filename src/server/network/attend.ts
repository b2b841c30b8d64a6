/** What every connection begins with, whatever is spoken on it: its share of the server, its lifetime, and its end. */
import type { TLSSocket } from 'node:tls';
import type { ConnectionOptions } from './connection.ts';
import { watchOver, type Lifetime } from './lifetime.ts';
import type { SendingOptions } from '#server/admission/sending';
import type { Session } from '#server/session';
import { joinShare, type Share } from '#server/admission/share';

/** Why a connection was cut, in the log and in the trail. */
const notTaken = 'an answer was not taken in its time';

export interface Attended {
  readonly share: Share;
  /** The session, with the turns of this connection. */
  readonly session: Session;
  readonly lifetime: Lifetime;
  readonly sending: SendingOptions;
}

/** @param isHandling whether silence is ours: a request is being handled. */
export function attend(
  socket: TLSSocket,
  of: Session,
  cut: (reason: string) => void,
  { handler, log, counted, shared, limits }: ConnectionOptions,
  isHandling: () => boolean,
): Attended {
  const share = joinShare(of.clientId, shared);
  const session: Session = { ...of, between: (bytes) => share.between(bytes) };
  const lifetime = watchOver(socket, session, { log, counted, limits, isHandling, cut });
  socket.on('close', () => {
    share.leave();
    handler.end(session);
  });
  return { share, session, lifetime, sending: { timeout: limits.answerTimeout, onStalled: () => cut(notTaken) } };
}
