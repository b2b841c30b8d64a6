/** One port with TLS on it: what arrives goes to the door, and whose handshake is done is handed over. */
import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Door } from '#server/admission/door';
import type { ServerLog } from '#server/server-log';
import { tlsOptions, transport, type TlsIdentity } from './tls-options.ts';

export interface PortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What is spoken above TLS, named in the handshake (RFC 7301). */
  readonly protocols?: string[];
  readonly identity: TlsIdentity;
  readonly door: Door;
  readonly log: ServerLog;
  onConnection(socket: TLSSocket): void;
}

export interface Port {
  readonly number: number;
  renew(identity: TlsIdentity): void;
  /** Nothing arrives any more; resolves when all that arrived has gone. */
  close(): Promise<void>;
}

/** Milliseconds: longer than any time that the door gives. */
const aDay = 24 * 60 * 60 * 1000;

/** Rejects with the error of the socket. */
export async function openPort({
  door,
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
  // It listens nowhere: it gets the connections whose turn has come. The door has the time of a handshake.
  const handshakes = createServer({ ...tls(identity), handshakeTimeout: aDay });
  handshakes.on('secureConnection', (socket: TLSSocket) => {
    // A client may close its side and still wait for its answer; before this, an end is the end.
    socket.allowHalfOpen = true;
    door.succeed(socket);
    onConnection(socket);
  });
  /** No TLS at all (plain HTTP, a scanner), or a broken handshake. */
  handshakes.on('tlsClientError', (error, socket: Socket) => {
    door.fail(socket, `TLS: ${(error as { code?: string }).code ?? 'failed'}`);
    socket.destroy();
  });

  const server = createPlainServer(transport, (socket) =>
    door.arrive(socket, () => void handshakes.emit('connection', socket)),
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
