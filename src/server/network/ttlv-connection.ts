/** One connection: cuts its bytes into requests and answers them one after another, in the order they came, one write each. */
import type { TLSSocket } from 'node:tls';
import { createFramer } from '#ttlv/framer';
import { TtlvError } from '#ttlv/item';
import { versionAtStart } from '#protocol/message';
import { attend } from './attend.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { pauseOn } from '#server/admission/request-rate';
import { isLong, sendLong, taken } from '#server/admission/sending';
import type { Session } from '#server/session';
import { isCounted } from '#server/admission/share';

/** Messages of a chunk that are cut at once: a chunk of the shortest ones would take many times its size. */
const mostCut = 64;

export function serveConnection(
  socket: TLSSocket,
  of: Session,
  cut: (reason: string) => void,
  options: ConnectionOptions,
): Connection {
  const { handler, counted, limits } = options;
  const { connection, clientId: client } = of;
  const framer = createFramer({ maximumBytes: limits.maximumMessageSize, atOnce: mostCut });
  /**
   * In the order they came; a fault is the last. While any waits nothing is read, so that a
   * connection holds one chunk of them. It is empty only when all of the chunk was taken.
   */
  const waiting: (Uint8Array | TtlvError)[] = [];
  /** No request is taken any more: the peer's stream has ended or is out of step, or the server stops. */
  let finishing = false;
  let answering = false;
  let handling = false;
  /** A long request waits for room, or for a turn, before more of it is read. */
  let isHeldBack = false;

  const { share, session, lifetime, sending } = attend(socket, of, cut, options, () => handling);

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

  function take(cut: () => Uint8Array[]): void {
    try {
      waiting.push(...cut());
    } catch (error) {
      if (!(error instanceof TtlvError)) throw error;
    }
    const { fault } = framer;
    if (fault === undefined) return;
    counted.note('warn', 'a connection sent what is no message', { client }, { connection, why: fault.message });
    waiting.push(fault);
    finishing = true;
  }

  function nextWaiting(): Uint8Array | TtlvError | undefined {
    const next = waiting.shift();
    if (waiting.length === 0 && framer.hasMore) take(() => framer.more());
    return next;
  }

  /**
   * Reads what follows: of a long request when the one before is done, there is room for all of it, and others had
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
    // The time is ours.
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
        const pause = handler.pauseBefore(session);
        if (pause > 0) {
          await pauseOn(socket, pause);
          if (socket.destroyed) return void (next instanceof Uint8Array && next.fill(0));
        }
        if (!share.begin()) {
          await share.wait();
          if (socket.destroyed) return share.handled();
        }
        const reply = await answer(next);
        if (socket.destroyed) return;
        lifetime.renew();
        share.made(reply.length);
        const rest = isLong(reply) ? await sendLong(socket, reply, sending) : reply;
        if (rest === undefined) return;
        if (!socket.write(rest, () => settle(reply))) await taken(socket, sending);
        if (socket.destroyed) return;
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

  /** It may hold key material, which TLS has copied by then. */
  function settle(reply: Uint8Array): void {
    share.taken(reply.length);
    reply.fill(0);
  }

  async function answer(request: Uint8Array | TtlvError): Promise<Uint8Array> {
    try {
      return request instanceof TtlvError
        ? await handler.refuse(request, versionAtStart(framer.beginning), session)
        : await handler.handle(request, session);
    } finally {
      handling = false;
      share.handled();
      share.used();
      // It may have brought key material.
      if (request instanceof Uint8Array) request.fill(0);
    }
  }

  return {
    session,
    finish() {
      finishing = true;
      if (!answering) lifetime.end();
    },
  };
}
