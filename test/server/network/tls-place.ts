/**
 * The server in process behind its real TLS listener, with clients that hold certificates, and peers that send bytes.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { openClients, type Clients } from '#access/clients';
import { openDirectory, type Directory } from '#access/directory';
import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type Authority,
  type IssueTerms,
} from '#certs/authority';
import { factsOf } from '#certs/inspect';
import { generateKeys, writePrivateKey } from '#certs/keys';
import type { ListenerLimits } from '#server/network/listener';
import type { TlsIdentity } from '#server/network/tls-options';
import type { Services } from '#server/services';
import { startServer, type Server } from '#server/start';
import { createFramer } from '#ttlv/framer';
import { openFixture, type Fixture } from '#test/fixtures/fixture';

export interface Holder {
  readonly name: string;
  readonly certificate: X509Certificate;
  readonly cert: string;
  readonly key: string;
}

export interface Peer {
  readonly socket: TLSSocket;
  /** The next whole message, or nothing when the server closed first. */
  next(): Promise<Buffer | undefined>;
  /** Resolves when the connection is closed, with whatever error. */
  closed(): Promise<void>;
}

export interface TlsPlace {
  readonly fixture: Fixture;
  readonly server: Server;
  readonly clients: Clients;
  readonly directory: Directory;
  /** PEM: what clients trust. */
  readonly ca: string;
  /** A certificate of the authority; `add` binds it to a client of that name. */
  issue(name: string, terms?: Partial<IssueTerms>): Promise<Holder>;
  add(name: string, terms?: Partial<IssueTerms>): Promise<Holder>;
  serverIdentity(...names: string[]): Promise<TlsIdentity>;
  /** Resolves after the handshake; rejects when it fails. */
  dial(holder?: Holder, options?: ConnectionOptions): Promise<Peer>;
  /** The messages of the log so far. */
  said(): string;
  close(): Promise<void>;
}

export interface TlsPlaceOptions {
  /** With a port for HTTPS too. */
  readonly https?: true;
  readonly limits?: Partial<ListenerLimits>;
  /** Puts something before the real services; their clock stands still. */
  readonly services?: (services: Services) => Services;
  /** The same for who decides about clients. */
  readonly admission?: (directory: Directory) => Directory;
}

/** The authority is older than the certificates that a test lets expire. */
const aYear = 365 * 24 * 60 * 60 * 1000;

const usualLimits: ListenerLimits = {
  maximumMessageSize: 64 * 1024,
  maximumConnections: 50,
  maximumConnectionsPerClient: 20,
  maximumHandshakesPerAddress: 100,
  maximumHeld: 64 * 1024 * 1024,
  maximumHeldPerClient: 16 * 1024 * 1024,
  requestTimeout: 60_000,
  answerTimeout: 60_000,
  handshakeTimeout: 60_000,
  idleTimeout: 60_000,
  shutdownTimeout: 2000,
};

export async function openTlsPlace({
  limits,
  https,
  services = (same) => same,
  admission = (same) => same,
}: TlsPlaceOptions = {}): Promise<TlsPlace> {
  const fixture = await openFixture();
  const now = new Date();
  fixture.clock.now = now.getTime();
  const authority = await createAuthority('test CA', { now: new Date(now.getTime() - aYear) });
  const { store } = fixture;
  const clients = openClients({ store, now: Date.now });
  const directory = await openDirectory({ store, now: Date.now, log: fixture.services.log as never, interval: 200 });
  const serverIdentity = (...names: string[]) => issueServer(authority, names, now);
  const server = await startServer({
    ...services(fixture.services),
    admission: admission(directory),
    identity: await serverIdentity('localhost'),
    host: '127.0.0.1',
    port: 0,
    https: https === undefined ? undefined : 0,
    limits: { ...fixture.services.limits, ...usualLimits, ...limits },
  });
  const sockets: TLSSocket[] = [];

  async function issue(name: string, terms: Partial<IssueTerms> = {}): Promise<Holder> {
    const { publicKey, privateKey } = await generateKeys('P-256');
    const certificate = issueClientCertificate(authority, { commonName: name, publicKey }, { now, ...terms });
    return { name, certificate, ...identityOf(certificate, privateKey) };
  }

  return {
    ...{ fixture, server, clients, directory, serverIdentity, issue, ca: authority.certificate.toString() },
    async add(name, terms) {
      const holder = await issue(name, terms);
      const { fingerprint, serialNumber, subject, notBefore, notAfter } = factsOf(holder.certificate);
      const bound = { fingerprint, subject, serial: serialNumber, issuedHere: true };
      const validity = { notBefore: notBefore.getTime(), notAfter: notAfter.getTime() };
      await clients.add(name, { certificates: [{ ...bound, ...validity }] });
      return holder;
    },
    async dial(holder, options) {
      const socket = connect({
        host: '127.0.0.1',
        port: server.port,
        servername: 'localhost',
        ca: authority.certificate.toString(),
        ...(holder === undefined ? {} : { cert: holder.cert, key: holder.key }),
        ...options,
      });
      sockets.push(socket);
      await once(socket, 'secureConnect');
      return peerOn(socket);
    },
    said: () => fixture.logged.join('\n'),
    async close() {
      for (const socket of sockets) socket.destroy();
      await server.close();
      directory.close();
      await fixture.close();
    },
  };
}

const identityOf = (certificate: X509Certificate, key: KeyObject): TlsIdentity => ({
  cert: certificate.toString(),
  key: writePrivateKey(key),
});

async function issueServer(authority: Authority, names: readonly string[], now: Date): Promise<TlsIdentity> {
  const { publicKey, privateKey } = await generateKeys('P-256');
  return identityOf(issueServerCertificate(authority, { names, publicKey }, { now }), privateKey);
}

/** A peer with a patient reader: whatever comes is kept until it is asked for. */
export function peerOn(socket: TLSSocket): Peer {
  const framer = createFramer({ maximumBytes: 64 * 1024 * 1024 });
  const messages: Buffer[] = [];
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let wake = (): void => undefined;
  let over = false;
  const end = (): void => {
    over = true;
    wake();
  };
  socket.on('error', () => undefined);
  socket.on('end', end).on('close', end);
  return {
    socket,
    async next() {
      if (socket.listenerCount('data') === 0) {
        socket.on('data', (chunk: Buffer) => {
          messages.push(...(framer.push(chunk) as Buffer[]));
          wake();
        });
      }
      socket.resume();
      while (messages.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      return messages.shift();
    },
    closed() {
      socket.resume();
      return closed;
    },
  };
}
