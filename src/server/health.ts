/**
 * What a load balancer or an orchestrator asks: plain HTTP, two paths, nothing else. A silent connection makes room for
 * the next.
 */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';

export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether requests can be answered: asked at each request. */
  isReady(): boolean;
}

export interface Health {
  readonly port: number;
  /** /ready says no from here on; resolves when the port is free. */
  close(): Promise<void>;
}

const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store', connection: 'close' };

/** Of more the one that has waited longest is dropped: a new prober always gets in. */
const mostConnections = 256;

/** Milliseconds for a request to arrive, and for its answer to be taken. */
const patience = 2000;

/** Rejects with the error of the socket. */
export async function serveHealth({ host, port, isReady }: HealthOptions): Promise<Health> {
  const times = { headersTimeout: patience, requestTimeout: patience, connectionsCheckingInterval: patience / 4 };
  const server = createServer({ ...times, maxHeaderSize: 4096 }, (request, response) => {
    const status = request.method !== 'GET' && request.method !== 'HEAD' ? 405 : statusOf(request.url);
    response.writeHead(status, headers);
    response.end(request.method === 'HEAD' ? undefined : `${status === 200 ? 'yes' : 'no'}\n`);
  });
  /** In the order they came. */
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    const [oldest] = open;
    if (oldest !== undefined && open.size >= mostConnections) {
      open.delete(oldest);
      oldest.destroy();
    }
    open.add(socket);
    // One request each, all in all.
    const timer = setTimeout(() => socket.destroy(), 2 * patience).unref();
    socket.once('close', () => {
      clearTimeout(timer);
      open.delete(socket);
    });
  });

  function statusOf(path: string | undefined): number {
    if (path === '/live') return 200;
    if (path === '/ready') return isReady() ? 200 : 503;
    return 404;
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
