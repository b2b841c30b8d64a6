/**
 * One connection of TTLV over TLS: splits its bytes into requests and answers them one after another, in the order of
 * arrival, with one write each.
 */
import type { Socket } from 'node:net';
import { createFramer } from '#ttlv/framer';
import { TtlvError } from '#ttlv/item';
import { encodings } from '#protocol/encodings';
import { versionAtStart } from '#protocol/message';
import { attend } from './attend.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { isLong, sendLong, taken } from '#server/admission/sending';
import type { Session } from '#server/session';
import type { Protocol } from '#server/admission/gate';
import { isCounted } from '#server/admission/share';
import type { RequestScope } from '#server/run/request-scope';

/**
 * The maximum of messages that are split off a chunk at once: a chunk of the shortest messages would take many times
 * its size.
 */
const mostCut = 64;

/** Serves TTLV on the connections that it is given. */
export const overTtlv = (options: ConnectionOptions): Protocol => ({
  door: 'ttlv',
  serve: (socket, session, cut) => converse(socket, session, cut, options),
});

function converse(
  socket: Socket,
  session: Session,
  cut: (reason: string) => void,
  options: ConnectionOptions,
): Connection {
  const { exchange, counted, limits } = options;
  const { connection } = session.origin;
  const client = session.principal.clientId;
  const framer = createFramer({ maximumBytes: limits.maximumMessageSize, atOnce: mostCut });
  /**
   * In the order of arrival; an error is the last. Nothing is read while one waits, so that a connection holds one
   * chunk. It is empty only when all of the chunk was split.
   */
  const waiting: (Uint8Array | TtlvError)[] = [];
  /** No further request is accepted: the peer's stream has ended or cannot be read, or the server stops. */
  let finishing = false;
  let answering = false;
  let handling = false;
  /** A long request waits for room, or for a turn, before more of it is read. */
  let isHeldBack = false;

  const { share, lifetime, sending, begin, paced } = attend(socket, session, cut, options, () => handling);

  socket.on('data', (chunk: Buffer) => {
    if (finishing) return;
    take(() => framer.push(chunk));
    if (!answering && waiting.length > 0) void answerAll();
    if (waiting.length > 0) {
      socket.pause();
      lifetime.arrived();
    } else if (framer.end()) readOn(chunk.length);
    else lifetime.arrived();
  });
  socket.on('end', () => {
    if (!finishing && framer.end())
      counted.note('warn', 'a connection ended within a message', { client }, { connection });
    finishing = true;
    if (!answering) lifetime.end();
  });

  function take(nextMessages: () => Uint8Array[]): void {
    try {
      waiting.push(...nextMessages());
    } catch (error) {
      if (!(error instanceof TtlvError)) throw error;
    }
    const { fault } = framer;
    if (fault === undefined) return;
    counted.note(
      'warn',
      'a connection sent bytes that are not a KMIP message',
      { client },
      { connection, why: fault.message },
    );
    waiting.push(fault);
    finishing = true;
  }

  function nextWaiting(): Uint8Array | TtlvError | undefined {
    const next = waiting.shift();
    if (waiting.length === 0 && framer.hasMore) take(() => framer.more());
    return next;
  }

  /**
   * Reads on. A long request is read when the one before is done, there is room for all of it, and other clients had
   * their turns.
   */
  function readOn(bytes = 0): void {
    if (isHeldBack) return;
    const length = framer.announced ?? 0;
    if (handling && isCounted(length)) return void socket.pause();
    const turn = finishing ? undefined : turnToRead(length, bytes);
    if (turn === undefined) return goOn(length);
    isHeldBack = true;
    socket.pause();
    void turn.then(() => {
      isHeldBack = false;
      if (waiting.length === 0) goOn(length);
    });
  }

  function turnToRead(length: number, bytes: number): Promise<void> | undefined {
    if (!isCounted(length)) return share.next();
    if (share.mayCome(length)) return share.read(bytes);
    // The time of the client does not run.
    lifetime.arrived();
    return share.room(length);
  }

  function goOn(length: number): void {
    if (!finishing && framer.end()) lifetime.arriving(length);
    socket.resume();
  }

  async function answerAll(): Promise<void> {
    answering = true;
    try {
      for (let next = nextWaiting(); next !== undefined; next = nextWaiting()) {
        handling = true;
        const scope = begin(next instanceof Uint8Array ? next : undefined);
        const reply = await answer(next, scope);
        const isSent = reply !== undefined && (await send(reply, scope));
        if (!isSent) return void (await scope.end());
        if (waiting.length === 0) readOn();
      }
      answering = false;
      if (finishing) lifetime.end();
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      counted.note('error', 'a request could not be answered', { client }, { connection, error: why });
      socket.destroy();
    }
  }

  /** Undefined when the connection has ended. */
  async function answer(request: Uint8Array | TtlvError, scope: RequestScope): Promise<Uint8Array | undefined> {
    const pause = paced();
    if (pause !== undefined) {
      await pause;
      if (socket.destroyed) return undefined;
    }
    if (!share.begin()) {
      await share.wait();
      if (socket.destroyed) {
        share.handled();
        return undefined;
      }
    }
    try {
      return request instanceof TtlvError
        ? await exchange.refuse(request, versionAtStart(framer.beginning), encodings.ttlv, scope)
        : await exchange.respond(request, encodings.ttlv, scope);
    } finally {
      handling = false;
      share.handled();
      share.used();
    }
  }

  /** Resolves when the next answer may follow. The request ends when TLS has copied the last bytes of this one. */
  async function send(reply: Uint8Array, scope: RequestScope): Promise<boolean> {
    if (socket.destroyed) return false;
    lifetime.renew();
    share.made(reply.length);
    const rest = isLong(reply) ? await sendLong(socket, reply, sending) : reply;
    if (rest === undefined) return false;
    const isTaken = socket.write(rest, () => {
      share.taken(reply.length);
      void scope.end();
    });
    if (!isTaken) await taken(socket, sending);
    return !socket.destroyed;
  }

  return {
    session,
    finish() {
      finishing = true;
      if (!answering) lifetime.end();
    },
  };
}
