/**
 * A server in a process of its own, so that client and server do not share a thread: `kmip DIR` is the real one on the
 * store in DIR, `echo DIR` answers each frame with the given bytes, under the same certificate and TLS options,
 * `lmdb DIR` makes bare transactions. Questions come and go over IPC.
 */
import { createServer, type TLSSocket } from 'node:tls';
import { startServer } from '#server/start';
import { tlsOptions, transport } from '#server/network/tls-options';
import { createFramer } from '#ttlv/framer';
import { openBareLmdb, type BareLmdb } from './bare-lmdb.ts';
import { readIdentities } from './identities.ts';
import { limits, openService } from './service.ts';

const [mode, directory = ''] = process.argv.slice(2);
let answer = Buffer.alloc(0);
let bare: BareLmdb | undefined;

async function serveKmip(): Promise<number> {
  const identities = await readIdentities(directory);
  const server = await startServer({
    ...(await openService(directory)),
    limits: {
      ...limits,
      maximumConnections: 100,
      maximumConnectionsPerClient: 100,
      maximumHandshakesPerAddress: 100,
      maximumHeld: 64 * 1024 * 1024,
      maximumHeldPerClient: 16 * 1024 * 1024,
      requestTimeout: 10_000,
      answerTimeout: 10_000,
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
  const server = createServer({ ...tlsOptions(identities.server), ...transport, handshakeTimeout: 10_000 });
  server.on('secureConnection', (socket: TLSSocket) => {
    const framer = createFramer({ maximumBytes: limits.maximumMessageSize });
    socket.on('data', (chunk: Buffer) => {
      for (const _ of framer.push(chunk)) socket.write(answer);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

type Question =
  | { readonly cpu: true }
  | { readonly memory: true }
  | { readonly answer: string }
  | { readonly milliseconds: number; readonly concurrent: number };

process.on('message', (question: Question) => void reply(question));
process.on('disconnect', () => process.exit());

async function reply(question: Question): Promise<void> {
  if ('cpu' in question) process.send?.({ cpu: process.cpuUsage() });
  else if ('memory' in question) process.send?.({ memory: process.memoryUsage.rss() });
  else if ('answer' in question) {
    answer = Buffer.from(question.answer, 'hex');
    process.send?.({ ready: true });
  } else process.send?.(await bare?.run(question.milliseconds, question.concurrent));
}

if (mode === 'lmdb') {
  bare = await openBareLmdb(directory);
  process.send?.({ bytes: bare.bytes });
} else process.send?.({ port: await (mode === 'kmip' ? serveKmip() : serveEcho()) });
