/**
 * Admission of clients, for every port. Every client needs a certificate, and one function decides before the first
 * byte of a request is read. A refused connection is audited and closed, at its start or later.
 */
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { createRefusals } from '#audit/refusals';
import type { AuditTrail } from '#audit/trail';
import type { Connection } from '#server/network/connection';
import { fingerprintOf, subjectOf } from '#server/network/peer';
import type { ServerLog } from '#server/server-log';
import { originOf } from '#server/network/socket-origin';
import type { Session } from '#server/session';

type Decision = { readonly client: { readonly id: string } } | { readonly refused: string };

export interface Admission {
  /** `now` in milliseconds since 1970. */
  decide(fingerprint: string, now: number): Decision;
  /** Reads the changes of clients that were made until now. */
  refresh(): Promise<void>;
  /** Calls the listener when an earlier decision may be outdated. */
  onChange(listener: () => void): void;
}

export interface GateOptions {
  readonly admission: Admission;
  readonly audit: AuditTrail;
  now(): number;
  readonly log: ServerLog;
  readonly limits: { readonly maximumConnectionsPerClient: number };
}

/** The protocol of admitted connections, on any kind of socket. */
export interface Protocol {
  /** The door's name in the origin of requests. */
  readonly door: string;
  /** `cut` ends the connection at once, and logs the reason. */
  serve(socket: Socket, session: Session, cut: (reason: string) => void): Connection;
}

export interface Gate {
  /** The admitted connections that are still open. */
  readonly open: ReadonlyMap<TLSSocket, Connection>;
  /** Decides about a connection after its handshake; calls `onAdmitted` when its client is admitted. */
  arrive(socket: TLSSocket, protocol: Protocol, onAdmitted: () => void): void;
  /** Refuses a connection that did not complete its handshake. */
  refuse(socket: Socket, peer: string, reason: string): void;
  /** Admits no more clients. Idle connections are closed; the others are closed after their answers. */
  close(): void;
  /** To be called when all connections are closed: records the number of further refusals. */
  settle(): void;
}

/**
 * The least time in milliseconds between two reads of the clients for unknown certificates. All connections that wait
 * share one read.
 */
const lookInterval = 250;

export function createGate({ admission, audit, log, limits, now }: GateOptions): Gate {
  const open = new Map<TLSSocket, Connection>();
  const perClient = new Map<string, number>();
  let connections = 0;
  let isClosed = false;
  const refusals = createRefusals((entry) => {
    const { count, peer, reason } = entry;
    if (count !== undefined) log.warn('more connections were refused', { peer, reason, count });
    // They stay closed if this cannot be written; the trail itself logs that.
    audit.append(entry).catch(() => undefined);
  });

  let lookedAt = -Infinity;
  let look: Promise<void> | undefined;

  /**
   * Resolves when every change before the call is known. The store is read at most once in the pause, however many
   * calls there are.
   */
  function lookAgain(): Promise<void> {
    look ??= wait(Math.max(0, lookedAt + lookInterval - performance.now())).then(() => {
      look = undefined;
      lookedAt = performance.now();
      return admission.refresh();
    });
    return look;
  }

  function refuse(
    socket: Socket,
    connection: number,
    reason: string,
    certificate?: Buffer,
    peer = socket.remoteAddress ?? 'unknown',
  ): void {
    const facts =
      certificate === undefined
        ? {}
        : { certificate: fingerprintOf(certificate), subject: () => subjectOf(certificate) };
    const isNew = refusals.note({ reason, connection, peer, ...facts });
    const { certificate: fingerprint } = facts;
    log[isNew ? 'warn' : 'debug']('a connection was refused', { connection, peer, reason, fingerprint });
    socket.destroy();
  }

  function arrive(socket: TLSSocket, protocol: Protocol, onAdmitted: () => void): void {
    if (isClosed) return void socket.destroy();
    const connection = ++connections;
    const certificate = socket.getPeerX509Certificate()?.raw;
    if (certificate === undefined) return refuse(socket, connection, 'no certificate');
    const fingerprint = fingerprintOf(certificate);
    const admit = ({ id }: { readonly id: string }): void => {
      const origin = originOf(socket, protocol.door, connection);
      admitAs({ principal: { clientId: id, fingerprint }, origin }, socket, protocol, onAdmitted);
    };
    const decision = admission.decide(fingerprint, now());
    if ('client' in decision) return admit(decision.client);
    // Another process may have added the client within this second.
    const give = (): void => void socket.destroy();
    socket.on('error', give).on('end', give);
    const again = lookAgain().then(
      () => admission.decide(fingerprint, now()),
      () => decision,
    );
    again
      .then((second) => {
        socket.off('error', give).off('end', give);
        if (socket.destroyed || isClosed) socket.destroy();
        else if ('refused' in second) refuse(socket, connection, second.refused, certificate);
        else admit(second.client);
      })
      // A bug admits nobody, and does not end the process.
      .catch((error: unknown) => {
        log.error('the admission of a connection failed', { connection, error: String(error) });
        socket.destroy();
      });
  }

  function admitAs(session: Session, socket: TLSSocket, protocol: Protocol, onAdmitted: () => void): void {
    const { connection = 0 } = session.origin;
    const { clientId } = session.principal;
    const count = perClient.get(clientId) ?? 0;
    if (count >= limits.maximumConnectionsPerClient) {
      return refuse(socket, connection, 'too many connections', socket.getPeerX509Certificate()?.raw);
    }
    perClient.set(clientId, count + 1);
    onAdmitted();
    const cut = (reason: string): void =>
      refuse(socket, connection, reason, socket.destroyed ? undefined : socket.getPeerX509Certificate()?.raw);
    open.set(socket, protocol.serve(socket, session, cut));
    socket.once('close', () => {
      open.delete(socket);
      const left = (perClient.get(clientId) ?? 1) - 1;
      if (left === 0) perClient.delete(clientId);
      else perClient.set(clientId, left);
    });
  }

  admission.onChange(() => {
    for (const [socket, { session }] of open) {
      const { fingerprint = '' } = session.principal;
      const { connection = 0 } = session.origin;
      const decision = admission.decide(fingerprint, now());
      if ('refused' in decision) refuse(socket, connection, decision.refused, socket.getPeerX509Certificate()?.raw);
    }
  });

  return {
    open,
    arrive,
    refuse: (socket, peer, reason) => refuse(socket, ++connections, reason, undefined, peer),
    close() {
      isClosed = true;
      for (const connection of open.values()) connection.finish();
    },
    settle: () => refusals.close(),
  };
}
