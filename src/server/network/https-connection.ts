/**
 * KMIP over HTTPS (Additional Message Encodings 1.0 §2): POST /kmip, one request in a body, its answer in the same
 * encoding. Node parses HTTP; the client was identified before, as on every port. Requests that arrive together on a
 * connection are answered one after another.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Encoding } from '#protocol/encodings';
import type { Protocol } from '#server/admission/gate';
import type { RequestScope } from '#server/run/request-scope';
import type { Session } from '#server/session';
import { attend } from './attend.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { sendAnswer, type HttpAnswer } from './http-answer.ts';
import { accepted, bodyOf, dropped, type Refusal } from './http-request.ts';
import { UnwritableAnswer } from './message-exchange.ts';

/** "SHALL support HTTP/1.0 and HTTP/1.1" (§2.5), by their names in the handshake. */
export const httpProtocols = ['http/1.1', 'http/1.0'];

/** Bytes of request line and headers. */
const maximumHeaderSize = 8192;

/**
 * The maximum of waiting requests of one connection. Each takes many times its bytes, and hardly any client sends a
 * second one before the answer.
 */
const maximumWaiting = 16;

/** One request, its body unread. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client sends its body only after 100 Continue (RFC 9110 §10.1.1). */
  readonly waits: boolean;
}

interface HttpConnection extends Connection {
  take(exchange: Exchange): void;
  /** A whole chunk was parsed. */
  parsed(): void;
  /** What follows is not HTTP, or was not received. */
  breakOff(error: NodeJS.ErrnoException): void;
}

