/** The whole way of a request, in every version: bytes on a TLS socket, Create, LMDB, Get, and the same after a restart of the store. */
import { expect } from 'chai';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { createAuthority, issueClientCertificate, issueServerCertificate } from '#certs/authority';
import { fingerprintOf } from '#certs/inspect';
import { generateKeys, writePrivateKey } from '#certs/keys';
import { startServer } from '#server/start';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { createFramer } from '#ttlv/framer';
import type { Item } from '#ttlv/item';
import { openFixture, type Fixture } from './fixture.ts';
import { attribute, batchItem, enumerated, int, request, struct, text, value } from './items.ts';

const versions = ['1.0', '1.1', '1.2', '1.3', '1.4', '2.0', '2.1'];
const [createOperation, getOperation] = [0x01, 0x0a];

const createAes = (version: string): Item =>
  request(version, [
    batchItem(createOperation, [
      enumerated('ObjectType', 2),
      version < '2'
        ? struct(
            'TemplateAttribute',
            attribute('Cryptographic Algorithm', enumerated('AttributeValue', 3)),
            attribute('Cryptographic Length', int('AttributeValue', 256)),
            attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
          )
        : struct(
            'Attributes',
            enumerated('CryptographicAlgorithm', 3),
            int('CryptographicLength', 256),
            int('CryptographicUsageMask', 12),
          ),
    ]),
  ]);

describe('a request through the whole server', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  for (const version of versions) {
    it(`creates a key and gives it out in ${version}`, async () => {
      const created = await fixture.exchange(createAes(version));
      const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
      expect(id).to.match(/^[0-9a-f-]{36}$/);
      const got = await fixture.exchange(request(version, [batchItem(getOperation, [text('UniqueIdentifier', id)])]));
      const block = ['BatchItem', 'ResponsePayload', 'SymmetricKey', 'KeyBlock'] as const;
      expect(value(got, ...block, 'KeyValue', 'KeyMaterial')).to.have.length(32);
      expect(value(got, ...block, 'CryptographicLength')).to.equal(256);
      expect(value(got, 'ResponseHeader', 'ProtocolVersion', 'ProtocolVersionMinor')).to.equal(
        Number(version.slice(2)),
      );
    });
  }

  it('does not tell another client that the key exists', async () => {
    const created = await fixture.exchange(createAes('1.4'));
    const id = value(created, 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
    const get = (which: string): Item => request('1.4', [batchItem(getOperation, [text('UniqueIdentifier', which)])]);
    const foreign = await fixture.exchange(get(id), fixture.session('client-2'));
    const absent = await fixture.exchange(get('no-such-object'), fixture.session('client-2'));
    expect(value(foreign, 'BatchItem', 'ResultReason')).to.equal(1);
    expect(foreign).to.deep.equal(absent);
  });

  it('answers over mutual TLS', async () => {
    const now = new Date();
    const authority = await createAuthority('test CA', { now });
    const serverKeys = await generateKeys('P-256');
    const cert = issueServerCertificate(authority, { names: ['localhost'], publicKey: serverKeys.publicKey }, { now });
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
      identity: { cert: cert.toString(), key: writePrivateKey(serverKeys.privateKey) },
      host: '127.0.0.1',
      port: 0,
      limits: {
        ...fixture.services.limits,
        maximumConnections: 10,
        maximumConnectionsPerClient: 10,
        handshakeTimeout: 5000,
        idleTimeout: 5000,
        shutdownTimeout: 1000,
      },
    });
    try {
      const socket = connect({
        port: server.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: authority.certificate.toString(),
        cert: client.toString(),
        key: writePrivateKey(clientKeys.privateKey),
      });
      await once(socket, 'secureConnect');
      const framer = createFramer({ maximumBytes: 1024 * 1024 });
      socket.write(encode(createAes('1.2')));
      const messages: Uint8Array[] = [];
      while (messages.length === 0) messages.push(...framer.push((await once(socket, 'data'))[0] as Buffer));
      expect(value(decode(messages[0] as Uint8Array), 'BatchItem', 'ResultStatus')).to.equal(0);
      socket.end();
    } finally {
      await server.close();
    }
  });
});
