/**
 * The TLS listener. It asks every client for a certificate, and one function of ours decides before the first byte is
 * read: `admit`. Who is refused is audited and closed.
 */
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { AuditTrail } from '#audit/trail';
import { fingerprintOf, subjectOf } from './peer.ts';
import { serveConnection, type Connection } from './connection.ts';
import type { Handler } from './handler.ts';
import type { ServerLog } from './services.ts';
import { tlsOptions, type TlsIdentity } from './tls-options.ts';
import type { Session } from './session.ts';

type Decision = { readonly client: { readonly id: string } } | { readonly refused: string };

export interface Admission {
  /** `now` in milliseconds since 1970. */
  decide(fingerprint: string, now: number): Decision;
  /** Takes over what was changed until now. */
  refresh(): Promise<void>;
  /** Calls when an earlier decision may have become another. */
  onChange(listener: () => void): void;
}

export interface ListenerOptions {
  readonly handler: Handler;
  readonly admission: Admission;
  readonly audit: AuditTrail;
  readonly identity: TlsIdentity;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  now(): number;
  readonly log: ServerLog;
  readonly limits: ListenerLimits;
}

/** Times in milliseconds, sizes in bytes. */
export interface ListenerLimits {
  readonly maximumMessageSize: number;
  readonly maximumConnections: number;
  readonly maximumConnectionsPerClient: number;
  readonly handshakeTimeout: number;
  readonly idleTimeout: number;
  /** How long requests in flight may take when the server stops. */
  readonly shutdownTimeout: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** New connections get this certificate; open ones keep theirs. */
  renew(identity: TlsIdentity): void;
  /** No new connections; requests in flight are answered. */
  close(): Promise<void>;
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const { admission, audit, limits, log, now } = options;
  /** Every connection, before and after its handshake. */
  const arrived = new Set<Socket>();
  const open = new Map<TLSSocket, Connection>();
  const perClient = new Map<string, number>();
  let connections = 0;

  const server = createServer({ ...tlsOptions(options.identity), handshakeTimeout: limits.handshakeTimeout });
  server.maxConnections = limits.maximumConnections;

  server.on('connection', (socket) => {
    arrived.add(socket);
    socket.once('close', () => arrived.delete(socket));
  });

  function refuse(socket: Socket, connection: number, reason: string, certificate?: Buffer): void {
    const fingerprint = certificate === undefined ? undefined : fingerprintOf(certificate);
    log.warn('a connection was refused', { connection, peer: socket.remoteAddress, reason, fingerprint });
    const record = {
      kind: 'connection',
      connection,
      status: 'refused',
      reason,
      ...(fingerprint === undefined ? {} : { certificate: fingerprint }),
      ...(certificate === undefined ? {} : { subject: subjectOf(certificate) }),
    } as const;
    // The connection is closed whether or not this can be written; the trail itself tells the log.
    audit.append(record).catch(() => undefined);
    socket.destroy();
  }

  server.on('secureConnection', (socket) => {
    if (!server.listening) return void socket.destroy();
    const connection = ++connections;
    const certificate = socket.getPeerX509Certificate()?.raw;
    if (certificate === undefined) return refuse(socket, connection, 'no certificate');
    const fingerprint = fingerprintOf(certificate);
    const decision = admission.decide(fingerprint, now());
    if ('client' in decision) return admit(socket, { connection, clientId: decision.client.id, fingerprint });
    // It may have been let in within this very second, by another process.
    const give = (): void => void socket.destroy();
    socket.on('error', give).setTimeout(limits.handshakeTimeout, give);
    const again = admission.refresh().then(
      () => admission.decide(fingerprint, now()),
      () => decision,
    );
    void again.then((second) => {
      socket.off('error', give).setTimeout(0, give);
      if (socket.destroyed || !server.listening) socket.destroy();
      else if ('refused' in second) refuse(socket, connection, second.refused, certificate);
      else admit(socket, { connection, clientId: second.client.id, fingerprint });
    });
  });

  function admit(socket: TLSSocket, session: Session): void {
    const { connection, clientId } = session;
    const count = perClient.get(clientId) ?? 0;
    if (count >= limits.maximumConnectionsPerClient) {
      return refuse(socket, connection, 'too many connections', socket.getPeerX509Certificate()?.raw);
    }
    perClient.set(clientId, count + 1);
    open.set(socket, serveConnection(socket, { ...session, isClosed: () => socket.destroyed }, options));
    socket.once('close', () => {
      open.delete(socket);
      const left = (perClient.get(clientId) ?? 1) - 1;
      if (left === 0) perClient.delete(clientId);
      else perClient.set(clientId, left);
    });
  }

  // No TLS at all (plain HTTP, a scanner), a broken handshake, or one that took too long.
  server.on('tlsClientError', (error, socket) =>
    refuse(socket, ++connections, `TLS: ${(error as { code?: string }).code ?? 'failed'}`),
  );
  server.on('drop', (data) => log.warn('a connection was dropped: too many are open', { peer: data?.remoteAddress }));

  admission.onChange(() => {
    for (const [socket, { session }] of open) {
      const decision = admission.decide(session.fingerprint, now());
      if ('refused' in decision)
        refuse(socket, session.connection, decision.refused, socket.getPeerX509Certificate()?.raw);
    }
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  server.on('error', (error) => log.error('the listener failed', { error: error.message }));
  const { port } = server.address() as { port: number };

  return {
    host: options.host,
    port,
    renew: (identity) => server.setSecureContext(tlsOptions(identity)),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const admitted = new Set([...open.keys()].map(endpointOf));
      for (const socket of arrived) if (!admitted.has(endpointOf(socket))) socket.destroy();
      for (const connection of open.values()) connection.finish();
      const timer = setTimeout(() => {
        for (const socket of arrived) socket.destroy();
      }, limits.shutdownTimeout);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Finds the TLS socket over a plain one: they share no other public trait. */
const endpointOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
