/**
 * Lets one command at a time through to a MongoDB-compatible server whose updates are not atomic, in the order in which
 * they come: a connection sends its next command after the answer to its last, so that none is left waiting for long.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface SerialProxy {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The server listens on a Unix socket. Drivers must ask with `serverMonitoringMode=poll`: a hello that waits for news,
 * or is answered many times, would hold up everybody.
 */
export async function startSerialProxy(serverSocket: string): Promise<SerialProxy> {
  let turn: Promise<void> = Promise.resolve();
  const sockets = new Set<Socket>();

  async function serve(client: Socket): Promise<void> {
    const upstream = connect(serverSocket);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const replies = messages(upstream);
    for await (const request of messages(client)) {
      const myTurn = turn;
      let passTurn = (): void => {};
      turn = new Promise((resolve) => (passTurn = resolve));
      try {
        await myTurn;
        upstream.write(request);
        const reply = await replies.next();
        if (reply.done === true) return;
        client.write(reply.value);
      } finally {
        passTurn();
      }
    }
  }

  const server = createServer((client) => void serve(client).catch(() => client.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Cuts the stream into messages: each starts with its whole length, 4 bytes in little-endian order. */
async function* messages(socket: Socket): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = 4;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const bytes = Buffer.concat(chunks);
      const length = bytes.readInt32LE(0);
      const whole = size >= length;
      if (whole) yield bytes.subarray(0, length);
      const rest = whole ? bytes.subarray(length) : bytes;
      chunks = [rest];
      size = rest.length;
      wanted = whole ? 4 : length;
    }
  }
}
