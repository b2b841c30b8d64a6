/**
 * The ports: TTLV over TLS, and KMIP over HTTPS when it is wanted. Both ask every client for a certificate and lead to
 * one gate, so that identities, bounds and audit are the same.
 */
import type { Socket } from 'node:net';
import { serveConnection } from './connection.ts';
import { createGate, type GateOptions, type Serve } from './gate.ts';
import type { Handler } from './handler.ts';
import { httpProtocols, overHttp } from './http.ts';
import { openPort, type Port } from './port.ts';
import type { Services } from './services.ts';
import type { TlsIdentity } from './tls-options.ts';

export interface ListenerOptions extends GateOptions, Pick<Services, 'workers' | 'random'> {
  readonly handler: Handler;
  readonly identity: TlsIdentity;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The same for HTTPS, which is not served without. */
  readonly https?: number | undefined;
  readonly limits: ListenerLimits;
}

/** Times in milliseconds, sizes in bytes. Numbers of connections are those of all ports together. */
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
  readonly https?: number;
  /** New connections get this certificate; open ones keep theirs. */
  renew(identity: TlsIdentity): void;
  /** No new connections; requests in flight are answered. */
  close(): Promise<void>;
}

/** What is spoken on a port. */
interface Way {
  readonly port: number;
  readonly serve: Serve;
  readonly protocols?: string[];
}

/** Rejects with the error of a socket, and then listens nowhere. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { host, https, identity, limits, log } = options;
  const gate = createGate(options);
  const ways: readonly Way[] = [
    { port: options.port, serve: (socket, session) => serveConnection(socket, session, options) },
    ...(https === undefined ? [] : [{ port: https, serve: overHttp(options), protocols: httpProtocols }]),
  ];
  const ports: Port[] = [];

  /** One bound for all ports: each may have what the others leave. */
  function share(): void {
    const all = ports.reduce((sum, { arrived }) => sum + arrived.size, 0);
    for (const port of ports) port.bound(limits.maximumConnections - (all - port.arrived.size));
  }

  async function close(): Promise<void> {
    const closed = Promise.all(ports.map((port) => port.close()));
    const admitted = new Set([...gate.open.keys()].map(endpointsOf));
    const arrived = ports.flatMap((port) => [...port.arrived]);
    for (const socket of arrived) if (!admitted.has(endpointsOf(socket))) socket.destroy();
    gate.close();
    const timer = setTimeout(() => {
      for (const socket of arrived) socket.destroy();
    }, limits.shutdownTimeout);
    await closed;
    clearTimeout(timer);
    gate.settle();
  }

  try {
    for (const { serve, ...way } of ways) {
      ports.push(
        await openPort({
          ...{ host, identity, log, handshakeTimeout: limits.handshakeTimeout, ...way },
          onConnection: (socket) => gate.arrive(socket, serve),
          onFailure: gate.refuse,
          onChange: share,
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  share();
  const [{ number: port } = { number: 0 }, second] = ports;
  return {
    ...{ host, port, ...(second === undefined ? {} : { https: second.number }), close },
    renew: (renewed) => {
      for (const each of ports) each.renew(renewed);
    },
  };
}

/** Finds the TLS socket over a plain one: they share no other public trait. */
const endpointsOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;