/** Serves HTTP on the connections that it is given. */
export function overHttp(options: ConnectionOptions): Protocol {
  const connections = new WeakMap<Socket, HttpConnection>();
  // Node's own timers are for servers that listen, or count each byte: `watchOver` bounds the silence. An answer that
  // Node itself writes waits for the answers before it and is not counted, so Node must write none.
  const server = createServer({ maxHeaderSize: maximumHeaderSize, keepAliveTimeout: 0, requireHostHeader: false });
  // A client may close its side and still wait for its answer. Node does not document this option; without it such a
  // client gets no answer, and nothing else changes.
  Object.assign(server, { httpAllowHalfOpen: true });
  const take =
    (waits: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void =>
      connections.get(request.socket)?.take({ request, response, waits });
  server.on('request', take(false)).on('checkContinue', take(true)).on('checkExpectation', take(false));
  server.on('clientError', (error, socket) => connections.get(socket as Socket)?.breakOff(error));

  return {
    door: 'https',
    serve(socket, session, cut) {
      const connection = converse(socket, session, cut, options);
      connections.set(socket, connection);
      server.emit('connection', socket);
      // Node would parse what it reads from below the socket, which no pause holds back. It has parsed this chunk
      // before.
      socket.on('data', () => connection.parsed());
      return connection;
    },
  };
}

function converse(
  socket: Socket,
  session: Session,
  cut: (reason: string) => void,
  options: ConnectionOptions,
): HttpConnection {
  const { exchange, counted, limits } = options;
  const { connection } = session.origin;
  const client = session.principal.clientId;
  /** In the order of arrival. */
  const waiting: Exchange[] = [];
  let current: Exchange | undefined;
  let finishing = false;
  let handling = false;
  const { share, lifetime, sending, begin, paced } = attend(socket, session, cut, options, () => handling);

  /** Not while a chunk is parsed: Node resumes the socket at the end of each message in it. */
  const pause = (): void => {
    if (waiting.length > 0) socket.pause();
  };

  async function answerAll(): Promise<void> {
    try {
      for (current = waiting.shift(); current !== undefined; current = waiting.shift()) {
        // Only the last request can still be incomplete.
        if (waiting.length === 0) socket.resume();
        await answer(current);
        if (socket.destroyed) return;
        lifetime.renew();
      }
      if (finishing) lifetime.end();
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      counted.note('error', 'a request could not be answered', { client }, { connection, error: why });
      socket.destroy();
    }
  }

  async function answer(next: Exchange): Promise<void> {
    const { request, response, waits } = next;
    const asked = accepted(request, limits.maximumMessageSize);
    if ('status' in asked) {
      await slowedDown();
      return socket.destroyed ? undefined : await refuse(next, asked);
    }
    const length = Number(request.headers['content-length']);
    if (!share.mayCome(length)) await share.room(length);
    if (waits) response.writeContinue();
    lifetime.arriving(length);
    const body = await bodyOf(request);
    lifetime.arrived();
    if (body === undefined) return void socket.destroy();
    const scope = begin(body);
    try {
      const reply = await handle(asked, body, scope);
      if (reply === undefined || socket.destroyed) return;
      if ('status' in reply) return await refuse({ ...next, waits: false }, reply);
      share.made(reply.length);
      await send(response, { status: 200, type: asked.contentType, content: reply });
      share.taken(reply.length);
    } finally {
      // TLS has copied the answer by now.
      await scope.end();
    }
  }

  /** While the client waits for its turn, its time does not run. */
  async function slowedDown(): Promise<void> {
    const isBusy = handling;
    handling = true;
    await paced();
    handling = isBusy;
  }

  /** Undefined when the connection has ended. */
  async function handle(
    encoding: Encoding,
    body: Uint8Array,
    scope: RequestScope,
  ): Promise<Uint8Array | Refusal | undefined> {
    handling = true;
    try {
      await paced();
      if (!share.begin()) await share.wait();
      if (socket.destroyed) return undefined;
      return await exchange.respond(body, encoding, scope);
    } catch (error) {
      if (!(error instanceof UnwritableAnswer)) throw error;
      return { status: 406, why: `${error.message}: ask in another encoding` };
    } finally {
      handling = false;
      share.handled();
      share.used();
    }
  }

  async function refuse({ request, response, waits }: Exchange, { status, headers, why }: Refusal): Promise<void> {
    counted.note('warn', 'an HTTP request was refused', { client }, { connection, status, why });
    // Bytes that the client still sends would reset the connection, and the answer would be lost.
    const isRead = !waits && (await dropped(request));
    if (!isRead) response.setHeader('connection', 'close');
    const content = Buffer.from(`${status} ${why}\n`);
    await send(response, { status, type: 'text/plain', content, ...(headers === undefined ? {} : { headers }) });
  }

  async function send(response: ServerResponse, made: HttpAnswer): Promise<void> {
    if (socket.destroyed) return;
    if (finishing && waiting.length === 0) response.setHeader('connection', 'close');
    await sendAnswer(response, made, sending);
  }

  return {
    session,
    take(next) {
      if (finishing || socket.destroyed) return;
      if (waiting.length >= maximumWaiting) {
        waiting.length = 0;
        counted.note('warn', 'a connection sent too many requests at once', { client }, { connection });
        return void socket.destroy();
      }
      lifetime.arrived();
      waiting.push(next);
      if (current === undefined) void answerAll();
      else setImmediate(pause);
    },
    parsed() {
      // Bytes that belong to no known request are the beginning of a new one.
      if (current === undefined && !finishing) lifetime.arriving(0);
    },
    breakOff(error) {
      const { code = '' } = error;
      if (!code.startsWith('HPE_')) return void socket.destroy();
      if (finishing) return;
      finishing = true;
      counted.note('warn', 'a connection sent bytes that are not HTTP', { client }, { connection, why: code });
      if (current === undefined) {
        if (socket.writable) socket.write(`HTTP/1.1 ${faults[code] ?? badRequest}\r\n${bare}`);
        lifetime.end();
      } else if (!current.request.complete) socket.destroy();
    },
    finish() {
      finishing = true;
      if (current === undefined) lifetime.end();
    },
  };
}

const badRequest = '400 Bad Request';
const faults: Readonly<Record<string, string>> = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large' };
const bare = 'connection: close\r\ncontent-length: 0\r\ncache-control: no-cache\r\n\r\n';
