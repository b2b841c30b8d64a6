/**
 * The places of connections, for all ports together. A connection belongs to a stranger until its client is admitted.
 * Strangers have at most a part of the places, and each address has a share of that part. When a place is needed, the
 * stranger that has waited longest loses its place. A client never loses its place to a stranger.
 */
import type { Socket } from 'node:net';
import { createAcquaintances, networkOf } from './addresses.ts';
import { createHandshakeTurns, type Candidate } from './handshake-turns.ts';

export interface PlaceLimits {
  readonly maximumConnections: number;
  readonly maximumHandshakesPerAddress: number;
  /** Milliseconds from the connection to the admission of its client. */
  readonly handshakeTimeout: number;
}

export interface PlacesOptions {
  readonly limits: PlaceLimits;
  /** Whether clients send requests at present. */
  isBusy(): boolean;
  /** Closes the socket and logs the reason. */
  refuse(socket: Socket, peer: string, reason: string): void;
  /** Milliseconds, from a clock that never goes back. */
  readonly now?: () => number;
}

export interface Places {
  /** A new connection. `begin` starts its handshake, when its turn has come. */
  arrive(socket: Socket, begin: () => void): void;
  /** The handshake over this connection failed. */
  fail(secured: Socket, reason: string): void;
  /** The handshake is done. The code that decides about the client gives the reason when it refuses it. */
  succeed(secured: Socket): void;
  /** The client was admitted. */
  admit(secured: Socket): void;
  /** The number of connections, before and after admission. */
  readonly sockets: ReadonlySet<Socket>;
  /** Closes the connections of strangers, present and future ones. */
  close(): void;
}

interface Stranger extends Candidate {
  readonly socket: Socket;
  readonly peer: string;
  readonly ends: string;
  /** Milliseconds. */
  readonly since: number;
  readonly timer: NodeJS.Timeout;
  isSecured: boolean;
}

/** In the order of arrival. */
interface Strangers {
  /** Connections that have sent nothing yet. */
  readonly silent: Set<Stranger>;
  readonly begun: Set<Stranger>;
}

/** The part of all places that strangers may have, and the minimum of it where there are few places. */
const strangersPart = 1 / 2;
const fewPlaces = 16;
/**
 * Milliseconds of a handshake in which it keeps its place. After them the next connection may take it, when clients
 * have all other places.
 */
const grace = 1000;
/** The last places are reserved for addresses from which a client was admitted lately. */
const keptPart = 1 / 10;

export function createPlaces({ limits, isBusy, refuse, now = () => performance.now() }: PlacesOptions): Places {
  const { maximumConnections, maximumHandshakesPerAddress, handshakeTimeout } = limits;
  const mostStrangers = Math.min(
    maximumConnections,
    Math.max(fewPlaces, Math.floor(maximumConnections * strangersPart)),
  );
  const kept = Math.floor(maximumConnections * keptPart);
  const sockets = new Set<Socket>();
  const acquaintances = createAcquaintances(now);
  const turns = createHandshakeTurns(isBusy, now);
  const unknown: Strangers = { silent: new Set(), begun: new Set() };
  const known: Strangers = { silent: new Set(), begun: new Set() };
  const ofHis = ({ isKnown }: { readonly isKnown: boolean }): Strangers => (isKnown ? known : unknown);
  const perNetwork = new Map<string, Set<Stranger>>();
  /**
   * The key is both ends of the connection: a TLS socket and the socket below it have no other public property in
   * common.
   */
  const byEnds = new Map<string, Stranger>();
  let isClosed = false;

  function leave(stranger: Stranger): void {
    clearTimeout(stranger.timer);
    ofHis(stranger).silent.delete(stranger);
    ofHis(stranger).begun.delete(stranger);
    turns.leave(stranger);
    byEnds.delete(stranger.ends);
    const same = perNetwork.get(stranger.network);
    if (same?.delete(stranger) === true && same.size === 0) perNetwork.delete(stranger.network);
  }

  function drop(stranger: Stranger, reason: string): void {
    leave(stranger);
    refuse(stranger.socket, stranger.peer, reason);
    sockets.delete(stranger.socket);
  }

  /** Whether there is a place for one more connection, if necessary the place of a stranger. */
  function makePlace(network: string, isKnown: boolean): boolean {
    const [oldestHere] = perNetwork.get(network) ?? [];
    if (oldestHere !== undefined && (perNetwork.get(network)?.size ?? 0) >= maximumHandshakesPerAddress) {
      drop(oldestHere, 'too many unfinished handshakes of one address');
    }
    const places = isKnown ? maximumConnections : Math.max(1, maximumConnections - kept);
    const isFull = sockets.size >= places;
    if (!isFull && byEnds.size < mostStrangers) return true;
    const youngest = isFull ? now() - grace : Infinity;
    for (const { silent, begun } of isKnown ? [unknown, known] : [unknown]) {
      const [oldestSilent] = silent;
      const [oldestBegun] = begun;
      const oldest =
        oldestSilent ?? (oldestBegun !== undefined && oldestBegun.since < youngest ? oldestBegun : undefined);
      if (oldest === undefined) continue;
      drop(oldest, 'too many unfinished handshakes');
      return sockets.size < places;
    }
    return false;
  }

  function arrive(socket: Socket, begin: () => void): void {
    const peer = socket.remoteAddress;
    // The connection has ended already.
    if (peer === undefined || isClosed) return void socket.destroy();
    const network = networkOf(peer);
    const isKnown = acquaintances.has(network);
    socket.on('error', () => undefined);
    if (!makePlace(network, isKnown)) return refuse(socket, peer, 'too many are open');
    const timer = setTimeout(() => drop(stranger, 'TLS: ERR_TLS_HANDSHAKE_TIMEOUT'), handshakeTimeout);
    const ends = endsOf(socket);
    const received = (): number => socket.bytesRead;
    const candidate = { network, isKnown, begin, received };
    const stranger: Stranger = { ...candidate, socket, peer, timer, ends, since: now(), isSecured: false };
    sockets.add(socket);
    ofHis(stranger).silent.add(stranger);
    byEnds.set(stranger.ends, stranger);
    const same = perNetwork.get(network);
    if (same === undefined) perNetwork.set(network, new Set([stranger]));
    else same.add(stranger);

    const gone = (): void => {
      sockets.delete(socket);
      if (byEnds.get(stranger.ends) !== stranger) return;
      if (stranger.isSecured) leave(stranger);
      else drop(stranger, 'it ended before its handshake');
    };
    socket.once('end', gone).once('close', gone);
    // This is all that a connection costs that sends nothing.
    socket.once('data', (chunk: Buffer) => {
      socket.pause().off('end', gone).unshift(chunk);
      ofHis(stranger).silent.delete(stranger);
      ofHis(stranger).begun.add(stranger);
      turns.enter(stranger);
    });
  }

  return {
    sockets,
    arrive,
    fail(secured, reason) {
      const stranger = byEnds.get(endsOf(secured));
      if (stranger !== undefined) drop(stranger, reason);
    },
    succeed(secured) {
      const stranger = byEnds.get(endsOf(secured));
      if (stranger === undefined) return;
      stranger.isSecured = true;
      turns.finish(stranger);
    },
    admit(secured) {
      const stranger = byEnds.get(endsOf(secured));
      if (stranger === undefined) return;
      leave(stranger);
      acquaintances.add(stranger.network);
    },
    close() {
      isClosed = true;
      for (const stranger of byEnds.values()) {
        leave(stranger);
        stranger.socket.destroy();
      }
    },
  };
}

const endsOf = ({ remoteAddress, remotePort, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;
