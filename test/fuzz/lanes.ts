/**
 * How requests reach the server: over TLS and over HTTPS in each encoding, as whole messages or as bytes that may be
 * none.
 */
import { Agent, request } from 'node:https';
import { connect } from 'node:tls';
import { handshake, type Peer } from '#client/tls-transport';
import { createFramer } from '#ttlv/framer';
import { defaultLimits } from '#ttlv/decode';

export type LaneKind = 'tls' | 'ttlv' | 'xml' | 'json';

/** What came back: an answer in the lane's encoding, or why there is none. */
export type Heard = { readonly answer: Buffer } | { readonly none: string };

export interface Lane {
  readonly kind: LaneKind;
  /** One request, whatever it holds. */
  send(body: Uint8Array): Promise<Heard>;
  close(): void;
}

export const contentTypes = { ttlv: 'application/octet-stream', xml: 'text/xml', json: 'application/json' } as const;

/** Milliseconds: RSA keys of 8,192 bits take long. */
const patience = 240_000;

export const openLane = (kind: LaneKind, peer: Peer): Lane => (kind === 'tls' ? overTls(peer) : overHttps(kind, peer));

/** One stream, opened again when it was closed in order. */
function overTls(peer: Peer): Lane {
  type Open = { readonly socket: Awaited<ReturnType<typeof handshake>>; take: ((heard: Heard) => void) | undefined };
  let open: Open | undefined;

  async function opened(): Promise<Open> {
    if (open !== undefined && !open.socket.destroyed) return open;
    const socket = await handshake(peer, patience);
    const framer = createFramer({ maximumBytes: peer.maximumAnswer ?? 0 });
    const mine: Open = { socket, take: undefined };
    const tell = (heard: Heard): void => {
      const { take } = mine;
      mine.take = undefined;
      take?.(heard);
    };
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const answer of framer.push(chunk)) tell({ answer: Buffer.from(answer) });
      } catch (error) {
        tell({ none: `the answer is no message: ${(error as Error).message}` });
      }
    });
    const gone = (why: string) => (): void => {
      if (open === mine) open = undefined;
      socket.destroy();
      tell({ none: why });
    };
    socket.on('end', gone('the server closed the connection')).on('close', gone('the connection was cut'));
    socket.on('error', (error) => gone(`the connection failed: ${error.message}`)());
    return (open = mine);
  }

  return {
    kind: 'tls',
    async send(body) {
      if (!isFramed(body)) return await sendAlone(peer, body);
      const { socket } = await opened();
      const mine = open as Open;
      return await within(
        new Promise<Heard>((resolve) => {
          mine.take = resolve;
          socket.write(body);
        }),
      );
    },
    close: () => void open?.socket.destroy(),
  };
}

/** Whether the bytes are one message as far as its length goes. */
function isFramed(body: Uint8Array): boolean {
  const framer = createFramer(defaultLimits);
  try {
    return framer.push(body).length === 1 && !framer.end();
  } catch {
    return false;
  }
}

/**
 * Bytes that are not one message: several, a part of one, or what cannot be framed. The server answers what is whole,
 * says once what is wrong, and closes. The last answer is given, or that there was rightly none.
 */
function sendAlone(peer: Peer, body: Uint8Array): Promise<Heard> {
  const expected = createFramer(defaultLimits);
  let answers = 0;
  try {
    answers = expected.push(body).length;
  } catch {
    // The fault below counts.
  }
  if (expected.fault !== undefined) answers++;
  return within(
    new Promise<Heard>((resolve) => {
      const { host, port, cert, key, ca } = peer as Peer & Record<'cert' | 'key' | 'ca', Buffer>;
      const socket = connect({ host, port, cert, key, ca, servername: 'localhost' });
      const framer = createFramer({ maximumBytes: peer.maximumAnswer ?? 0 });
      const heard: Buffer[] = [];
      let failed: Error | undefined;
      socket.on('secureConnect', () => socket.end(body));
      socket.on('data', (chunk: Buffer) => void heard.push(...framer.push(chunk).map((each) => Buffer.from(each))));
      socket.on('error', (error) => (failed = error));
      socket.on('close', () => {
        const last = heard.at(-1);
        if (heard.length !== answers) {
          resolve({ none: `${heard.length} answers instead of ${answers} ${failed?.message ?? ''}` });
        } else resolve(last === undefined ? { none: '' } : { answer: last });
      });
    }),
  );
}

function overHttps(kind: Exclude<LaneKind, 'tls'>, { host, port, cert, key, ca }: Peer): Lane {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'content-type': contentTypes[kind], 'cache-control': 'no-cache' };
  const options = { host, port, agent, servername: 'localhost', method: 'POST', path: '/kmip' };
  const identity = { cert, key, ca } as Record<'cert' | 'key' | 'ca', Buffer>;
  return {
    kind,
    send: (body) =>
      within(
        new Promise<Heard>((resolve) => {
          const sent = request({ ...options, ...identity, headers: { ...headers, 'content-length': body.length } });
          sent.on('error', (error) => resolve({ none: `no HTTP answer: ${error.message}` }));
          sent.on('response', (response) => {
            const chunks: Buffer[] = [];
            response.on('error', (error) => resolve({ none: `half an HTTP answer: ${error.message}` }));
            response.on('data', (chunk: Buffer) => void chunks.push(chunk));
            response.on('end', () => {
              const said = Buffer.concat(chunks);
              const { statusCode = 0 } = response;
              if (statusCode === 200) return resolve({ answer: said });
              // XML cannot carry every text; a body may be too long.
              const isRight = (statusCode === 406 && kind === 'xml') || statusCode === 413;
              resolve({ none: isRight ? '' : `status ${statusCode}: ${said.subarray(0, 200).toString()}` });
            });
          });
          sent.end(body);
        }),
      ),
    close: () => agent.destroy(),
  };
}

function within(heard: Promise<Heard>): Promise<Heard> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Heard>((resolve) => {
    timer = setTimeout(() => resolve({ none: `the server did not answer within ${patience} ms` }), patience);
  });
  return Promise.race([heard, late]).finally(() => clearTimeout(timer));
}
