/**
 * The ports: TTLV over TLS, and KMIP over HTTPS when it is wanted. Both ask every client for a certificate and lead to
 * one gate, so that identities, bounds and audit are the same.
 */
import type { ConnectionLimits } from './connection.ts';
import { overTtlv } from './ttlv-connection.ts';
import type { CountedLog } from '#server/counted-log';
import { createPlaces, type PlaceLimits } from '#server/admission/places';
import { createGate, type GateOptions, type Protocol } from '#server/admission/gate';
import type { MessageCore } from '#server/message/message-core';
import type { RequestRate } from '#server/admission/request-rate';
import { createHeldBytes } from '#server/admission/held-bytes';
import { httpProtocols, overHttp } from './https-connection.ts';
import { createExchange } from './message-exchange.ts';
import { openPort, type Port } from './port.ts';
import type { Services } from '#server/services';
import type { TlsIdentity } from './tls-options.ts';
import { createTurns } from '#server/admission/turns';

export interface ListenerOptions extends GateOptions, Pick<Services, 'workers' | 'random'> {
  readonly core: MessageCore;
  readonly rate: RequestRate;
  readonly counted: CountedLog;
  readonly identity: TlsIdentity;
  readonly host: string;
  /** With 0 the system chooses a free one. */
  readonly port: number;
  /** The port of HTTPS; when absent, HTTPS is not served. */
  readonly https?: number | undefined;
  readonly limits: ListenerLimits;
}

/** Times in milliseconds, sizes in bytes. Numbers of connections are for all ports together. */
export interface ListenerLimits extends ConnectionLimits, PlaceLimits {
  readonly maximumConnectionsPerClient: number;
  /** Bytes of incomplete requests, and as many of answers that were not taken yet. */
  readonly maximumHeld: number;
  readonly maximumHeldPerClient: number;
  /** The maximum time for requests in progress when the server stops. */
  readonly shutdownTimeout: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  readonly https?: number;
  /** New connections get this certificate; open ones keep theirs. */
  renew(identity: TlsIdentity): void;
  /** Accepts no new connections; answers the requests in progress. */
  close(): Promise<void>;
}

interface Way {
  readonly port: number;
  readonly protocol: Protocol;
  /** Its name in TLS (RFC 7301), if it has one. */
  readonly protocols?: string[];
}

/** Rejects with the error of a socket; then no port is open. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { core, counted, host, https, identity, limits, log, random, rate, workers } = options;
  const gate = createGate(options);
  const turns = createTurns();
  const held = { perClient: limits.maximumHeldPerClient, inAll: limits.maximumHeld };
  const shared = { turns, requests: createHeldBytes(held), answers: createHeldBytes(held) };
  const places = createPlaces({ limits, isBusy: turns.isBusy, refuse: gate.refuse });
  const exchange = createExchange({ core, workers, random, maximumMessageSize: limits.maximumMessageSize });
  const conversation = { exchange, rate, log, counted, shared, limits };
  const ways: readonly Way[] = [
    { port: options.port, protocol: overTtlv(conversation) },
    ...(https === undefined ? [] : [{ port: https, protocol: overHttp(conversation), protocols: httpProtocols }]),
  ];
  const ports: Port[] = [];

  async function close(): Promise<void> {
    const closed = Promise.all(ports.map((port) => port.close()));
    places.close();
    gate.close();
    const timer = setTimeout(() => {
      for (const socket of places.sockets) socket.destroy();
    }, limits.shutdownTimeout);
    await closed;
    clearTimeout(timer);
    gate.settle();
    counted.close();
  }

  try {
    for (const { protocol, ...way } of ways) {
      ports.push(
        await openPort({
          ...{ places, host, identity, log, ...way },
          onConnection: (socket) => gate.arrive(socket, protocol, () => places.admit(socket)),
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [{ number: port } = { number: 0 }, second] = ports;
  return {
    ...{ host, port, ...(second === undefined ? {} : { https: second.number }), close },
    renew: (renewed) => {
      for (const each of ports) each.renew(renewed);
    },
  };
}
