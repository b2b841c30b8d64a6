/** One connection: cuts its bytes into requests and answers them one after another, in the order they came, one write each. */
import type { TLSSocket } from 'node:tls';
import { createFramer } from '#ttlv/framer';
import { TtlvError } from '#ttlv/item';
import type { Handler } from './handler.ts';
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
  readonly limits: { readonly maximumMessageSize: number; readonly idleTimeout: number };
}

/** Requests that wait on one connection; beyond them nothing is read until some are answered. */
const maximumWaiting = 64;

export function serveConnection(
  socket: TLSSocket,
  session: Session,
  { handler, log, limits }: ConnectionOptions,
): Connection {
  const framer = createFramer({ maximumBytes: limits.maximumMessageSize });
  const waiting: Uint8Array[] = [];
  let answering = false;
  let finishing = false;
  let ended = false;

  socket.setTimeout(limits.idleTimeout, () => {
    log.info('an idle connection was closed', { connection: session.connection });
    socket.destroy();
  });
  socket.on('error', (error) =>
    log.debug('a connection broke', { connection: session.connection, why: error.message }),
  );
  socket.on('data', (chunk: Buffer) => {
    if (finishing) return;
    try {
      waiting.push(...framer.push(chunk));
    } catch (error) {
      fault(error);
    }
    if (framer.fault !== undefined) fault(framer.fault);
    if (waiting.length > maximumWaiting) socket.pause();
    if (!answering) void answerAll();
  });
  socket.on('end', () => {
    ended = true;
    if (framer.end()) log.info('a connection ended within a message', { connection: session.connection });
    if (!answering) socket.end();
  });

  /** The stream is out of step: what came before is answered, then it is closed. */
  function fault(error: unknown): void {
    if (!(error instanceof TtlvError)) throw error;
    if (finishing) return;
    finishing = true;
    log.warn('a connection sent what is no message', {
      connection: session.connection,
      client: session.clientId,
      why: error.message,
    });
    void handler.refuse(error, session).then((reply) => {
      last = reply;
      if (!answering) end();
    });
  }
  let last: Uint8Array | undefined;

  function end(): void {
    if (last !== undefined) socket.end(last);
    else socket.end();
  }

  async function answerAll(): Promise<void> {
    answering = true;
    try {
      for (let message = waiting.shift(); message !== undefined && !socket.destroyed; message = waiting.shift()) {
        const reply = await handler.handle(message, session);
        // It may have brought key material.
        message.fill(0);
        if (socket.destroyed) return;
        const flowing = socket.write(reply);
        if (!flowing) await drained(socket);
        if (socket.isPaused() && waiting.length <= maximumWaiting / 2) socket.resume();
      }
    } catch (error) {
      log.error('a request could not be answered', { connection: session.connection, error: String(error) });
      socket.destroy();
    } finally {
      answering = false;
      if (finishing || ended) end();
    }
  }

  return {
    session,
    finish() {
      finishing = true;
      if (!answering) end();
    },
  };
}

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
