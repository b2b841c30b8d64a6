/**
 * Who is let in, whatever port the connection came to: every client needs a certificate, and one function of ours
 * decides before the first byte is read. Who is refused, at the start or later, is audited and closed.
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
  /** Takes over what was changed until now. */
  refresh(): Promise<void>;
  /** Calls when an earlier decision may have become another. */
  onChange(listener: () => void): void;
}

export interface GateOptions {
  readonly admission: Admission;
  readonly audit: AuditTrail;
  now(): number;
  readonly log: ServerLog;
  readonly limits: { readonly maximumConnectionsPerClient: number };
}

/** What is spoken with clients that were let in, whatever socket it is. */
export interface Protocol {
  /** The door's name in the origin of requests. */
  readonly door: string;
  /** `cut` ends the connection at once, and writes down why. */
  serve(socket: Socket, session: Session, cut: (reason: string) => void): Connection;
}

export interface Gate {
  /** Those who were let in and are still there. */
  readonly open: ReadonlyMap<TLSSocket, Connection>;
  /** Decides about a connection whose handshake is done; `onAdmitted` is called when its client is let in. */
  arrive(socket: TLSSocket, protocol: Protocol, onAdmitted: () => void): void;
  /** Turns a connection away that came to no handshake. */
  refuse(socket: Socket, peer: string, reason: string): void;
  /** Nobody is let in any more, and those who are idle leave; the others when they have their answers. */
  close(): void;
  /** To be called when all have gone: writes down how many more were refused. */
  settle(): void;
}

/**
 * Milliseconds from one look at the clients, for a certificate that nobody knows, to the next one: all who wait share
 * it.
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
    // Closed they are whether or not this can be written; the trail itself tells the log.
    audit.append(entry).catch(() => undefined);
  });

  let lookedAt = -Infinity;
  let look: Promise<void> | undefined;

  /** What was changed before the call counts when it resolves. However many come, the store is asked only so often. */
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
    // It may have been let in within this very second, by another process.
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
      // A fault of ours lets nobody in, and ends no process.
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
