/** One connection: cuts its bytes into requests and answers them one after another, in the order they came, one write each. */
import type { TLSSocket } from 'node:tls';
import { createFramer } from '#ttlv/framer';
import { TtlvError } from '#ttlv/item';
import { versionAtStart } from '#protocol/message';
import type { Handler } from './handler.ts';
import { watchOver } from './lifetime.ts';
import { pauseOn } from './request-rate.ts';
import type { ServerLog } from './services.ts';
import type { Session } from './session.ts';

export interface Connection {
  readonly session: Session;
  /** Closes as soon as the requests at hand are answered. */
  finish(): void;
}

export interface ConnectionOptions {
  readonly handler: Handler;
  readonly log: ServerLog;
  /** Bytes; milliseconds from one request or answer to the next request. */
  readonly limits: { readonly maximumMessageSize: number; readonly idleTimeout: number };
}

export function serveConnection(
  socket: TLSSocket,
  session: Session,
  { handler, log, limits }: ConnectionOptions,
): Connection {
  const { connection, clientId: client } = session;
  const framer = createFramer({ maximumBytes: limits.maximumMessageSize });
  /**
   * In the order they came; a fault is the last. While any waits nothing is read, so that a
   * connection holds one chunk of them.
   */
  const waiting: (Uint8Array | TtlvError)[] = [];
  /** No request is taken any more: the peer's stream has ended or is out of step, or the server stops. */
  let finishing = false;
  let answering = false;
  let handling = false;

  const lifetime = watchOver(socket, session, {
    log,
    idleTimeout: limits.idleTimeout,
    isHandling: () => handling,
  });

  socket.on('close', () => handler.end(session));
  socket.on('data', (chunk: Buffer) => {
    if (finishing) return;
    const fault = take(chunk);
    if (fault !== undefined) {
      log.warn('a connection sent what is no message', { connection, client, why: fault.message });
      waiting.push(fault);
      finishing = true;
    }
    if (!answering && waiting.length > 0) void answerAll();
    if (waiting.length > 0) socket.pause();
  });
  socket.on('end', () => {
    if (!finishing && framer.end()) log.warn('a connection ended within a message', { connection, client });
    finishing = true;
    if (!answering) lifetime.end();
  });

  function take(chunk: Buffer): TtlvError | undefined {
    try {
      waiting.push(...framer.push(chunk));
    } catch (error) {
      if (!(error instanceof TtlvError)) throw error;
    }
    return framer.fault;
  }

  async function answerAll(): Promise<void> {
    answering = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const reply = await answer(next);
        if (socket.destroyed) return;
        lifetime.renew();
        // It may hold key material, which TLS has copied by then.
        if (!socket.write(reply, () => void reply.fill(0))) await drained(socket);
        if (socket.destroyed) return;
        if (waiting.length === 0) socket.resume();
      }
      answering = false;
      if (finishing) lifetime.end();
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.error('a request could not be answered', { connection, client, error: why });
      socket.destroy();
    }
  }

  async function answer(request: Uint8Array | TtlvError): Promise<Uint8Array> {
    handling = true;
    try {
      const pause = handler.pauseBefore(session);
      if (pause > 0) await pauseOn(socket, pause);
      return request instanceof TtlvError
        ? await handler.refuse(request, versionAtStart(framer.beginning), session)
        : await handler.handle(request, session);
    } finally {
      handling = false;
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

/** Resolves when the peer has read enough for more, or is gone. */
const drained = (socket: TLSSocket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
