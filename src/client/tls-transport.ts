/** Messages over mutual TLS, one after another in one stream. */
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createFramer } from '#ttlv/framer';
import type { Transport } from './transport.ts';

export interface Peer {
  readonly host: string;
  readonly port: number;
  /** PEM: the client's certificate and key, and the certificates of the authorities that it trusts. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  readonly ca: string | Uint8Array;
  /** The name that the server's certificate must have, if not the host. */
  readonly serverName?: string;
  /** Milliseconds after which a handshake or an answer counts as failed; 30,000 by default. */
  readonly timeout?: number;
  /** Bytes of the longest answer; 16 MiB by default. */
  readonly maximumAnswer?: number;
}

export const usualTimeout = 30_000;
export const usualMaximumAnswer = 16 * 1024 * 1024;

interface Waiting {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

/** Resolves when the handshake is done. Rejects with what TLS or the network has against it, or after the timeout. */
export async function openTlsTransport(peer: Peer): Promise<Transport> {
  const { timeout = usualTimeout, maximumAnswer = usualMaximumAnswer } = peer;
  const socket = await handshake(peer, timeout);
  const framer = createFramer({ maximumBytes: maximumAnswer });
  const waiting: Waiting[] = [];
  let broken: Error | undefined;

  const breakOff = (error: Error): void => {
    broken ??= error;
    for (const each of waiting.splice(0)) each.reject(broken);
    socket.destroy();
  };
  socket.setNoDelay();
  socket.on('error', breakOff);
  socket.on('close', () => breakOff(new Error('the server closed the connection')));
  socket.on(
    'timeout',
    () => waiting.length > 0 && breakOff(new Error(`the server did not answer within ${timeout} ms`)),
  );
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const message of framer.push(chunk)) waiting.shift()?.resolve(message);
      if (framer.fault !== undefined) throw framer.fault;
    } catch (error) {
      breakOff(error as Error);
    }
  });

  return {
    exchange: (message) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) return reject(broken);
        waiting.push({ resolve, reject });
        // Set for each request: an idle connection is not an error.
        socket.setTimeout(timeout);
        socket.write(message);
      }),
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        socket.once('close', () => resolve());
        socket.end();
      }),
  };
}

/** @param protocols the protocols above TLS (RFC 7301), if they have names. */
export function handshake(
  { host, port, cert, key, ca, serverName }: Peer,
  timeout: number,
  protocols?: string[],
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const name = serverName ?? host;
    const socket = connectTls({
      ...{ host, port, cert: asPem(cert), key: asPem(key), ca: asPem(ca), minVersion: 'TLSv1.2' },
      // RFC 6066 §3: an IP address must not be sent as a server name.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(protocols === undefined ? {} : { ALPNProtocols: protocols }),
    });
    socket.setTimeout(timeout, () => socket.destroy(new Error(`the TLS handshake did not end within ${timeout} ms`)));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.removeAllListeners('error').removeAllListeners('timeout').setTimeout(0);
      resolve(socket);
    });
  });
}

const asPem = (pem: string | Uint8Array): string | Buffer => (typeof pem === 'string' ? pem : Buffer.from(pem));
