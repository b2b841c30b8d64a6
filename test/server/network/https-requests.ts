/** Requests over HTTPS in each encoding, by Node's own client. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type Agent, type RequestOptions } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { names } from '#protocol/names';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { readJson, writeJson } from '#ttlv/json';
import { readXml, writeXml } from '#ttlv/xml';
import { enumerated, request, item } from '#test/fixtures/items';
import type { Holder, Peer, TlsPlace } from './tls-place.ts';

/** Additional Message Encodings 1.0 §2.4. */
export const encodings = {
  'application/octet-stream': {
    write: (item: Item) => Buffer.from(encode(item)),
    read: (body: Buffer) => decode(body),
  },
  'text/xml': {
    write: (item: Item) => Buffer.from(writeXml(item, names)),
    read: (body: Buffer) => readXml(body.toString(), names),
  },
  'application/json': {
    write: (item: Item) => Buffer.from(writeJson(item, names)),
    read: (body: Buffer) => readJson(body.toString(), names),
  },
} as const;
export type ContentType = keyof typeof encodings;
export const contentTypes = Object.keys(encodings) as ContentType[];

export interface Posted {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Posting extends Omit<RequestOptions, 'headers'> {
  readonly headers?: OutgoingHttpHeaders;
  readonly agent?: Agent | false;
}

/** POST /kmip with a Content-Length, unless the options say otherwise; rejects when there is no answer. */
export function post(
  { ca, server }: TlsPlace,
  { cert, key }: Holder,
  body: Uint8Array,
  { headers, ...options }: Posting = {},
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({
      ...{ host: '127.0.0.1', port: server.https, servername: 'localhost', ca, cert, key },
      ...{ method: 'POST', path: '/kmip', agent: false },
      headers: {
        ...(headers !== undefined && 'transfer-encoding' in headers ? {} : { 'content-length': body.length }),
        'cache-control': 'no-cache',
        ...headers,
      },
      ...options,
    });
    sent.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject).on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.end(body);
  });
}

/** One KMIP request and its answer, both in this encoding. */
export async function exchange(
  place: TlsPlace,
  holder: Holder,
  type: ContentType,
  item: Item,
  options: Posting = {},
): Promise<Item> {
  const { write, read } = encodings[type];
  const { status, body } = await post(place, holder, write(item), { ...options, headers: { 'content-type': type } });
  if (status !== 200) throw new Error(`${status}: ${body.toString()}`);
  return read(body);
}

export const query = (version: string, id?: string): Item =>
  request(version, [item('Query', [enumerated('QueryFunction', 'QueryOperations')], id)]);

/** What comes until the server has closed its side, or until the pattern is there. */
export async function heard({ socket }: Peer, until?: RegExp): Promise<string> {
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  while (!socket.readableEnded && !socket.destroyed && until?.test(said) !== true) await wait(10);
  return said;
}

/** A request with this body as it goes over the wire. */
export const asHttp = (body: Uint8Array, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST /kmip HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Length: ${body.length}\r\n${more}\r\n`,
    ),
    body,
  ]);
