/** Which HTTP requests are KMIP (Additional Message Encodings 1.0 §2), and how a body is read or dropped. */
import type { IncomingMessage } from 'node:http';
import { encodingOf, type Encoding } from '#protocol/encodings';
import { lingering } from './lifetime.ts';

/** §2.3. */
const path = '/kmip';

/** Why a request is not a KMIP request. */
export interface Refusal {
  readonly status: number;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The rest of the connection cannot be read reliably. */
const bare = { connection: 'close' };

/** How to read the body of a request, or why it is not read. */
export function accepted(
  { url = '', method, headers, httpVersion }: IncomingMessage,
  maximumMessageSize: number,
): Encoding | Refusal {
  // RFC 9112 §3.2.
  if (httpVersion === '1.1' && headers.host === undefined)
    return { status: 400, why: 'Host is missing', headers: bare };
  if (headers.expect !== undefined && !/\b100-continue\b/i.test(headers.expect)) {
    return { status: 417, why: 'Expect must be 100-continue, or absent' };
  }
  // A proxy's absolute form is equivalent (RFC 9112 §3.2.2).
  if (url.replace(/^https?:\/\/[^/]*/i, '') !== path) return { status: 404, why: `the path must be ${path}` };
  if (method !== 'POST') return { status: 405, why: 'the method must be POST', headers: { allow: 'POST' } };
  const encoding = encodingOf(headers['content-type']);
  if (encoding === undefined || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    return {
      status: 415,
      why: 'Content-Type must be application/octet-stream, text/xml or application/json, without Content-Encoding',
    };
  }
  const length = headers['content-length'];
  // "SHALL specify a Content-Length" (§2.4).
  if (length === undefined) return { status: 411, why: 'Content-Length is missing' };
  const most = maximumMessageSize * encoding.expansion;
  if (Number(length) > most) return { status: 413, why: `the body must be at most ${most} bytes long` };
  return encoding;
}

/** Undefined when the connection has ended. Node enforces the Content-Length. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  const body = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return body;
}

/** Reads the rest of a body, for a limited time; returns whether that was all. */
export function dropped(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), lingering);
    const end = (): void => {
      clearTimeout(timer);
      resolve(request.complete);
    };
    request.once('end', end).once('close', end).once('error', end);
    request.resume();
  });
}
