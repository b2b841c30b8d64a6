/** A connection as the origin of requests. */
import type { Socket } from 'node:net';
import type { Origin } from '#server/session';

/** The signal asks the socket each time: its 'close' event comes some turns after it was destroyed. */
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

/** Also while bytes from before the end wait to be read: then only this field of Node shows it. */
const hasEnded = (socket: Socket): boolean =>
  socket.readableEnded ||
  (socket as { readonly _readableState?: { readonly ended?: boolean } })._readableState?.ended === true;
