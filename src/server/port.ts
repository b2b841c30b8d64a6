/** One port with TLS on it: it knows every connection, and hands over those whose handshake is done. */
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { ServerLog } from './services.ts';
import { tlsOptions, type TlsIdentity } from './tls-options.ts';

export interface PortOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What is spoken above TLS, told from others in the handshake (RFC 7301). */
  readonly protocols?: string[];
  readonly identity: TlsIdentity;
  /** Milliseconds. */
  readonly handshakeTimeout: number;
  readonly log: ServerLog;
  onConnection(socket: TLSSocket): void;
  /** No TLS at all (plain HTTP, a scanner), a broken handshake, or one that took too long. */
  onFailure(socket: Socket, reason: string): void;
  /** When connections have come or gone. */
  onChange(): void;
}

export interface Port {
  readonly number: number;
  /** Every connection, before and after its handshake. */
  readonly arrived: ReadonlySet<Socket>;
  /** The most connections from now on; more are dropped. */
  bound(connections: number): void;
  renew(identity: TlsIdentity): void;
  /** Nothing arrives any more; resolves when all that arrived has gone. */
  close(): Promise<void>;
}

/** Rejects with the error of the socket. */
export async function openPort(options: PortOptions): Promise<Port> {
  const { handshakeTimeout, host, identity, log, onChange, onConnection, onFailure, port, protocols } = options;
  const arrived = new Set<Socket>();
  const tls = (of: TlsIdentity) => ({
    ...tlsOptions(of),
    ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
  });
  const server = createServer({ ...tls(identity), handshakeTimeout });

  server.on('connection', (socket) => {
    arrived.add(socket);
    onChange();
    socket.once('close', () => {
      arrived.delete(socket);
      onChange();
    });
  });
  server.on('secureConnection', onConnection);
  server.on('tlsClientError', (error, socket) =>
    onFailure(socket, `TLS: ${(error as { code?: string }).code ?? 'failed'}`),
  );
  server.on('drop', (data) => log.warn('a connection was dropped: too many are open', { peer: data?.remoteAddress }));

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  server.on('error', (error) => log.error('the listener failed', { error: error.message }));

  return {
    number: (server.address() as { port: number }).port,
    arrived,
    bound(connections) {
      // To Node 20 zero is no bound.
      server.maxConnections = connections === 0 ? -1 : connections;
    },
    renew: (renewed) => server.setSecureContext(tls(renewed)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
