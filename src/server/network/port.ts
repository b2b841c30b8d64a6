/** One port with TLS on it: new connections take a place, and those with a complete handshake go to the gate. */
import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Places } from '#server/admission/places';
import type { ServerLog } from '#server/server-log';
import { tlsOptions, transport, type TlsIdentity } from './tls-options.ts';

export interface PortOptions {
  readonly host: string;
  /** With 0 the system chooses a free one. */
  readonly port: number;
  /** The protocol above TLS, as the handshake names it (RFC 7301). */
  readonly protocols?: string[];
  readonly identity: TlsIdentity;
  readonly places: Places;
  readonly log: ServerLog;
  onConnection(socket: TLSSocket): void;
}

export interface Port {
  readonly number: number;
  renew(identity: TlsIdentity): void;
  /** Accepts no new connections; resolves when all accepted ones have ended. */
  close(): Promise<void>;
}

/** In milliseconds: longer than any time limit of a place. */
const aDay = 24 * 60 * 60 * 1000;

/** Rejects with the error of the socket. */
export async function openPort({
  places,
  host,
  identity,
  log,
  onConnection,
  port,
  protocols,
}: PortOptions): Promise<Port> {
  const tls = (of: TlsIdentity) => ({
    ...tlsOptions(of),
    ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
  });
  // It does not listen: it gets the connections whose turn has come. Its place limits the time of a handshake.
  const handshakes = createServer({ ...tls(identity), handshakeTimeout: aDay });
  handshakes.on('secureConnection', (socket: TLSSocket) => {
    // A client may close its side and still wait for its answer; during the handshake, its end ends the connection.
    socket.allowHalfOpen = true;
    places.succeed(socket);
    onConnection(socket);
  });
  /** No TLS at all (plain HTTP, a scanner), or a broken handshake. */
  handshakes.on('tlsClientError', (error, socket: Socket) => {
    places.fail(socket, `TLS: ${(error as { code?: string }).code ?? 'failed'}`);
    socket.destroy();
  });

  const server = createPlainServer(transport, (socket) =>
    places.arrive(socket, () => void handshakes.emit('connection', socket)),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  server.on('error', (error) => log.error('the listener failed', { error: error.message }));

  return {
    number: (server.address() as { port: number }).port,
    renew: (renewed) => handshakes.setSecureContext(tls(renewed)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
