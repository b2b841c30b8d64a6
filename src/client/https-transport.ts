/** Messages over HTTPS (Additional Message Encodings 1.0 §2.4), one after another on one connection. */
import { Agent, request, type IncomingMessage } from 'node:http';
import { fromTtlv, toTtlv } from '#protocol/carried-texts';
import { encodings, type Encoding, type EncodingName } from '#protocol/encodings';
import { handshake, usualMaximumAnswer, usualTimeout, type Peer } from './tls-transport.ts';
import type { Transport } from './transport.ts';

export interface HttpsPeer extends Peer {
  /** TTLV by default. */
  readonly encoding?: EncodingName;
  /** '/kmip' by default (§2.3). */
  readonly path?: string;
}

/** Resolves when the handshake is done. Rejects with what TLS or the network has against it, or after the timeout. */
export async function openHttpsTransport(peer: HttpsPeer): Promise<Transport> {
  const { host, port, path = '/kmip', timeout = usualTimeout, maximumAnswer = usualMaximumAnswer } = peer;
  const encoding: Encoding = encodings[peer.encoding ?? 'ttlv'];
  const socket = await handshake(peer, timeout, ['http/1.1']);
  socket.on('error', () => undefined);
  // One connection keeps the order of the requests.
  const agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), { createConnection: () => socket });

  async function send(message: Uint8Array): Promise<IncomingMessage> {
    const body = fromTtlv(encoding, message);
    const headers = {
      'content-type': encoding.contentType,
      'content-length': body.length,
      'cache-control': 'no-cache',
    };
    return await new Promise((resolve, reject) => {
      const sent = request({ agent, host, port, path, method: 'POST', timeout, headers });
      sent.on('response', resolve).on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`the server did not answer within ${timeout} ms`)));
      sent.end(body);
    });
  }

  return {
    async exchange(message) {
      if (socket.destroyed) throw new Error('the server closed the connection');
      const response = await send(message);
      const body = await bodyOf(response, maximumAnswer * encoding.expansion);
      const { statusCode, headers } = response;
      if (statusCode !== 200 || headers['content-type'] !== encoding.contentType) {
        throw new Error(`the server answered HTTP ${statusCode}: ${body.toString('latin1', 0, 200).trim()}`);
      }
      return toTtlv(encoding, body, { maximumItems: body.length / 8 });
    },
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.end();
      }),
  };
}

async function bodyOf(response: IncomingMessage, maximum: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximum) throw new Error(`the answer must be at most ${maximum} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
