import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { createAuthority, issueClientCertificate, issueServerCertificate } from '#certs/authority';
import { generateKeys, writePrivateKey } from '#certs/keys';
import { openTlsTransport, type Peer } from '#client/tls-transport';

/** A message with nothing in it but a number. */
const message = (number: number): Buffer =>
  Buffer.from(`420078 01 00000010 42000d 02 00000004 0000000${number} 00000000`.replaceAll(' ', ''), 'hex');

async function makePeer(): Promise<{ peer: Omit<Peer, 'port'>; identity: { cert: string; key: string } }> {
  const now = new Date();
  const authority = await createAuthority('test CA', { now });
  const [serverKeys, clientKeys] = [await generateKeys('P-256'), await generateKeys('P-256')];
  const server = issueServerCertificate(authority, { names: ['localhost'], publicKey: serverKeys.publicKey }, { now });
  const client = issueClientCertificate(authority, { commonName: 'array', publicKey: clientKeys.publicKey }, { now });
  return {
    peer: {
      host: 'localhost',
      cert: client.toString(),
      key: writePrivateKey(clientKeys.privateKey),
      ca: authority.certificate.toString(),
    },
    identity: { cert: server.toString(), key: writePrivateKey(serverKeys.privateKey) },
  };
}

describe('messages over mutual TLS', () => {
  let peer: Omit<Peer, 'port'>;
  let identity: { cert: string; key: string };
  let server: Server;
  let serve: (socket: TLSSocket) => void;
  let subjects: string[];

  before(async () => ({ peer, identity } = await makePeer()));
  beforeEach(async () => {
    subjects = [];
    const options = { ...identity, ca: peer.ca as string, requestCert: true };
    server = createServer(options, (socket) => {
      subjects.push(String(socket.getPeerCertificate().subject.CN));
      socket.on('error', () => undefined);
      serve(socket);
    }).listen(0);
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  const open = (more: Partial<Peer> = {}) =>
    openTlsTransport({ ...peer, port: (server.address() as AddressInfo).port, ...more });
  const errorOf = async (promise: Promise<unknown>): Promise<string> => {
    try {
      await promise;
    } catch (error) {
      return (error as Error).message;
    }
    return 'no error';
  };

  it('matches answers to requests in their order, however they are cut', async () => {
    serve = (socket) => {
      socket.on('data', (chunk: Buffer) => {
        for (const byte of chunk) socket.write(Buffer.of(byte));
      });
    };
    const transport = await open();
    const answers = await Promise.all([1, 2, 3].map((number) => transport.exchange(message(number))));
    expect(answers.map((answer) => Buffer.from(answer))).to.deep.equal([1, 2, 3].map(message));
    expect(subjects).to.deep.equal(['array']);
    await transport.close();
  });

  it('refuses a server with another name', async () => {
    expect(await errorOf(open({ serverName: 'elsewhere.example' }))).to.match(/elsewhere\.example/);
  });

  it('gives up on requests when the server closes, and refuses further ones', async () => {
    serve = (socket) => void socket.on('data', () => socket.end());
    const transport = await open();
    expect(await errorOf(transport.exchange(message(1)))).to.equal('the server closed the connection');
    expect(await errorOf(transport.exchange(message(2)))).to.equal('the server closed the connection');
    await transport.close();
  });

  it('gives up on an answer that does not come', async () => {
    serve = (socket) => void socket.resume();
    const transport = await open({ timeout: 100 });
    expect(await errorOf(transport.exchange(message(1)))).to.equal('the server did not answer within 100 ms');
  });

  it('gives up on an answer that is no message, or too long', async () => {
    serve = (socket) => void socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n'));
    const transport = await open();
    expect(await errorOf(transport.exchange(message(1)))).to.match(/must start with a tag/);
    serve = (socket) => void socket.on('data', () => socket.write(message(1)));
    const narrow = await open({ maximumAnswer: 16 });
    expect(await errorOf(narrow.exchange(message(1)))).to.match(/longer than 16/);
  });
});
