import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { checkServerIdentity, connect, createServer, type SecureVersion, type Server, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { createAuthority, issueClientCertificate, issueServerCertificate, type Authority } from '#certs/authority';
import { factsOf, fingerprintOf } from '#certs/inspect';
import { generateKeys, writePrivateKey, type KeyKind } from '#certs/keys';
import { createPassword } from '#certs/password';
import { createPkcs12 } from '#certs/client-container';

const now = new Date();

/** What the server saw of a peer: it asks for a certificate, lets everybody in, and goes by the fingerprint. */
interface Seen {
  readonly fingerprint: string | undefined;
  readonly authorized: boolean;
}

async function listen(authority: Authority, kind: KeyKind, version: SecureVersion, seen: (peer: Seen) => void) {
  const { publicKey, privateKey } = await generateKeys(kind);
  const names = ['localhost', '127.0.0.1', '::1'];
  const certificate = issueServerCertificate(authority, { names, publicKey }, { now });
  const server = createServer(
    {
      key: writePrivateKey(privateKey),
      cert: certificate.toString(),
      ca: authority.certificate.toString(),
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    },
    (socket) => {
      const raw = socket.getPeerX509Certificate()?.raw;
      seen({ fingerprint: raw && fingerprintOf(raw), authorized: socket.authorized });
      socket.end('hello');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Dials 127.0.0.1, expecting the certificate of `name`; resolves when the server has greeted. */
async function dial(server: Server, name: string, authority: Authority, identity: object): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: authority.certificate.toString(),
    checkServerIdentity: (_host, peer) => checkServerIdentity(name, peer),
    ...identity,
  });
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  expect(greeting.toString()).to.equal('hello');
  socket.destroy();
  return socket;
}

describe('a TLS handshake between certificates of the authority', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const kind of ['P-256', 'P-384', 'RSA-2048'] as const) {
      it(`succeeds with ${version} and ${kind}, by every name, and shows the fingerprint of the client`, async () => {
        const authority = await createAuthority('kmipd CA', { now });
        const { publicKey, privateKey } = await generateKeys(kind);
        const issued = issueClientCertificate(authority, { commonName: 'my-array', publicKey }, { now });
        const seen: Seen[] = [];
        const server = await listen(authority, kind, version, (peer) => seen.push(peer));
        try {
          const identity = { key: writePrivateKey(privateKey), cert: issued.toString() };
          for (const name of ['localhost', '127.0.0.1', '::1']) await dial(server, name, authority, identity);
          const expected = { fingerprint: factsOf(issued).fingerprint, authorized: true };
          expect(seen).to.deep.equal([expected, expected, expected]);
          const failure = await dial(server, 'other.example', authority, identity).catch((error: unknown) => error);
          expect(failure).to.have.property('code', 'ERR_TLS_CERT_ALTNAME_INVALID');
        } finally {
          server.close();
        }
      });
    }
  }

  it('takes the identity of the client from a PKCS#12 file', async () => {
    const authority = await createAuthority('kmipd CA', { now, kind: 'RSA-2048' });
    const { publicKey, privateKey } = await generateKeys('P-256');
    const certificate = issueClientCertificate(authority, { commonName: 'my-array', publicKey }, { now });
    const content = { certificate, privateKey, chain: [authority.certificate] };
    const seen: Seen[] = [];
    const server = await listen(authority, 'RSA-2048', 'TLSv1.3', (peer) => seen.push(peer));
    try {
      for (const format of ['modern', 'legacy'] as const) {
        const passphrase = createPassword();
        const pfx = await createPkcs12(content, { friendlyName: 'my-array', password: passphrase, format });
        await dial(server, 'localhost', authority, { pfx, passphrase });
      }
      const expected = { fingerprint: fingerprintOf(certificate.raw), authorized: true };
      expect(seen).to.deep.equal([expected, expected]);
    } finally {
      server.close();
    }
  });

  it('lets a client of another authority, or one without certificate, through to the decision by fingerprint', async () => {
    const [authority, other] = await Promise.all([
      createAuthority('kmipd CA', { now }),
      createAuthority('kmipd CA', { now }),
    ]);
    const { publicKey, privateKey } = await generateKeys('P-256');
    const foreign = issueClientCertificate(other, { commonName: 'my-array', publicKey }, { now });
    const seen: Seen[] = [];
    const server = await listen(authority, 'P-256', 'TLSv1.3', (peer) => seen.push(peer));
    try {
      await dial(server, 'localhost', authority, { key: writePrivateKey(privateKey), cert: foreign.toString() });
      await dial(server, 'localhost', authority, {});
      expect(seen).to.deep.equal([
        { fingerprint: fingerprintOf(foreign.raw), authorized: false },
        { fingerprint: undefined, authorized: false },
      ]);
    } finally {
      server.close();
    }
  });
});
