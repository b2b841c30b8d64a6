/** A connection as its requests know it. */
import type { Socket } from 'node:net';
import type { Origin } from '#server/session';

/** The signal looks at the socket each time: its 'close' comes some turns after it was destroyed. */
export function originOf(socket: Socket, door: string, connection: number): Origin {
  const closing = new AbortController();
  const isClosed = (): boolean => {
    if (socket.destroyed) closing.abort();
    return socket.destroyed;
  };
  socket.once('close', isClosed);
  return {
    ...{ door, connection },
    get signal() {
      isClosed();
      return closing.signal;
    },
    hasLeft: () => isClosed() || hasEnded(socket),
  };
}

/** Also while what came before the end waits to be read: only this field of Node knows it then. */
const hasEnded = (socket: Socket): boolean =>
  socket.readableEnded ||
  (socket as { readonly _readableState?: { readonly ended?: boolean } })._readableState?.ended === true;
