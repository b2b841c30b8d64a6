/**
 * The ports: TTLV over TLS, and KMIP over HTTPS when it is wanted. Both ask every client for a certificate and lead to
 * one gate, so that identities, bounds and audit are the same.
 */
import type { ConnectionLimits } from './connection.ts';
import { overTtlv } from './ttlv-connection.ts';
import type { CountedLog } from '#server/counted-log';
import { createDoor, type DoorLimits } from '#server/admission/door';
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
  /** 0 takes a free one. */
  readonly port: number;
  /** The same for HTTPS, which is not served without. */
  readonly https?: number | undefined;
  readonly limits: ListenerLimits;
}

/** Times in milliseconds, sizes in bytes. Numbers of connections are those of all ports together. */
export interface ListenerLimits extends ConnectionLimits, DoorLimits {
  readonly maximumConnectionsPerClient: number;
  /** Bytes of requests that have not come whole, and as many of answers that nobody has taken. */
  readonly maximumHeld: number;
  readonly maximumHeldPerClient: number;
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

interface Way {
  readonly port: number;
  readonly protocol: Protocol;
  /** What TLS calls it (RFC 7301), if it has a name. */
  readonly protocols?: string[];
}

/** Rejects with the error of a socket, and then listens nowhere. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { core, counted, host, https, identity, limits, log, random, rate, workers } = options;
  const gate = createGate(options);
  const turns = createTurns();
  const held = { perClient: limits.maximumHeldPerClient, inAll: limits.maximumHeld };
  const shared = { turns, requests: createHeldBytes(held), answers: createHeldBytes(held) };
  const door = createDoor({ limits, isBusy: turns.isBusy, refuse: gate.refuse });
  const exchange = createExchange({ core, workers, random, maximumMessageSize: limits.maximumMessageSize });
  const conversation = { exchange, rate, log, counted, shared, limits };
  const ways: readonly Way[] = [
    { port: options.port, protocol: overTtlv(conversation) },
    ...(https === undefined ? [] : [{ port: https, protocol: overHttp(conversation), protocols: httpProtocols }]),
  ];
  const ports: Port[] = [];

  async function close(): Promise<void> {
    const closed = Promise.all(ports.map((port) => port.close()));
    door.close();
    gate.close();
    const timer = setTimeout(() => {
      for (const socket of door.sockets) socket.destroy();
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
          ...{ door, host, identity, log, ...way },
          onConnection: (socket) => gate.arrive(socket, protocol, () => door.admit(socket)),
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
