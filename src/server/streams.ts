/**
 * The streams of all connections (KMIP 2.1 §7.8). Of what they hold nothing outlives its connection or the time
 * below: cipher and hash states lie in OpenSSL's memory, which wipes it when it is freed, and the rest is wiped here.
 */
import type { Stream, Streams } from '#operations/streams';
import { KmipError } from '#protocol/kmip-error';
import type { Services } from './services.ts';
import type { Session } from './session.ts';

/** A stream ends so many milliseconds after its last part. */
const lifetime = 10 * 60 * 1000;
const maximumPerConnection = 16;
const maximumPerClient = 128;
const maximumOfAll = 1024;
const valueLength = 16;

interface Held {
  readonly stream: Stream;
  /** Milliseconds since 1970. */
  until: number;
}

export interface StreamTable {
  of(session: Session): Streams;
  /** Drops what the connection has begun. */
  end(session: Session): void;
}

export function createStreamTable({ now, random }: Pick<Services, 'now' | 'random'>): StreamTable {
  const held = new Map<Session, Map<string, Held>>();
  /** How many each client has. */
  const perClient = new Map<string, number>();
  let count = 0;

  function countFor({ clientId }: Session, change: 1 | -1): void {
    const left = (perClient.get(clientId) ?? 0) + change;
    if (left === 0) perClient.delete(clientId);
    else perClient.set(clientId, left);
    count += change;
  }

  function drop(session: Session, own: Map<string, Held>, key: string): void {
    own.get(key)?.stream.work.end?.();
    if (own.delete(key)) countFor(session, -1);
    if (own.size === 0) held.delete(session);
  }

  /**
   * A client that has fewer streams than another finds room: the other's stream that has waited longest for a part is
   * ended.
   */
  function makeRoom(clientId: string): boolean {
    const [richest, most] = [...perClient].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    if ((perClient.get(clientId) ?? 0) + 1 >= most) return false;
    let oldest: { session: Session; own: Map<string, Held>; key: string; until: number } | undefined;
    for (const [session, own] of held) {
      if (session.clientId !== richest) continue;
      for (const [key, { until }] of own) {
        if (oldest === undefined || until < oldest.until) oldest = { session, own, key, until };
      }
    }
    if (oldest === undefined) return false;
    drop(oldest.session, oldest.own, oldest.key);
    return true;
  }

  /** Looks at all of them, but only when one is begun. */
  function dropExpired(): void {
    const time = now();
    for (const [session, own] of held) {
      for (const [key, { until }] of own) if (until <= time) drop(session, own, key);
    }
  }

  function heldBy(session: Session, correlationValue: Uint8Array): Held {
    const found = held.get(session)?.get(keyOf(correlationValue));
    if (found !== undefined && found.until > now()) return found;
    throw new KmipError(
      'InvalidCorrelationValue',
      'the connection has no stream with this Correlation Value, or has it no more',
    );
  }

  return {
    of: (session) => ({
      begin(stream) {
        if (session.isClosed?.() === true) {
          throw new KmipError('OperationCanceledByRequester', 'the connection is closed');
        }
        dropExpired();
        const own = held.get(session) ?? new Map<string, Held>();
        const ofClient = perClient.get(session.clientId) ?? 0;
        if (own.size >= maximumPerConnection || ofClient >= maximumPerClient) {
          throw new KmipError(
            'ServerLimitExceeded',
            `a connection has up to ${maximumPerConnection} streams, and a client up to ${maximumPerClient}`,
          );
        }
        if (count >= maximumOfAll && !makeRoom(session.clientId)) {
          throw new KmipError('ServerLimitExceeded', `all clients together have up to ${maximumOfAll} streams`);
        }
        const correlationValue = random(valueLength);
        held.set(session, own.set(keyOf(correlationValue), { stream, until: now() + lifetime }));
        countFor(session, 1);
        return correlationValue;
      },

      find: (correlationValue) => heldBy(session, correlationValue).stream,

      renew(correlationValue) {
        heldBy(session, correlationValue).until = now() + lifetime;
      },

      end(correlationValue) {
        const own = held.get(session);
        if (own !== undefined) drop(session, own, keyOf(correlationValue));
      },
    }),

    end(session) {
      const own = held.get(session) ?? new Map<string, Held>();
      for (const key of own.keys()) drop(session, own, key);
    },
  };
}

const keyOf = (correlationValue: Uint8Array): string => Buffer.from(correlationValue).toString('base64');
