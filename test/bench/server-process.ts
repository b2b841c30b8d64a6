/**
 * A server in a process of its own, so that client and server do not share a thread: `kmip DIR` is the real one on the store in DIR, `echo DIR` answers each frame
 * with the bytes it was told, under the same certificate and TLS options. It tells its port and, when asked, its CPU time, over IPC.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { openTrail } from '#audit/trail';
import { startServer } from '#server/start';
import { tlsOptions } from '#server/tls-options';
import { openLmdb } from '#store/lmdb';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/root-key-file';
import { createFramer } from '#ttlv/framer';
import { readIdentities } from './identities.ts';

const [mode, directory = ''] = process.argv.slice(2);
const quiet = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };
const maximumMessageSize = 1024 * 1024;
let answer = Buffer.alloc(0);

async function serveKmip(): Promise<number> {
  const identities = await readIdentities(directory);
  const engine = await openLmdb(join(directory, 'store'));
  const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')), log: quiet });
  const audit = await openTrail({
    store,
    directory: join(directory, 'audit'),
    fileSize: 64 * 1024 * 1024,
    now: Date.now,
    random: randomBytes,
    log: quiet,
    sync: 'second',
  });
  const server = await startServer({
    store,
    audit,
    now: Date.now,
    random: randomBytes,
    log: quiet,
    credentials: { checkCredential: async () => 'wrong' },
    facts: { vendorIdentification: 'bench', productVersion: '0', interop: false },
    limits: {
      maximumMessageSize,
      maximumBatchCount: 100,
      maximumConnections: 100,
      maximumConnectionsPerClient: 100,
      handshakeTimeout: 10_000,
      idleTimeout: 600_000,
      shutdownTimeout: 1000,
    },
    admission: {
      decide: (fingerprint) =>
        fingerprint === identities.clientFingerprint ? { client: { id: 'bench' } } : { refused: 'unknown' },
      onChange: () => undefined,
      refresh: async () => undefined,
    },
    identity: identities.server,
    host: '127.0.0.1',
    port: 0,
  });
  return server.port;
}

async function serveEcho(): Promise<number> {
  const identities = await readIdentities(directory);
  const server = createServer({ ...tlsOptions(identities.server), handshakeTimeout: 10_000 });
  server.on('secureConnection', (socket: TLSSocket) => {
    const framer = createFramer({ maximumBytes: maximumMessageSize });
    socket.on('data', (chunk: Buffer) => {
      for (const _ of framer.push(chunk)) socket.write(answer);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

process.on('message', (message: { readonly cpu?: true; readonly answer?: string }) => {
  if (message.answer !== undefined) {
    answer = Buffer.from(message.answer, 'hex');
    process.send?.({ ready: true });
  }
  if (message.cpu === true) process.send?.({ cpu: process.cpuUsage() });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: await (mode === 'kmip' ? serveKmip() : serveEcho()) });
