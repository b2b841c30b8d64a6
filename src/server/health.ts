/** What a load balancer or an orchestrator asks: plain HTTP, two paths, nothing else. */
import { createServer } from 'node:http';

export interface HealthOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Whether requests can be answered: asked anew each time. */
  isReady(): boolean;
}

export interface Health {
  readonly port: number;
  /** /ready says no from here on; resolves when the port is free. */
  close(): Promise<void>;
}

const headers = { 'content-type': 'text/plain', 'cache-control': 'no-store' };

/** Rejects with the error of the socket. */
export async function serveHealth({ host, port, isReady }: HealthOptions): Promise<Health> {
  const server = createServer({ requestTimeout: 5000, maxHeaderSize: 4096 }, (request, response) => {
    const status = request.method !== 'GET' && request.method !== 'HEAD' ? 405 : statusOf(request.url);
    response.writeHead(status, { ...headers, connection: 'close' });
    response.end(request.method === 'HEAD' ? undefined : `${status === 200 ? 'yes' : 'no'}\n`);
  });
  server.maxConnections = 100;

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
        server.closeAllConnections();
      }),
  };
}
