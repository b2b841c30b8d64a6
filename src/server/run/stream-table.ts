/**
 * The streams of all connections (KMIP 2.1 §7.8). Of what they hold nothing outlives its connection or the time
 * below: cipher and hash states lie in OpenSSL's memory, which wipes it when it is freed, and the rest is wiped here.
 */
import type { Stream, StreamRoom, Streams } from '#operations/context';
import { KmipError } from '#protocol/kmip-error';
import type { Services } from '#server/services';
import type { Origin, Session } from '#server/session';
import { demandConnection } from './demand-connection.ts';

/** A stream ends so many milliseconds after its last part. */
const lifetime = 10 * 60 * 1000;
const maximumPerConnection = 16;
const maximumPerClient = 128;
const maximumOfAll = 1024;
const valueLength = 16;
const mebibyte = 1024 * 1024;
/** Bytes that the streams hold: of data that wait for a tag, and of what came with their first parts. */
const maximumHeld = { perClient: 16 * mebibyte, inAll: 64 * mebibyte };

interface Held {
  readonly clientId: string;
  readonly stream: Stream;
  /** Of its first part. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  until: number;
}

/** What one connection has begun, by Correlation Value; it ends when the connection's signal is aborted. */
type Own = Map<string, Held>;

export interface StreamTable {
  of(session: Session): Streams;
}

export function createStreamTable({ now, random }: Pick<Services, 'now' | 'random'>): StreamTable {
  const held = new Map<Origin, Own>();
  const endings = new WeakMap<Origin, () => void>();
  /** How many each client has. */
  const perClient = new Map<string, number>();
  let count = 0;
  /** Bytes that the streams of each client hold. */
  const bytesOf = new Map<string, number>();
  let bytesInAll = 0;

  function countFor(clientId: string, change: 1 | -1): void {
    const left = (perClient.get(clientId) ?? 0) + change;
    if (left === 0) perClient.delete(clientId);
    else perClient.set(clientId, left);
    count += change;
  }

  /** As often as one is asked for. */
  function roomOf(clientId: string): StreamRoom {
    const change = (bytes: number): void => {
      const left = (bytesOf.get(clientId) ?? 0) + bytes;
      if (left === 0) bytesOf.delete(clientId);
      else bytesOf.set(clientId, left);
      bytesInAll += bytes;
    };
    return {
      take(bytes) {
        const { perClient: most, inAll } = maximumHeld;
        if ((bytesOf.get(clientId) ?? 0) + bytes > most) {
          throw new KmipError('ServerLimitExceeded', `the streams of a client may hold at most ${most} bytes together`);
        }
        while (bytesInAll + bytes > inAll && makeRoomOf(clientId, bytes));
        if (bytesInAll + bytes > inAll) {
          throw new KmipError(
            'ServerLimitExceeded',
            `the streams of all clients may hold at most ${inAll} bytes together`,
          );
        }
        change(bytes);
      },
      release: (bytes) => change(-bytes),
    };
  }

  /** A client that holds less than another, with what it asks for, gets room: the other's oldest streams are ended. */
  function makeRoomOf(clientId: string, bytes: number): boolean {
    const [richest, most] = [...bytesOf].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    if (richest === clientId || (bytesOf.get(clientId) ?? 0) + bytes >= most) return false;
    return dropOldest(richest);
  }

  /** The streams of the connection, which end with it from now on. */
  function hold(origin: Origin): Own {
    const own: Own = new Map();
    const end = (): void => {
      for (const key of own.keys()) drop(origin, own, key);
    };
    held.set(origin, own);
    endings.set(origin, end);
    origin.signal.addEventListener('abort', end, { once: true });
    return own;
  }

  function drop(origin: Origin, own: Own, key: string): void {
    const dropped = own.get(key);
    dropped?.stream.work.end?.();
    if (dropped !== undefined && own.delete(key)) {
      countFor(dropped.clientId, -1);
      roomOf(dropped.clientId).release(dropped.bytes);
    }
    const end = endings.get(origin);
    if (own.size > 0 || end === undefined) return;
    held.delete(origin);
    endings.delete(origin);
    origin.signal.removeEventListener('abort', end);
  }

  /**
   * A client that has fewer streams than another finds room: the other's stream that has waited longest for a part is
   * ended.
   */
  function makeRoom(clientId: string): boolean {
    const [richest, most] = [...perClient].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    return (perClient.get(clientId) ?? 0) + 1 < most && dropOldest(richest);
  }

  /** The client's stream that has waited longest for a part. Whether it had one. */
  function dropOldest(clientId: string): boolean {
    let oldest: { origin: Origin; own: Own; key: string; until: number } | undefined;
    for (const [origin, own] of held) {
      for (const [key, { clientId: whose, until }] of own) {
        if (whose !== clientId) continue;
        if (oldest === undefined || until < oldest.until) oldest = { origin, own, key, until };
      }
    }
    if (oldest === undefined) return false;
    drop(oldest.origin, oldest.own, oldest.key);
    return true;
  }

  /** Looks at all of them, but only when one is begun. */
  function dropExpired(): void {
    const time = now();
    for (const [origin, own] of held) {
      for (const [key, { until }] of own) if (until <= time) drop(origin, own, key);
    }
  }

  function find({ principal, origin }: Session, correlationValue: Uint8Array): Held {
    const found = held.get(origin)?.get(keyOf(correlationValue));
    if (found !== undefined && found.clientId === principal.clientId && found.until > now()) return found;
    throw new KmipError(
      'InvalidCorrelationValue',
      'Correlation Value not found: it is not of an open stream of this connection',
    );
  }

  return {
    of(session) {
      const { origin } = session;
      const { clientId } = session.principal;
      return {
        begin(stream) {
          demandConnection(origin.signal);
          dropExpired();
          if (
            (held.get(origin)?.size ?? 0) >= maximumPerConnection ||
            (perClient.get(clientId) ?? 0) >= maximumPerClient
          ) {
            throw new KmipError(
              'ServerLimitExceeded',
              `a connection may have at most ${maximumPerConnection} streams, and a client at most ${maximumPerClient}`,
            );
          }
          if (count >= maximumOfAll && !makeRoom(clientId)) {
            throw new KmipError('ServerLimitExceeded', `all clients together may have at most ${maximumOfAll} streams`);
          }
          const correlationValue = random(valueLength);
          const bytes = bytesWith(stream);
          roomOf(clientId).take(bytes);
          const own = held.get(origin) ?? hold(origin);
          own.set(keyOf(correlationValue), { clientId, stream, bytes, until: now() + lifetime });
          countFor(clientId, 1);
          return correlationValue;
        },

        find: (correlationValue) => find(session, correlationValue).stream,

        renew(correlationValue) {
          find(session, correlationValue).until = now() + lifetime;
        },

        get room() {
          return roomOf(clientId);
        },

        end(correlationValue) {
          const own = held.get(origin);
          if (own !== undefined) drop(origin, own, keyOf(correlationValue));
        },
      };
    },
  };
}

/** What came with the first part is a copy, but for parameters, which keep the whole request. */
function bytesWith({ initial, parameters }: Stream): number {
  let bytes = 0;
  for (const each of Object.values(initial)) bytes += each?.length ?? 0;
  for (const each of Object.values(parameters)) if (each instanceof Uint8Array) bytes += each.buffer.byteLength;
  return bytes;
}

const keyOf = (correlationValue: Uint8Array): string => Buffer.from(correlationValue).toString('base64');
