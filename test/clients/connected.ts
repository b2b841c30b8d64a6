/** A server on a socket and clients that connect to it: what only a real connection shows. */
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, issueClientCertificate, issueServerCertificate } from '#certs/authority';
import { fingerprintOf } from '#certs/inspect';
import { generateKeys, writePrivateKey } from '#certs/keys';
import type { ListenerLimits } from '#server/network/listener';
import { startServer } from '#server/start';
import { createFramer, decode, encode, type Item } from '#ttlv/index';
import type { Fixture } from '#test/fixtures/fixture';

export interface Connected {
  /** Resolves when the handshake is done. */
  connect(options?: ConnectionOptions): Promise<TLSSocket>;
  connectHttps(): Promise<TLSSocket>;
  close(): Promise<void>;
}

/** The server of the fixture, and one client of it with a certificate. */
export async function serve(fixture: Fixture, limits: Partial<ListenerLimits> = {}): Promise<Connected> {
  const now = new Date();
  const authority = await createAuthority('test CA', { now });
  const serverKeys = await generateKeys('P-256');
  const issued = issueServerCertificate(authority, { names: ['localhost'], publicKey: serverKeys.publicKey }, { now });
  const clientKeys = await generateKeys('P-256');
  const client = issueClientCertificate(authority, { commonName: 'array', publicKey: clientKeys.publicKey }, { now });
  const known = fingerprintOf(client.raw);
  const server = await startServer({
    ...fixture.services,
    admission: {
      decide: (fingerprint) => (fingerprint === known ? { client: { id: 'client-1' } } : { refused: 'unknown' }),
      refresh: () => Promise.resolve(),
      onChange: () => undefined,
    },
    identity: { cert: issued.toString(), key: writePrivateKey(serverKeys.privateKey) },
    host: '127.0.0.1',
    port: 0,
    https: 0,
    limits: {
      ...fixture.services.limits,
      maximumConnections: 20,
      maximumConnectionsPerClient: 20,
      maximumHandshakesPerAddress: 100,
      maximumHeld: 64 * 1024 * 1024,
      maximumHeldPerClient: 16 * 1024 * 1024,
      requestTimeout: 60_000,
      answerTimeout: 60_000,
      handshakeTimeout: 5000,
      idleTimeout: 60_000,
      shutdownTimeout: 500,
      ...limits,
    },
  });
  async function connectTo(port: number | undefined, options?: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.certificate.toString(),
      cert: client.toString(),
      key: writePrivateKey(clientKeys.privateKey),
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  }

  return {
    connect: (options) => connectTo(server.port, options),
    connectHttps: () => connectTo(server.https),
    close: () => server.close(),
  };
}

/** One request and its answer; rejects when the connection ends first. */
export async function ask(socket: TLSSocket, request: Item): Promise<Item> {
  const framer = createFramer({ maximumBytes: 1024 * 1024 });
  const answer = new Promise<Uint8Array>((resolve, reject) => {
    const receive = (chunk: Buffer): void => {
      const [message] = framer.push(chunk);
      if (message === undefined) return;
      socket.off('data', receive).off('close', lost);
      resolve(message);
    };
    const lost = (): void => reject(new Error('the connection was closed'));
    socket.on('data', receive).once('close', lost);
  });
  socket.write(encode(request));
  return decode(await answer);
}
